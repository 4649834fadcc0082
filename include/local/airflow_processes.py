"""Starts Airflow's four processes and tells when they are healthy."""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from include.local.airflow import AirflowSettings
from include.local.children import Child, Children
from include.local.database_server import AIRFLOW_DATABASE, DatabaseServer
from include.local.errors import LocalError

# `-s`: the log servers of scheduler and triggerer listen on every interface; logs are read from the shared folder.
PROCESSES = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "-s"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "-s"),
}
MIGRATE_SECONDS = 300
HEALTHY_SECONDS = 180


def airflow_command(*arguments: str) -> list[str]:
    """Airflow by the interpreter that runs us, so that a PATH without the environment is no matter."""
    return [sys.executable, "-m", "airflow", *arguments]


def needs_migration(server: DatabaseServer, home: Path) -> bool:
    """False only when this very database was migrated by the installed Airflow; a new or restored one is migrated."""
    try:
        noted = (home / "migrated").read_text()
    except FileNotFoundError:
        return True
    return noted != _migration_stamp(server)


def note_migration(server: DatabaseServer, home: Path) -> None:
    """Remembers that the database is at the installed Airflow's revision."""
    (home / "migrated").write_text(_migration_stamp(server))


def _migration_stamp(server: DatabaseServer) -> str:
    """Airflow's version and the revision that the database says it has."""
    with psycopg.connect(server.dsn(AIRFLOW_DATABASE), connect_timeout=10) as connection:
        try:
            row = connection.execute("select version_num from alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            row = None
    return f"{version('apache-airflow-core')} {row[0] if row else 'empty'}"


def start_migration(children: Children, environ: Mapping[str, str]) -> Child:
    """Brings the metadata database to the installed version, in the background."""
    return children.start("migrate-airflow", airflow_command("db", "migrate"), environ)


def start_processes(children: Children, environ: Mapping[str, str]) -> None:
    """Starts all four at once; they wait for one another by themselves."""
    for name, arguments in PROCESSES.items():
        children.start(name, airflow_command(*arguments), environ)


def wait_until_healthy(settings: AirflowSettings, children: Children, began_at: float) -> None:
    """Returns when all four are healthy; tells which are missing. Raises LocalError when one ends or after 180 s."""
    deadline = time.monotonic() + HEALTHY_SECONDS
    told: list[str] = []
    while True:
        children.check()
        missing = unhealthy(_read_health(settings.address), began_at)
        if not missing:
            return
        if missing != told:
            print(f"  waiting for {', '.join(missing)}", flush=True)
            told = missing
        if time.monotonic() > deadline:
            raise LocalError(
                f"Not healthy after {HEALTHY_SECONDS} s: {', '.join(missing)}. Logs: {settings.home / 'run'}"
            )
        time.sleep(0.25)


def unhealthy(health: Mapping[str, Mapping[str, str | None]] | None, began_at: float) -> list[str]:
    """The processes that are not up yet, by Airflow's health report (None: the api-server does not answer).

    A heartbeat older than `began_at` (seconds since the epoch) was left by the Airflow that ran here before.
    """
    if health is None:
        return list(PROCESSES)
    missing = []
    for name in ("scheduler", "dag_processor", "triggerer"):
        part = health.get(name, {})
        beat = part.get(f"latest_{name}_heartbeat")
        if part.get("status") != "healthy" or not beat or datetime.fromisoformat(beat).timestamp() < began_at:
            missing.append(name.replace("_", "-"))
    return missing


def _read_health(address: str) -> dict[str, dict[str, str | None]] | None:
    # The default opener would send a loopback address through a proxy of the environment.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/api/v2/monitor/health", timeout=5) as answer:
            read: dict[str, dict[str, str | None]] = json.load(answer)
            return read
    except (urllib.error.URLError, OSError, ValueError):
        return None
