"""Every query that the runbook offers runs on the schema as it is."""

import re
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from include.local.database_server import DatabaseServer
from include.warehouse.migrate import migrate
from tests.docs.pages import ROOT

QUERIES = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "runbook.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def warehouse(database_server: DatabaseServer) -> Iterator[psycopg.Connection]:
    name = f"docs_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            with psycopg.connect(database_server.dsn(name), autocommit=True) as connection:
                migrate(connection)
                connection.execute("select platform.create_stream('exact_online', 'stock_positions', true)")
                yield connection
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def test_there_are_queries() -> None:
    assert len(QUERIES) >= 5


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_runbook_runs(warehouse: psycopg.Connection, query: str) -> None:
    filled = query.replace("'…'", "''").replace("…", "0")
    assert warehouse.execute(filled.encode()).fetchall() == []
