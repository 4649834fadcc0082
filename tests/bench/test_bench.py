"""The benchmarks run and measure what they say; how fast is no matter here."""

from collections.abc import Iterator

import psycopg
import pytest

from include.bench import deletions, extract, parse, status, transform
from include.local.database_server import DatabaseServer
from include.warehouse.connection import connector

DATABASE = "bench_test"


@pytest.fixture
def dsn(database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(extract, "RECORDS", 250)
    monkeypatch.setattr(extract, "ROUNDS", 1)
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")
        connection.execute(f"create database {DATABASE}")
        yield database_server.dsn(DATABASE)
        connection.execute(f"drop database {DATABASE} with (force)")


def test_extract_and_landing_are_measured_beside_the_floor(dsn: str) -> None:
    first = extract.extract_land(dsn, 100)
    assert first.unit == "records/s"
    assert first.value > 0
    assert first.floor is not None
    assert first.ratio is not None
    with psycopg.connect(dsn) as connection:
        landed = connection.execute(
            "select count(*), count(distinct record_key) from staging.bench__products"
        ).fetchone()
        floor = connection.execute("select count(*) from bench_floor").fetchone()
    assert (landed, floor) == ((250, 250), (250,)), "both sides hold the same records"
    assert extract.repull_unchanged(dsn).value > 0


def test_parsing_reads_every_generated_coupling() -> None:
    found = parse.dag_parse(3)
    assert found.unit == "s"
    assert found.value > 0


def test_a_transform_is_measured_whole_idle_and_for_one_per_cent(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PRODUCTS", 200), ("ORDERS", 400), ("ROUNDS", 1)):
        monkeypatch.setattr(transform, name, value)
    for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE"):
        monkeypatch.setenv(f"WAREHOUSE_{name}", "")
    whole, idle, empty = transform.full(dsn), transform.no_news(dsn), transform.empty_batch(dsn)
    assert {whole.unit, idle.unit, empty.unit, transform.one_percent(dsn).unit} == {"s"}
    assert whole.value > whole.floor
    assert idle.value < empty.floor + empty.value, "a transform without news does not start dbt"
    with psycopg.connect(dsn) as connection:
        written = connection.execute(
            "select object, sum(inserted), sum(updated) from platform.transform_counts group by object order by object"
        ).fetchall()
    # Cost follows the change: of 200 products and 400 orders a hundredth was written again, the lines never are.
    assert written == [("products", 200, 2), ("sell_order_lines", 1000, 0), ("sell_orders", 400, 4)]


def test_settling_marks_what_the_anti_join_marks(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletions, "RECORDS", 2000)
    monkeypatch.setattr(deletions, "ROUNDS", 1)
    found = deletions.deletion_diff(dsn)
    assert found.ratio is not None
    assert found.ratio > 0


def test_the_status_of_couplings_is_measured(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "COUPLINGS", 8)
    monkeypatch.setattr(status, "ROUNDS", 1)
    monkeypatch.setattr(status, "_PAGE_SECONDS", 60)
    assert status.couplings_page_1000(dsn).value > 0
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select count(*) from platform.object_pulls").fetchone() == (40,)
    with connector(dsn, "test")() as found, pytest.raises(RuntimeError, match="more than 0"):
        status._measured(found, lambda: None, 0.0)
