"""The transform's batch: claim news, narrow it to one webshop, finish it; and the record of each transform."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import class_row, tuple_row

from include.contract.errors import Reason

_LOCK = 7_301_002
FOLLOWING = {
    "products": ("supplier_products", "product_compositions", "buy_orders"),
    "suppliers": ("supplier_products", "buy_orders"),
}
"""By object: the objects whose records name one of it (`children` of the members' models)."""


@contextlib.contextmanager
def locked(connection: psycopg.Connection) -> Iterator[bool]:
    """Hold the transform's lock on this connection; yields whether it was free."""
    row = connection.execute("select pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
    free = bool(row and row[0])
    try:
        yield free
    finally:
        if free and not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(%s)", [_LOCK])


@contextlib.contextmanager
def held(connection: psycopg.Connection) -> Iterator[None]:
    """Wait for the transform's lock, and hold it."""
    connection.execute("select pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        if not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(%s)", [_LOCK])


def claim(connection: psycopg.Connection) -> int:
    """Move the news of finished pulls into the batch, with waiting records of the same webshops; return its size.

    News of a pull that runs or failed stays: half an order must not be mapped. A record that waits for its match stays
    too: its group brings it along when another member changes (macro `members`). Once a day the roots are added whose
    meaning changes with the calendar (a price period that begins), and each time those whose stock was read again after
    orders had corrected it.
    """
    with connection.transaction():
        _tell_what_came_due(connection)
        _tell_what_was_read_anew(connection)
        connection.execute(
            "with taken as (delete from platform.news n where not exists (select from platform.pulls p"
            "  where p.id = n.pull_id and p.outcome is distinct from 'succeeded')"
            "  returning object, coupling_id, root_key, webshop_id)"
            " insert into platform.transform_batch (object, coupling_id, root_key, webshop_id)"
            " select distinct object, coupling_id, root_key, webshop_id from taken on conflict do nothing"
        )
        connection.execute(
            "insert into platform.transform_batch (object, coupling_id, root_key, webshop_id)"
            " select distinct case q.object when 'sell_order_lines' then 'sell_orders'"
            "  when 'buy_order_lines' then 'buy_orders' else q.object end,"
            "  q.coupling_id, q.root_key, q.webshop_id from platform.quarantine q"
            " where q.resolved_at is null and q.waiting and q.root_key is not null and q.field <> 'match'"
            " and exists (select from platform.transform_batch b where b.webshop_id = q.webshop_id)"
            " on conflict do nothing"
        )
        connection.execute("update platform.transform_batch set taken = true where not taken")
        row = connection.execute("select count(*) from platform.transform_batch").fetchone()
    # The planner must see how small the batch is; it was empty or much larger a moment ago.
    connection.execute("analyze platform.transform_batch")
    return int(row[0]) if row else 0


def _tell_what_came_due(connection: psycopg.Connection) -> None:
    row = connection.execute(
        "select value #>> '{}' < current_date::text, value #>> '{}' from platform.facts where name = 'dates_mapped_to'"
    ).fetchone()
    if row is None or row[0]:
        connection.execute(
            "insert into platform.news (webshop_id, coupling_id, object, root_key)"
            " select distinct webshop_id, coupling_id, object, root_key from mapping.int_roots__coming_due"
            " where due_on > %(from)s::date and due_on <= current_date",
            {"from": row[1] if row else "infinity"},
        )
        connection.execute(
            "insert into platform.facts (name, value) values ('dates_mapped_to', to_jsonb(current_date))"
            " on conflict (name) do update set value = excluded.value"
        )


def _tell_what_was_read_anew(connection: psycopg.Connection) -> None:
    # A copy on which a mapping is tried has no mappings before its first transform, which maps everything anyway.
    row = connection.execute("select to_regclass('mapping.int_roots__read_anew')").fetchone()
    if row and row[0]:
        connection.execute(
            "insert into platform.news (webshop_id, coupling_id, object, root_key)"
            " select webshop_id, coupling_id, object, root_key from mapping.int_roots__read_anew"
        )


def webshops(connection: psycopg.Connection) -> list[tuple[int, str]]:
    """Return the webshops in the batch."""
    query = (
        "select distinct w.id, w.name from platform.transform_batch b"
        " join platform.webshops w on w.id = b.webshop_id order by w.name"
    )
    return [(int(number), str(name)) for number, name in connection.execute(query)]


def objects(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the objects in the taken part, and those of which it can get roots while it is mapped."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(
            "select b.object, bool_or((c.settings -> 'stock.from_sell_orders')::text <> 'false'),"
            " bool_or(exists (select from platform.couplings o where o.webshop_id = c.webshop_id and o.id <> c.id))"
            " from (select distinct object, coupling_id from platform.transform_batch where taken) b"
            " join platform.couplings c on c.id = b.coupling_id group by b.object"
        ).fetchall()
    found = {str(name) for name, _, _ in rows}
    # Orders that correct the stock tell their products (macro tell_products_of_orders).
    found |= {"products" for name, corrects, _ in rows if name == "sell_orders" and corrects}
    # Where several systems can have one product or supplier, what names it follows it (strategy regroup).
    if any(is_mixed for _, _, is_mixed in rows):
        found |= {child for name in found for child in FOLLOWING.get(name, ())}
    return sorted(found)


def take_only(connection: psycopg.Connection, webshop_id: int | None) -> None:
    """Narrow the batch to one webshop (None = take all again)."""
    connection.execute(
        "update platform.transform_batch set taken = %(id)s::int is null or webshop_id = %(id)s", {"id": webshop_id}
    )
    connection.execute("analyze platform.transform_batch")


def finish(connection: psycopg.Connection, transform_id: int) -> None:
    """Empty the taken part of the batch, and record that its webshops are mapped."""
    connection.execute(
        "with mapped as (delete from platform.transform_batch where taken returning webshop_id),"
        " told as (insert into platform.transform_webshops (transform_id, webshop_id, outcome, roots)"
        "  select %(id)s, webshop_id, 'succeeded', count(*) from mapped group by webshop_id"
        "  returning webshop_id, finished_at)"
        " update platform.webshops set last_transform_id = %(id)s, last_transformed_at = told.finished_at"
        " from told where webshops.id = told.webshop_id",
        {"id": transform_id},
    )


def fail(connection: psycopg.Connection, transform_id: int, reason: Reason) -> None:
    """Record that the webshops of the taken part could not be mapped; the next transform takes it again."""
    connection.execute(
        "insert into platform.transform_webshops"
        " (transform_id, webshop_id, outcome, roots, error_class, error_text, next_step, acts)"
        " select %s, webshop_id, 'failed', count(*), %s, %s, %s, %s"
        " from platform.transform_batch where taken group by webshop_id",
        [transform_id, reason.error_class, reason.text, reason.next_step, reason.acts],
    )


def open_transform(connection: psycopg.Connection, roots: int) -> int:
    """Open the record of a transform; one that a crash left open is closed as failed."""
    connection.execute(
        "update platform.transforms set outcome = 'failed', finished_at = now(), error_class = 'our bug',"
        " error_text = 'the process died', next_step = 'Nothing: the next transform maps what was left.',"
        " acts = 'nobody'"
        " where outcome is null"
    )
    row = connection.execute("insert into platform.transforms (roots) values (%s) returning id", [roots]).fetchone()
    assert row is not None, "an insert with returning gives a row"
    return int(row[0])


def close_transform(connection: psycopg.Connection, transform_id: int, outcome: str, reason: Reason | None) -> None:
    """Close the record of a transform with its outcome and reason."""
    words = (reason.error_class, reason.text, reason.next_step, reason.acts) if reason else (None,) * 4
    connection.execute(
        "update platform.transforms set outcome = %s, finished_at = now(), error_class = %s, error_text = %s,"
        " next_step = %s, acts = %s where id = %s",
        [outcome, *words, transform_id],
    )


@dataclasses.dataclass(frozen=True)
class Change:
    """What a transform did to an Optiply table for one coupling."""

    coupling: str
    object: str
    inserted: int
    updated: int
    deleted: int
    untouched: int


def changes(connection: psycopg.Connection, after: int, *, since: bool = False) -> list[Change]:
    """Return what transform `after` changed, or with `since` what all transforms after it changed together."""
    condition = "t.transform_id > %s" if since else "t.transform_id = %s"
    with connection.cursor(row_factory=class_row(Change)) as rows:
        return rows.execute(
            "select c.name as coupling, t.object, sum(t.inserted)::bigint as inserted,"
            " sum(t.updated)::bigint as updated,"
            " sum(t.deleted)::bigint as deleted, sum(t.untouched)::bigint as untouched"
            " from platform.transform_counts t join platform.couplings c on c.id = t.coupling_id"
            f" where {condition} group by c.name, t.object order by c.name, t.object",
            [after],
        ).fetchall()
