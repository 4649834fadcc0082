"""The benchmarks run and measure what they say; how fast is no matter here."""

from collections.abc import Iterator

import psycopg
import pytest

from include.bench import extract, parse
from include.local.database_server import DatabaseServer

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
