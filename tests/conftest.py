"""What all tests share: the traceability plugin, the test database server, and an Airflow of their own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from include.local import secret_files
from include.local.airflow import AirflowSettings, Keys, airflow_environment, dag_bundles
from include.local.database_server import DatabaseServer, from_address

pytest_plugins = ("tests.traceability",)

ROOT = Path(__file__).resolve().parents[1]
SESSION_DATABASE = f"airflow_test_{os.getpid()}"


def pytest_configure(config: pytest.Config) -> None:
    """Airflow reads its settings when it is imported, which a test file does before any fixture runs."""
    folder = tempfile.TemporaryDirectory(prefix="airflow-test-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    home = Path(folder.name)
    (home / "dags").mkdir()
    server = from_address(os.environ.get("TEST_DATABASE_URL", "postgresql://nobody:none@127.0.0.1:1/none"))
    keys = Keys(secret_files.token(), secret_files.token(), secret_files.fernet_key(), secret_files.fernet_key())
    users = home / "users.json"
    secret_files.write_private(users, '{"admin": "admin"}')
    settings = AirflowSettings(ROOT, home, server, 8080, keys, users, dag_bundles(ROOT, home, with_couplings=False))
    # WAREHOUSE_* stay unset: each test that wants a warehouse makes its own database.
    chosen = {name: value for name, value in airflow_environment(settings).items() if name.startswith("AIRFLOW")}
    del chosen["AIRFLOW_CONN_WAREHOUSE"]
    # dag.test() reads the whole bundle again at every call, so the tests' bundle is an empty folder.
    bundle = dag_bundles(ROOT, home, with_couplings=False)[0]["classpath"]
    os.environ.update(chosen)
    os.environ.update(
        AIRFLOW__CORE__DAGS_FOLDER=str(home / "dags"),
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=server.sqlalchemy_address(SESSION_DATABASE),
        AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST=(
            f'[{{"name": "dags-folder", "classpath": "{bundle}", "kwargs": {{"path": "{home / "dags"}"}}}}]'
        ),
    )


@pytest.fixture(scope="session")
def database_server() -> DatabaseServer:
    """The server that `./run test` starts; make a database of your own in it, and drop it."""
    address = os.environ.get("TEST_DATABASE_URL")
    if not address:
        pytest.fail("TEST_DATABASE_URL is not set: call ./run test, which starts a PostgreSQL for the tests")
    return from_address(address)


@pytest.fixture(scope="session")
def airflow_database(database_server: DatabaseServer) -> Iterator[str]:
    """Airflow's metadata database for this session, copied in a moment from one migrated for this version.

    Yields its SQLAlchemy address, which the tests' Airflow is configured with.
    """
    template = f"airflow_template_{version('apache-airflow-core').replace('.', '_')}"
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as connection:
        # One session migrates; another that runs at the same time waits here.
        connection.execute("select pg_advisory_lock(hashtext('airflow_template'))")
        if not connection.execute("select 1 from pg_database where datname = %s", (template,)).fetchone():
            _make_template(database_server, connection, template)
        name = sql.Identifier(SESSION_DATABASE)
        connection.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(template)))
        connection.execute("select pg_advisory_unlock_all()")
        try:
            yield database_server.sqlalchemy_address(SESSION_DATABASE)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(name))


def _make_template(server: DatabaseServer, connection: psycopg.Connection[tuple[object, ...]], template: str) -> None:
    """Migrates under a draft's name, so that a killed run leaves no half-migrated template."""
    draft = f"{template}_draft"
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(draft)))
    connection.execute(sql.SQL("create database {}").format(sql.Identifier(draft)))
    environ = {**os.environ, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": server.sqlalchemy_address(draft)}
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    rename = sql.SQL("alter database {} rename to {}")
    connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(template)))
