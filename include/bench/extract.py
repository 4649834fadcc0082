"""Extract and landing beside the floor: the same pages read with a plain requests session and copied into one table."""

from __future__ import annotations

import json
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg
import requests
from cryptography.fernet import Fernet

from include.bench.pages import remote
from include.bench.result import Result
from include.engine.ports import Credentials
from include.spec.auth import Basic
from include.spec.canonical import with_canonical
from include.spec.coupling import Webshop
from include.spec.load import CouplingConfig
from include.spec.manifest import Client, ConnectionFields, Manifest, ObjectStreams, Stream
from include.spec.paging import PageNumber
from include.spec.since import ByTime
from include.sync.configs import ensure_registered
from include.sync.pull import Platform, Pulled, pull
from include.warehouse.connection import Connect, connector
from include.warehouse.migrate import migrate
from include.warehouse.pulls import Wish
from include.warehouse.secrets import Vault

RECORDS = 60_000
ROUNDS = 3


def config(size: int, total: int) -> CouplingConfig:
    """Return a coupling to the benchmark's remote, with the traits of a real one: order, snapshot deletions."""
    paging = PageNumber(
        type="page_number", size_param="per_page", size=size, pages_header="X-WP-TotalPages", total_header="X-WP-Total",
        end="header",
    )  # fmt: skip
    changed = ByTime(type="time", param="modified_after", field="date_modified_gmt")
    stream = Stream(path=f"/{total}", key=["id"], paging=paging, changed=changed, deletions="snapshot")
    described = Manifest(
        connector="bench",
        title="Benchmark",
        docs="https://example.invalid",
        connection=ConnectionFields(),
        client=Client(base_url="{connection.host}", auth=Basic(type="basic")),
        streams={"products": stream},
        objects={"products": ObjectStreams(streams=["products"])},
    )
    manifest = with_canonical(described)
    webshop = Webshop(webshop="bench", title="Benchmark", time_zone="UTC", owners={})
    return CouplingConfig(
        name="bench__bench", title="Benchmark", file="bench/bench.yaml", webshop=webshop, manifest=manifest,
        role="primary", match_key=None, connection="bench", owner="bench", enabled=True, objects=("products",),
        plans=(), settings=manifest.with_defaults({}), overrides=(),
    )  # fmt: skip


def floor(address: str, dsn: str, size: int, total: int) -> float:
    """Read the pages with a plain session and COPY each into one jsonb table, in one thread; return the seconds."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop table if exists bench_floor; create table bench_floor (payload jsonb)")
        begun = time.perf_counter()
        with requests.Session() as session, connection.cursor() as cursor:
            for number in range(1, -(-total // size) + 1):
                answer = session.get(
                    f"{address}/{total}", params={"page": str(number), "per_page": str(size)}, timeout=30
                )
                with cursor.copy("copy bench_floor (payload) from stdin") as copy:
                    for record in answer.json():
                        copy.write_row([json.dumps(record)])
        return time.perf_counter() - begun


def prepared(dsn: str, size: int, total: int) -> tuple[Platform, CouplingConfig]:
    """Migrate the database, register the benchmark's coupling and empty what an earlier round landed."""
    connect: Connect = connector(dsn, "bench")
    with connect() as connection:
        migrate(connection)
        ensure_registered(connection, config(size, total))
        connection.execute(
            "truncate staging.bench__products, platform.news, platform.pulls, platform.pull_streams,"
            " platform.pull_pages, platform.pull_faults, platform.cursors cascade"
        )
    return Platform(connect, Vault(Fernet.generate_key().decode())), config(size, total)


def pulled(address: str, platform: Platform, coupling: CouplingConfig) -> tuple[Pulled, float]:
    """Pull everything; return the result and the seconds."""
    begun = time.perf_counter()
    done = pull(
        platform, coupling, Wish(coupling.name, "products", "all"), Credentials(coupling.name, address, "a", "b")
    )
    return done, time.perf_counter() - begun


def extract_land(dsn: str, size: int) -> Result:
    """Records per second of a first pull-all, beside the floor."""
    ours, floors = [], []
    with remote() as address:
        for number in range(ROUNDS + 1):
            seconds_floor = floor(address, dsn, size, RECORDS)
            done, seconds = pulled(address, *prepared(dsn, size, RECORDS))
            assert done.new == RECORDS, done.sentence()
            # The first round warms caches and connections on both sides.
            if number:
                ours.append(seconds)
                floors.append(seconds_floor)
    return _rate(ours, floors)


def repull_unchanged(dsn: str) -> Result:
    """Records per second of a pull-all that brings nothing new, beside the same floor."""
    ours, floors = [], []
    with remote() as address:
        platform, coupling = prepared(dsn, 1000, RECORDS)
        pulled(address, platform, coupling)
        for _ in range(ROUNDS):
            floors.append(floor(address, dsn, 1000, RECORDS))
            done, seconds = pulled(address, platform, coupling)
            assert done.unchanged == RECORDS, done.sentence()
            ours.append(seconds)
    return _rate(ours, floors)


def _rate(ours: list[float], floors: list[float]) -> Result:
    ratio = statistics.median(floor_ / our for our, floor_ in zip(ours, floors, strict=True))
    return Result(
        value=RECORDS / statistics.median(ours),
        unit="records/s",
        floor=RECORDS / statistics.median(floors),
        ratio=ratio,
    )


def memory(dsn: str) -> Result:
    """Peak memory of a pull of 200,000 records; the floor is the same pull of 10,000, ratio = how often that."""
    with remote() as address:
        small, large = (_peak(address, dsn, total) for total in (10_000, 200_000))
    return Result(value=large, unit="MB", floor=small, ratio=large / small)


def _peak(address: str, dsn: str, total: int) -> float:
    return float(_in_process(_pull_and_measure, address, dsn, total))


def _in_process(work: Callable[..., Any], *values: Any) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, values)


def _pull_and_measure(address: str, dsn: str, total: int) -> float:
    pulled(address, *prepared(dsn, 1000, total))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
