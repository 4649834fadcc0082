"""`./run cli mapping replay` puts what has landed into the news, of the named coupling only, and asks no remote."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from include.cli.__main__ import main
from include.local.airflow import warehouse_environment
from include.local.database_server import DatabaseServer
from include.spec.load import load_all
from include.sync.configs import ensure_registered
from include.warehouse.migrate import migrate


@pytest.fixture
def warehouse(database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A database with the project's couplings and one landed record of each of two."""
    name = f"replay_{uuid.uuid4().hex[:12]}"
    for variable, value in warehouse_environment(database_server, name).items():
        monkeypatch.setenv(variable, value)
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            with psycopg.connect(database_server.dsn(name), autocommit=True) as connection:
                migrate(connection)
                for config in load_all()[0]:
                    ensure_registered(connection, config)
                land(connection, "woocommerce__products", "velodrome__woocommerce")
                land(connection, "exact_online__items", "bralex__exact_online")
                yield connection
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def land(connection: psycopg.Connection, table: str, coupling: str) -> None:
    query = sql.SQL(
        "insert into staging.{} (webshop_id, coupling_id, record_key, payload, payload_hash)"
        " select webshop_id, id, '7', '{{}}', gen_random_uuid() from platform.couplings where name = %s"
    ).format(sql.Identifier(table))
    connection.execute(query, [coupling])


def news(connection: psycopg.Connection) -> list[tuple[str, str, str]]:
    query = (
        "select c.name, n.object, n.root_key from platform.news n"
        " join platform.couplings c on c.id = n.coupling_id order by 1, 2"
    )
    return connection.execute(query).fetchall()


@pytest.mark.requirement("F4")
def test_one_coupling_is_mapped_again(warehouse: psycopg.Connection, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "replay", "velodrome__woocommerce"]) == 0
    assert capsys.readouterr().out == "velodrome__woocommerce: 1 roots to be mapped again (products 1)\n"
    assert news(warehouse) == [("velodrome__woocommerce", "products", "7")]


@pytest.mark.requirement("F4")
def test_all_couplings_are_mapped_again(warehouse: psycopg.Connection) -> None:
    assert main(["mapping", "replay", "all"]) == 0
    assert {coupling for coupling, _, _ in news(warehouse)} == {"velodrome__woocommerce", "bralex__exact_online"}


@pytest.mark.requirement("F4")
def test_one_object_is_mapped_again(warehouse: psycopg.Connection, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "replay", "bralex__exact_online", "--object", "suppliers"]) == 0
    assert "0 roots" in capsys.readouterr().out
    assert news(warehouse) == []
    assert main(["mapping", "replay", "bralex__exact_online", "--object", "products"]) == 0
    assert news(warehouse) == [("bralex__exact_online", "products", "7")]


def test_an_unknown_coupling_is_named(warehouse: psycopg.Connection, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "replay", "velodrome__shopify"]) == 1
    assert "there is no readable coupling 'velodrome__shopify'" in capsys.readouterr().err
    assert news(warehouse) == []
