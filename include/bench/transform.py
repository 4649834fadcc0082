"""A transform's cost: everything, nothing, and one per cent of a webshop with 100,000 products and 500,000 order lines.

The floor of everything is one plain insert … select of the same JSON into bare tables with the same typed columns.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from include.bench.result import Result
from include.spec.coupling import Webshop
from include.spec.load import CONNECTORS, CouplingConfig, connector_names, load_manifest
from include.spec.objects import ObjectName
from include.spec.tables import TABLES
from include.sync.configs import ensure_registered
from include.sync.dbt import Dbt
from include.sync.transform import transform
from include.warehouse.connection import Connect, connector
from include.warehouse.migrate import migrate
from include.warehouse.registry import create_streams

PRODUCTS = 100_000
ORDERS = 200_000
"""Every second order has three lines, the others two: 500,000 lines."""
ROUNDS = 2
_SHARE = 100
_TYPED = """
create temp table floor_products (id text, name text, sku text, ean text, price numeric, status text,
    manage_stock boolean, stock numeric, created timestamptz, modified timestamptz);
create temp table floor_orders (id text, status text, created timestamptz, modified timestamptz);
create temp table floor_lines (order_id text, id text, product_id text, quantity numeric, subtotal numeric);
insert into floor_products select id, name, sku, global_unique_id, price, status, manage_stock, stock_quantity,
    date_created_gmt, date_modified_gmt from staging.woocommerce__products cross join lateral jsonb_to_record(payload)
    as doc (id text, name text, sku text, global_unique_id text, price numeric, status text, manage_stock boolean,
    stock_quantity numeric, date_created_gmt timestamptz, date_modified_gmt timestamptz);
insert into floor_orders select id, status, date_created_gmt, date_modified_gmt from staging.woocommerce__orders
    cross join lateral jsonb_to_record(payload)
    as doc (id text, status text, date_created_gmt timestamptz, date_modified_gmt timestamptz);
insert into floor_lines select record_key, line.id, line.product_id, line.quantity, line.subtotal
    from staging.woocommerce__orders cross join lateral jsonb_to_recordset(payload -> 'line_items')
    as line (id text, product_id text, quantity numeric, subtotal numeric);
"""
# A record is the recorded fixture with an id of its own; `version` makes a later one differ.
_LAND = """
insert into staging.woocommerce__{stream} (webshop_id, coupling_id, record_key, payload, payload_hash)
select ids.webshop_id, ids.id, n::text, made.doc, md5(made.doc::text)::uuid
from platform.couplings as ids
cross join generate_series(1, %(count)s) as n
cross join lateral (select {doc} as doc) as made
where ids.name = 'bench__woocommerce' and n %% %(every)s = 0
"""
_PRODUCT = """%(template)s::jsonb || jsonb_build_object(
    'id', n, 'sku', 'SKU-' || n, 'global_unique_id', 8700000000000 + n, 'name', 'Oak chair ' || n,
    'type', 'simple', 'status', 'publish', 'virtual', false, 'manage_stock', true,
    'stock_quantity', n %% 90 + %(version)s)"""
_ORDER = """%(template)s::jsonb || jsonb_build_object('id', n, 'status', 'completed',
    'date_completed_gmt', '2026-07-0' || 1 + %(version)s || 'T08:00:00', 'line_items',
    (select jsonb_agg(%(line)s::jsonb || jsonb_build_object('id', n * 3 + place, 'variation_id', 0,
        'product_id', 1 + (n * 7 + place * 31) %% %(products)s)) from generate_series(0, 1 + n %% 2) as place))"""


@dataclasses.dataclass(frozen=True)
class Measured:
    """Seconds."""

    full: float
    floor: float
    start_up: float
    empty: float
    """dbt's run over an empty batch, with its start-up."""
    nothing: float
    """The platform's transform where nothing has landed: dbt is not started."""
    one_percent: float


_measured: dict[tuple[int, int], Measured] = {}


def full(dsn: str) -> Result:
    """Seconds of the first build beside the floor; the ratio says how many times the floor it takes."""
    found = measure(dsn)
    return Result(value=found.full, unit="s", floor=found.floor, ratio=found.full / found.floor)


def no_news(dsn: str) -> Result:
    """Seconds of a transform when nothing has landed: dbt is not even started; ratio: share of a full build."""
    found = measure(dsn)
    return Result(value=found.nothing, unit="s", floor=found.start_up, ratio=found.nothing / found.full)


def empty_batch(dsn: str) -> Result:
    """Seconds of a dbt run over an empty batch beyond dbt's start-up (the floor); ratio: share of a full build.

    What each further webshop of a batch costs at least, and every transform whose news maps to nothing.
    """
    found = measure(dsn)
    beyond = max(found.empty - found.start_up, 0)
    return Result(value=beyond, unit="s", floor=found.start_up, ratio=beyond / found.full)


def one_percent(dsn: str) -> Result:
    """Seconds for a hundredth of products and orders, beyond dbt's start-up; the ratio is the share of a full build."""
    found = measure(dsn)
    beyond = max(found.one_percent - found.start_up, 0)
    return Result(value=beyond, unit="s", floor=found.start_up, ratio=beyond / found.full)


def measure(dsn: str) -> Measured:
    """Measure all of it once in a process: the full build is what takes long."""
    key = (PRODUCTS, ORDERS)
    if key not in _measured:
        with tempfile.TemporaryDirectory() as folder:
            _measured[key] = _measure(dsn, Path(folder))
    return _measured[key]


def _measure(dsn: str, folder: Path) -> Measured:
    connect = connector(dsn, "bench")
    with connect() as connection:
        dbt = prepared(connection, dsn, folder)
        land(connection, "products", PRODUCTS)
        land(connection, "orders", ORDERS)
        connection.execute("vacuum analyze")
        floor = _seconds(lambda: connection.execute(_TYPED))
        start_up = min(_seconds(lambda: dbt.run("--select", "no_such_model")) for _ in range(ROUNDS + 1))
        complete = _seconds(lambda: transform(connect, dbt.transform))
        rows = connection.execute("select count(*) from optiply.sell_order_lines").fetchone()
        expected = ORDERS * 2 + ORDERS // 2
        if rows is None or rows[0] != expected:
            raise RuntimeError(f"{rows} order lines were mapped instead of {expected}")
        connection.execute("vacuum analyze")
        nothing = min(_seconds(lambda: transform(connect, dbt.transform)) for _ in range(ROUNDS))
        empty = min(_seconds(lambda: dbt.transform(list(TABLES))) for _ in range(ROUNDS))
        changed = min(_changed(connect, connection, dbt, version) for version in range(1, ROUNDS + 1))
    return Measured(complete, floor, start_up, empty, nothing, changed)


def _changed(connect: Connect, connection: psycopg.Connection, dbt: Dbt, version: int) -> float:
    change(connection, version)
    return _seconds(lambda: transform(connect, dbt.transform))


def prepared(connection: psycopg.Connection, dsn: str, folder: Path) -> Dbt:
    """Make the warehouse with one WooCommerce webshop; dbt finds it through the environment."""
    parts = conninfo_to_dict(dsn)
    for name in ("host", "port", "user", "password", "dbname"):
        word = "DATABASE" if name == "dbname" else name.upper()
        os.environ[f"WAREHOUSE_{word}"] = str(parts.get(name) or "")
    os.environ |= {"DBT_SEND_ANONYMOUS_USAGE_STATS": "False", "DO_NOT_TRACK": "1"}
    migrate(connection)
    for name in connector_names():
        rooted = {stream: described.root is not None for stream, described in load_manifest(name).streams.items()}
        create_streams(connection, name, rooted)
    ensure_registered(connection, config())
    dbt = Dbt(folder)
    dbt.deploy()
    return dbt


def config() -> CouplingConfig:
    """Return a coupling of a webshop that takes products and orders from WooCommerce."""
    owners: dict[ObjectName, str | list[str]] = {"products": "woocommerce", "sell_orders": "woocommerce"}
    return CouplingConfig(
        name="bench__woocommerce", title="Benchmark", file="bench/woocommerce.yaml",
        webshop=Webshop(webshop="bench", title="Benchmark", time_zone="UTC", owners=owners),
        manifest=load_manifest("woocommerce"), role="primary", match_key=None, connection="bench", owner="bench",
        enabled=True, objects=("products", "sell_orders"), plans=(), settings={}, overrides=(),
    )  # fmt: skip


def land(connection: psycopg.Connection, stream: str, count: int, every: int = 1, version: int = 0) -> None:
    """Land `count` records from the connector's fixture, or every so-maniest of them, and tell the news."""
    fixture = json.loads((CONNECTORS / "woocommerce" / "fixtures" / f"{stream}.json").read_text())[0]
    values = {
        "count": count, "every": every, "version": version, "products": PRODUCTS, "template": json.dumps(fixture),
        "line": json.dumps(fixture.get("line_items", [{}])[0]),
    }  # fmt: skip
    doc = _PRODUCT if stream == "products" else _ORDER
    connection.execute(_LAND.format(stream=stream, doc=doc), values)
    connection.execute(
        "insert into platform.news (webshop_id, coupling_id, object, root_key)"
        " select webshop_id, id, %s, n::text from platform.couplings cross join generate_series(1, %s) as n"
        " where name = 'bench__woocommerce' and n %% %s = 0",
        ["products" if stream == "products" else "sell_orders", count, every],
    )


def change(connection: psycopg.Connection, version: int) -> None:
    """Land a new version of a hundredth of the products and orders."""
    for stream, count in (("products", PRODUCTS), ("orders", ORDERS)):
        connection.execute(
            f"update staging.woocommerce__{stream} set superseded_at = now()"
            " where superseded_at is null and record_key::bigint %% %s = 0",
            [_SHARE],
        )
        land(connection, stream, count, _SHARE, version)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
