"""Settling a pull-all of 100,000 known records of which 1 % is gone, beside a plain anti-join that marks."""

from __future__ import annotations

import time

import psycopg

from include.bench.result import Result
from include.bench.transform import config
from include.spec.load import load_manifest
from include.sync.configs import ensure_registered
from include.warehouse.connection import connector
from include.warehouse.landing import Place
from include.warehouse.migrate import migrate
from include.warehouse.registry import coupling_id
from include.warehouse.snapshot import Guard, settle

RECORDS = 100_000
ROUNDS = 5
_PAGE = 1000
_ANTI_JOIN = (
    "update staging.woocommerce__products as here set gone_at = now() where coupling_id = %s and superseded_at is null"
    " and gone_at is null and not exists (select from bench_seen where key = here.record_key)"
)


def deletion_diff(dsn: str) -> Result:
    """Seconds to settle; the floor marks the same records by one statement over a table of the keys that were seen."""
    with connector(dsn, "bench")() as connection:
        place = _known(connection)
        ours, floors = [], []
        for _ in range(ROUNDS):
            with connection.transaction(force_rollback=True):
                begun = time.perf_counter()
                marked = connection.execute(_ANTI_JOIN, [place.coupling_id]).rowcount
                floors.append(time.perf_counter() - begun)
            with connection.transaction(force_rollback=True):
                begun = time.perf_counter()
                settled = settle(connection, place, None, Guard(0.2, 3))
                ours.append(time.perf_counter() - begun)
            if not settled.gone == marked == RECORDS // 100:
                raise RuntimeError(f"{settled.gone} and {marked} records were marked")
    return Result(value=min(ours), unit="s", floor=min(floors), ratio=min(ours) / min(floors))


def _known(connection: psycopg.Connection) -> Place:
    """Land the records, and a pull that has met all but every hundredth of them."""
    migrate(connection)
    ensure_registered(connection, config())
    ids = coupling_id(connection, "bench__woocommerce")
    connection.execute(
        "insert into staging.woocommerce__products"
        " (webshop_id, coupling_id, record_key, payload, payload_hash, landed_at)"
        " select %s, %s, n::text, jsonb_build_object('id', n, 'note', repeat('x', 700)), md5(n::text)::uuid,"
        " now() - interval '1 day' from generate_series(1, %s) as n",
        [ids.webshop_id, ids.coupling_id, RECORDS],
    )
    row = connection.execute(
        "insert into platform.pulls (webshop_id, coupling_id, object, mode) values (%s, %s, 'products', 'all')"
        " returning id",
        [ids.webshop_id, ids.coupling_id],
    ).fetchone()
    assert row is not None, "an insert with returning gives a row"
    connection.execute("insert into platform.pull_streams (pull_id, stream) values (%s, 'products')", [row[0]])
    connection.execute(
        "insert into platform.pull_pages (pull_id, stream, page, keys)"
        " select %s, 'products', n / %s, jsonb_agg(n::text)"
        " from generate_series(1, %s) as n where n %% 100 <> 0 group by 3",
        [row[0], _PAGE, RECORDS],
    )
    connection.execute("create temp table bench_seen as select n::text as key from generate_series(1, %s) as n"
                       " where n %% 100 <> 0", [RECORDS])  # fmt: skip
    connection.execute("analyze")
    connection.execute("vacuum analyze staging.woocommerce__products")
    feeds = tuple(load_manifest("woocommerce").feeds("products"))
    return Place(ids.webshop_id, ids.coupling_id, "woocommerce", "products", feeds, row[0], rooted=False)
