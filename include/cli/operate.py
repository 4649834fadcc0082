"""`deploy`, `pull`, `transform`, `status`: the same operations that Airflow's tasks call."""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from include.contract.errors import Misconfigured, Wait
from include.engine.ports import Credentials
from include.spec.load import find_coupling
from include.sync.configs import ensure_registered
from include.sync.dbt import Dbt
from include.sync.deploy import deploy
from include.sync.pull import Platform, pull
from include.sync.transform import transform
from include.warehouse.connection import connector, dsn_from_environment
from include.warehouse.pulls import Wish, progress
from include.warehouse.secrets import Vault


def add(commands: Any) -> None:
    """Add the commands."""
    parser = commands.add_parser(
        "deploy", help="bring the warehouse to what this checkout says: schema, couplings, mappings"
    )
    parser.set_defaults(run=_deploy)
    parser = commands.add_parser("pull", help="pull an object of a coupling (credentials from AIRFLOW_CONN_<COUPLING>)")
    parser.add_argument("coupling", help="e.g. velodrome__woocommerce")
    parser.add_argument("object", help="e.g. products")
    parser.add_argument("--mode", choices=["changed", "all", "single"], default="changed")
    parser.add_argument("--since", type=datetime.fromisoformat, help="for mode changed, e.g. 2026-05-20T08:00:00+02:00")
    parser.add_argument("--remote-id", help="for mode single")
    parser.add_argument("--wait", action="store_true", help="wait for limits and reports instead of ending with them")
    parser.set_defaults(run=_pull)
    parser = commands.add_parser("transform", help="map what landed")
    parser.set_defaults(run=_transform)
    parser = commands.add_parser("status", help="show the latest pulls")
    parser.add_argument("coupling", nargs="?")
    parser.set_defaults(run=_status)


def platform(application: str) -> Platform:
    """Return the platform on the warehouse that the environment names."""
    return Platform(connector(dsn_from_environment(), application), Vault.from_environment())


def _deploy(_chosen: argparse.Namespace) -> int:
    problems = deploy(platform("cli deploy").connect, Dbt())
    for problem in problems:
        print(problem)
    return int(bool(problems))


def _pull(chosen: argparse.Namespace) -> int:
    here, config = platform(f"cli pull {chosen.coupling}"), find_coupling(chosen.coupling)
    with here.connect() as connection:
        ensure_registered(connection, config)
    since = chosen.since.astimezone() if chosen.since else None
    wish = Wish(config.name, chosen.object, chosen.mode, since, chosen.remote_id)
    while True:
        try:
            print(pull(here, config, wish, credentials(config.connection)).sentence())
            return 0
        except Wait as wait:
            if not chosen.wait:
                raise
            print(f"{wait.what}; goes on at {wait.until:%H:%M:%S} UTC", flush=True)
            time.sleep(max((wait.until - datetime.now(UTC)).total_seconds(), 0))


def credentials(name: str) -> Credentials:
    """Read the credentials of a connection from AIRFLOW_CONN_<NAME>: JSON or address, the forms that Airflow knows."""
    variable = f"AIRFLOW_CONN_{name.upper()}"
    text = os.environ.get(variable, "")
    if not text:
        raise Misconfigured(
            f"the environment variable {variable} is not set", next_step="Trigger the DAG in Airflow instead."
        )
    if text.lstrip().startswith("{"):
        held = json.loads(text)
        extra = held.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
        texts = {key: str(value) for key, value in extra.items()}
        return Credentials(name, held.get("host", ""), held.get("login", ""), held.get("password", ""), texts)
    parts = urlsplit(text)
    host = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    return Credentials(name, host, unquote(parts.username or ""), unquote(parts.password or ""))


def _transform(_chosen: argparse.Namespace) -> int:
    print(transform(platform("cli transform").connect, Dbt().transform).sentence())
    return 0


def _status(chosen: argparse.Namespace) -> int:
    with platform("cli status").connect() as connection:
        for found in progress(connection, chosen.coupling, 30):
            when = f"{found['started_at']:%Y-%m-%d %H:%M:%S}"
            state = found["outcome"] or ("waiting" if found["waits_until"] else "running")
            print(f"{when}  {found['coupling']:<28} {found['object']:<22} {found['mode']:<8} {state:<10}"
                  f" {found['records']:>8} records {found['new']:>7} new {found['changed']:>6} changed"
                  f" {found['gone']:>5} gone {found['quarantined']:>4} quarantined")  # fmt: skip
            if found["error_text"]:
                print(f"    {found['error_class']}: {found['error_text']}\n    next step: {found['next_step']}")
    return 0
