"""The ledger of stock that a shop is told: what of each receipt its stock has, and each write before it is made."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

# Receipts of the webshop's other couplings, with what the shop's stock should have of each.
_CAME = """
select r.coupling_id as source_id, r.remote_id as receipt_id, l.product_id,
    case when r.deleted_at is null then r.quantity else 0 end as quantity
from optiply.receipt_lines r
join optiply.buy_order_lines l on l.id = r.buy_order_line_id
join platform.couplings c on c.id = %(coupling)s and c.webshop_id = r.webshop_id and c.id <> r.coupling_id
"""
# What nobody decided yet stands in the way of what came in later of the same product.
_LAST = """
select id, added, level_before, level_after, intended_at, finished_at, outcome, receipts::text as receipts
from platform.stock_updates where coupling_id = %s and remote_id = %s order by id desc limit 1
"""


@dataclasses.dataclass(frozen=True)
class Due:
    """A product of which something came in that the shop has not been told; `receipts` is JSON for the ledger."""

    product_id: int
    name: str
    remote_id: str
    added: int
    receipts: str


@dataclasses.dataclass(frozen=True)
class Update:
    """A write that was noted."""

    id: int
    added: int
    level_before: Decimal | None
    level_after: Decimal | None
    intended_at: datetime
    finished_at: datetime | None
    outcome: str | None
    receipts: str

    @property
    def is_open(self) -> bool:
        """Whether nobody knows what became of it."""
        return self.outcome in (None, "unknown")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a write, in redacted words."""

    outcome: str
    status: int | None = None
    words: str | None = None
    next_step: str | None = None
    decided_by: str | None = None


def begin(connection: psycopg.Connection, coupling_id: int, *, anew: bool = False) -> bool:
    """Take what came in until now as part of the shop's stock, the first time or `anew`; return whether it did."""
    with connection.transaction():
        started = connection.execute(
            "insert into platform.stock_starts (coupling_id) values (%s)"
            " on conflict (coupling_id) do update set started_at = now() where %s returning 1",
            [coupling_id, anew],
        ).fetchone()
        if started is None:
            return False
        connection.execute(
            f"insert into platform.stock_receipts (coupling_id, source_id, receipt_id, quantity)"
            f" select %(coupling)s, source_id, receipt_id, quantity from ({_CAME}) as came where true"
            " on conflict (coupling_id, source_id, receipt_id) do update set quantity = excluded.quantity",
            {"coupling": coupling_id},
        )
    return True


def due(connection: psycopg.Connection, coupling_id: int, remote_id: str | None = None) -> list[Due]:
    """Return the products to tell the shop of, or the one that it knows as `remote_id`.

    Products that the shop does not know are left out: they wait.
    """
    with connection.cursor(row_factory=class_row(Due)) as cursor:
        return cursor.execute(
            "select told.* from (select came.product_id, min(p.name) as name,"
            " platform.remote_id_in('products', came.product_id, %(coupling)s) as remote_id,"
            " (sum(came.quantity) - sum(coalesce(known.quantity, 0)))::integer as added,"
            " json_agg(json_build_object('source_id', came.source_id, 'receipt_id', came.receipt_id,"
            " 'quantity', came.quantity) order by came.source_id, came.receipt_id)::text as receipts"
            f" from ({_CAME}) as came"
            " join optiply.products p on p.id = came.product_id and p.deleted_at is null"
            " left join platform.stock_receipts known on known.coupling_id = %(coupling)s"
            " and known.source_id = came.source_id and known.receipt_id = came.receipt_id"
            " where came.quantity <> coalesce(known.quantity, 0) group by came.product_id) as told"
            " where remote_id is not null and (%(remote)s::text is null or remote_id = %(remote)s)"
            " order by product_id",
            {"coupling": coupling_id, "remote": remote_id},
        ).fetchall()


@contextlib.contextmanager
def locked(connection: psycopg.Connection, coupling_id: int, remote_id: str) -> Iterator[bool]:
    """Hold the lock of a product's stock on this connection; yields whether it was free."""
    values = [f"stock update {coupling_id} {remote_id}"]
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", values).fetchone()
    free = bool(row and row[0])
    try:
        yield free
    finally:
        if free and not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", values)


def last(connection: psycopg.Connection, coupling_id: int, remote_id: str) -> Update | None:
    """Return the latest write of a product."""
    with connection.cursor(row_factory=class_row(Update)) as cursor:
        return cursor.execute(_LAST, [coupling_id, remote_id]).fetchone()


def intend(
    connection: psycopg.Connection, coupling_id: int, wish: Due, before: Decimal | None, after: Decimal | None
) -> int:
    """Note that a level is about to be written; return the write's id. The call may be made once it is committed."""
    row = connection.execute(
        "insert into platform.stock_updates (coupling_id, product_id, remote_id, added, receipts, level_before,"
        " level_after) values (%s, %s, %s, %s, %s::jsonb, %s, %s) returning id",
        [coupling_id, wish.product_id, wish.remote_id, wish.added, wish.receipts, before, after],
    ).fetchone()
    assert row is not None, "an insert with returning gives a row"
    return int(row[0])


def listed(connection: psycopg.Connection, coupling_name: str) -> list[tuple[object, ...]]:
    """Return the writes of which nobody knows and those that wait for a person, with product, levels and words."""
    return connection.execute(
        "select u.id, p.name, u.remote_id, u.added, u.level_before, u.level_after, coalesce(u.outcome, 'intended'),"
        " u.words, u.next_step from platform.stock_updates u join platform.couplings c on c.id = u.coupling_id"
        " left join optiply.products p on p.id = u.product_id where c.name = %s"
        " and (u.outcome is null or u.outcome in ('unknown', 'refused', 'parked')) order by u.id",
        [coupling_name],
    ).fetchall()


def settle(connection: psycopg.Connection, update_id: int, *, is_in: bool, by: str) -> bool:
    """Note a person's word on a write that waits for one: the pieces are counted or not; return whether it waited."""
    row = connection.execute(
        "select 1 from platform.stock_updates where id = %s"
        " and (outcome is null or outcome in ('unknown', 'refused', 'parked'))",
        [update_id],
    ).fetchone()
    if row is not None:
        finish(connection, update_id, Outcome("found" if is_in else "absent", decided_by=by))
    return row is not None


def finish(connection: psycopg.Connection, update_id: int, outcome: Outcome) -> None:
    """Note what became of a write; where the shop's stock has it now, its receipts are told, in one transaction."""
    with connection.transaction():
        connection.execute(
            "update platform.stock_updates set outcome = %s, status = coalesce(%s, status),"
            " words = coalesce(%s, words), next_step = %s, decided_by = coalesce(%s, decided_by),"
            " finished_at = clock_timestamp() where id = %s",
            [outcome.outcome, outcome.status, outcome.words, outcome.next_step, outcome.decided_by, update_id],
        )
        if outcome.outcome in ("accepted", "found", "skipped"):
            connection.execute(
                "insert into platform.stock_receipts (coupling_id, source_id, receipt_id, quantity)"
                " select u.coupling_id, told.source_id, told.receipt_id, told.quantity from platform.stock_updates u"
                " cross join jsonb_to_recordset(u.receipts) as told (source_id integer, receipt_id text,"
                " quantity integer) where u.id = %s"
                " on conflict (coupling_id, source_id, receipt_id) do update set quantity = excluded.quantity",
                [update_id],
            )
