"""One database per session with the dbt project built in it; TEST_DATABASE_URL names the server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from include.kit.scratch import scratch
from tests.dbt.warehouse import Warehouse, connect, run_dbt

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The DSN of a fresh database with the migrations and the landing tables; dropped after the session."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        pytest.fail("TEST_DATABASE_URL is not set: name a PostgreSQL server in which a database may be made")
    with scratch(server, "dbt") as dsn:
        yield dsn


@pytest.fixture(scope="session")
def project(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of the database in which every model is built."""
    target = conninfo_to_dict(database)
    place = tmp_path_factory.mktemp("dbt")
    with pytest.MonkeyPatch.context() as patch:
        for key in ("host", "port", "user", "password"):
            patch.setenv(f"WAREHOUSE_{key.upper()}", str(target[key]))
        patch.setenv("WAREHOUSE_DATABASE", str(target["dbname"]))
        patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "False")
        patch.setenv("DO_NOT_TRACK", "1")
        patch.setenv("DBT_PROJECT_DIR", str(ROOT / "dbt_project"))
        patch.setenv("DBT_PROFILES_DIR", str(ROOT / "dbt_project"))
        patch.setenv("DBT_TARGET_PATH", str(place / "target"))
        patch.setenv("DBT_LOG_PATH", str(place / "logs"))
        run_dbt("run")
        yield database


@pytest.fixture
def warehouse(project: str) -> Iterator[Warehouse]:
    """The built warehouse without any row of an earlier test."""
    with connect(project) as connection:
        tables = connection.execute(
            """select format('%I.%I', schemaname, tablename) as name from pg_tables
               where schemaname in ('staging', 'mapping', 'optiply', 'platform')"""
        ).fetchall()
        names = ", ".join(row["name"] for row in tables)
        connection.execute(f"truncate {names} restart identity".encode())
        yield Warehouse(connection)
