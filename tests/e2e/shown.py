"""All that people, and programs of theirs, can get to read of the running platform, as text by place."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
import requests

from include.local.database_server import AIRFLOW_DATABASE, WAREHOUSE_DATABASE
from include.warehouse import api_tokens
from tests.e2e.platform import Platform, Run

Shown = Iterator[tuple[str, str]]


def everything(platform: Platform) -> dict[str, str]:
    """What Airflow's API tells an administrator, the desk support, the status API Optiply; logs; all tables."""
    found = dict(airflow_api(platform))
    for part in (desk(platform), status_api(platform), files(platform), *map(tables, databases(platform))):
        found |= dict(part)
    return found


def airflow_api(platform: Platform) -> Shown:
    """Connections, sources, runs, tasks with their rendered fields, and what tasks returned."""
    api = platform.api
    for path in ("connections", "importErrors", "dagWarnings", "variables", "eventLogs?limit=100", "dags?limit=100"):
        yield path, json.dumps(api.call("GET", path))
    for dag in sorted(api.dags()):
        yield f"{dag} source", json.dumps(api.call("GET", f"dagSources/{dag}"))
        for found in api.call("GET", f"dags/{dag}/dagRuns?limit=100")["dag_runs"]:
            run = Run(dag, found["dag_run_id"])
            yield f"{run.path}/taskInstances", json.dumps(api.call("GET", f"{run.path}/taskInstances"))
            for task in platform.tasks(run):
                place = f"{run.path}/taskInstances/{task}"
                entries = api.call("GET", f"{place}/xcomEntries")["xcom_entries"]
                values = [api.call("GET", f"{place}/xcomEntries/{entry['key']}") for entry in entries]
                yield f"{place} xcom", json.dumps(values)


def desk(platform: Platform) -> Shown:
    """Every page of the desk with its parts, as the user `support`."""
    settings = platform.machine.settings
    names = [config.name for config in platform.stage.couplings]
    pages = ["couplings", "approvals", "problems", "api/v1/couplings", "api/v1/openapi.json"]
    pages += [f"coupling/{name}{part}" for name in names for part in ("", "?part=live", "?part=more")]
    pages += [f"api/v1/couplings/{name}" for name in names]
    keys = platform.stage.connection.execute(
        "select w.name, p.remote_id from optiply.products p join platform.webshops w on w.id = p.webshop_id limit 20"
    )
    pages += [f"record?webshop={webshop}&table=products&key={key}" for webshop, key in keys]
    with requests.Session() as session:
        session.trust_env = False
        login = {"username": "support", "password": json.loads(settings.passwords_file.read_text())["support"]}
        token = session.post(f"{settings.address}/auth/token", json=login, timeout=30).json()["access_token"]
        for page in pages:
            answer = session.get(
                f"{settings.address}/desk/{page}", headers={"Authorization": f"Bearer {token}"}, timeout=30
            )
            answer.raise_for_status()
            yield f"desk/{page}", answer.text


def status_api(platform: Platform) -> Shown:
    """What Optiply's front end is told."""
    until = datetime.now(UTC) + timedelta(hours=1)
    token = api_tokens.create(platform.stage.connection, "a look at everything", ["status:read"], None, until)
    address = f"{platform.machine.receiver}/v1/status/couplings"
    for path in ("", *(f"/{config.name}" for config in platform.stage.couplings)):
        answer = requests.get(address + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        answer.raise_for_status()
        yield f"status api{path}", answer.text


def files(platform: Platform) -> Shown:
    """Logs of tasks, and the output of every process."""
    home = platform.machine.settings.home
    for folder in (home / "logs", home / "run"):
        for file in (path for path in folder.rglob("*") if path.is_file()):
            yield f"{folder.name}/{file.relative_to(folder)}", file.read_text(errors="replace")


def databases(platform: Platform) -> tuple[str, str]:
    """The addresses of the warehouse and of Airflow's own database."""
    server = platform.machine.server
    return server.dsn(WAREHOUSE_DATABASE), server.dsn(AIRFLOW_DATABASE)


def tables(dsn: str) -> Shown:
    """Every row of every table: bytes as PostgreSQL writes them, in hexadecimal."""
    query: LiteralString = (
        "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        " and table_schema not in ('pg_catalog', 'information_schema')"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        for schema, name in connection.execute(query).fetchall():
            rows = connection.execute(
                psycopg.sql.SQL("select t::text from {} as t").format(psycopg.sql.Identifier(schema, name))
            )
            yield f"table {schema}.{name}", "\n".join(text for (text,) in rows)
