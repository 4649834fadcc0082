"""From Airflow's connections to what the platform's operations need."""

from __future__ import annotations

import os

from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowNotFoundException

from include.contract.errors import Misconfigured
from include.engine.ports import Credentials
from include.spec.load import CouplingConfig
from include.sync.pull import Platform
from include.warehouse.connection import connector, dsn_from_environment
from include.warehouse.pulls import Origin
from include.warehouse.secrets import Vault

WAREHOUSE = "warehouse"


def platform(application: str) -> Platform:
    """Return the platform on the warehouse that the Airflow connection `warehouse` names."""
    warehouse_environment()
    return Platform(connector(dsn_from_environment(), application), Vault.from_environment())


def warehouse_environment() -> None:
    """Tell libpq and dbt, which know no Airflow connections, where the warehouse is."""
    found = PostgresHook(postgres_conn_id=WAREHOUSE).get_connection(WAREHOUSE)
    options = {f"PG{name.upper()}": str(value) for name, value in found.extra_dejson.items() if name.startswith("ssl")}
    os.environ |= options | {
        "WAREHOUSE_HOST": str(found.host),
        "WAREHOUSE_PORT": str(found.port or 5432),
        "WAREHOUSE_USER": str(found.login),
        "WAREHOUSE_PASSWORD": str(found.password),
        "WAREHOUSE_DATABASE": str(found.schema),
    }


def origin_of(context: Context) -> Origin:
    """Return the task that runs, so that what it pulls names its log."""
    run = context["dag_run"]
    return Origin(run.dag_id, run.run_id, context["ti"].task_id)


def credentials(config: CouplingConfig) -> Credentials:
    """Read the coupling's Airflow connection. Raises Misconfigured naming what lacks."""
    hook = HttpHook(http_conn_id=config.connection)
    wanted = config.manifest.connection
    try:
        found = hook.get_connection(config.connection)
    except AirflowNotFoundException:
        raise Misconfigured(
            f"there is no Airflow connection '{config.connection}'",
            next_step=f"Add it under Admin, Connections: {_wanted(config)}",
        ) from None
    extra = {str(key): str(value) for key, value in (found.extra_dejson or {}).items()}
    given = {"host": found.host, "login": found.login, "password": found.password}
    lacking = [name for name, value in given.items() if getattr(wanted, name) and not value]
    if lacking:
        raise Misconfigured(
            f"the Airflow connection '{config.connection}' has no {' and no '.join(lacking)}",
            next_step=f"Complete it under Admin, Connections: {_wanted(config)}",
        )
    host = str(found.host)
    if not host.startswith(("http://", "https://")):
        host = f"{found.schema or 'https'}://{host}"
    if found.port:
        host = f"{host.rstrip('/')}:{found.port}"
    return Credentials(config.connection, host, found.login or "", found.password or "", extra)


def _wanted(config: CouplingConfig) -> str:
    wanted = config.manifest.connection
    parts = [f"{name} = {text}" for name in ("host", "login", "password") if (text := getattr(wanted, name))]
    parts += [f"extra.{name} = {text}" for name, text in sorted(wanted.extra.items())]
    return "; ".join(parts)
