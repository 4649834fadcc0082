"""Deletion by comparison (R16): what a complete pull-all did not meet is gone. Anything doubtful deletes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import psycopg
from psycopg import sql

from include.warehouse.landing import Place

GUARD_SHARE = 0.2
GUARD_LEAST = 10


@dataclasses.dataclass(frozen=True)
class Settled:
    """What a comparison did: how many records are gone, or why none was touched."""

    gone: int
    guard: str | None


def settle(connection: psycopg.Connection, place: Place) -> Settled:
    """Mark what the finished pull-all of a stream did not meet as gone; call inside a transaction.

    Nothing is marked when the remote counted more records than were seen, when nothing was seen, or when more than
    GUARD_SHARE of the known records (and more than GUARD_LEAST) would go: then the guard says why; a person decides.
    """
    seen, expected, known, missing = _counts(connection, place)
    guard = None
    if expected is not None and seen < expected:
        guard = f"saw {seen} of {expected} records that the remote counts"
    elif missing and seen == 0:
        guard = f"the remote answered no record at all, {known} are known"
    elif missing > GUARD_LEAST and missing > known * GUARD_SHARE:
        guard = f"{missing} of {known} known records are missing, more than {GUARD_SHARE:.0%}"
    gone = 0 if guard or not missing else _mark(connection, place)
    connection.execute(
        "update platform.pull_streams set complete = %s, gone = %s, guard = %s where pull_id = %s and stream = %s",
        [guard is None, gone, guard, place.pull_id, place.stream],
    )
    return Settled(gone, guard)


_SEEN = (
    "select distinct jsonb_array_elements_text(keys) as key from platform.pull_pages"
    " where pull_id = %(pull)s and stream = %(stream)s"
)
# A record that landed while the pull ran (a webhook) may have come after its page had passed.
_MISSING = (
    "from {table} as here where coupling_id = %(coupling)s and superseded_at is null and gone_at is null"
    " and landed_at < (select started_at from platform.pulls where id = %(pull)s)"
    " and not exists (select from seen where seen.key = here.record_key)"
)


def _counts(connection: psycopg.Connection, place: Place) -> tuple[int, int | None, int, int]:
    query = sql.SQL(
        "with seen as materialized (" + _SEEN + ") select (select count(*) from seen),"
        " (select expected from platform.pull_streams where pull_id = %(pull)s and stream = %(stream)s),"
        " (select count(*) from {table}"
        "  where coupling_id = %(coupling)s and superseded_at is null and gone_at is null),"
        " (select count(*) " + _MISSING + ")"
    ).format(table=place.table)
    row = connection.execute(query, _values(place)).fetchone()
    assert row is not None, "an aggregate gives a row"
    return row[0], row[1], row[2], row[3]


def _mark(connection: psycopg.Connection, place: Place) -> int:
    query = sql.SQL(
        "with seen as materialized (" + _SEEN + "), missing as (select record_key " + _MISSING + "),"
        " gone as (update {table} as t set gone_at = now() from missing where t.coupling_id = %(coupling)s"
        "          and t.record_key = missing.record_key and t.superseded_at is null returning t.root_key),"
        " told as (insert into platform.news (webshop_id, coupling_id, object, root_key, pull_id)"
        "          select distinct %(webshop)s, %(coupling)s, fed, root_key, %(pull)s from gone,"
        "          unnest(%(objects)s::text[]) as fed returning 1)"
        " select count(*) from gone"
    ).format(table=place.table)
    row = connection.execute(query, _values(place)).fetchone()
    return int(row[0]) if row else 0


def bury(connection: psycopg.Connection, place: Place, keys: Sequence[str]) -> int:
    """Mark records as gone because the remote says so by key (a feed of deletions); unknown keys do nothing."""
    query = sql.SQL(
        "with gone as (update {table} set gone_at = now() where coupling_id = %(coupling)s and superseded_at is null"
        "              and gone_at is null and record_key = any(%(keys)s) returning root_key),"
        " told as (insert into platform.news (webshop_id, coupling_id, object, root_key, pull_id)"
        "          select distinct %(webshop)s, %(coupling)s, fed, root_key, %(pull)s from gone,"
        "          unnest(%(objects)s::text[]) as fed returning 1)"
        " select count(*) from gone"
    ).format(table=place.table)
    row = connection.execute(query, {**_values(place), "keys": list(keys)}).fetchone()
    return int(row[0]) if row else 0


def _values(place: Place) -> dict[str, object]:
    return {
        "pull": place.pull_id,
        "stream": place.stream,
        "coupling": place.coupling_id,
        "webshop": place.webshop_id,
        "objects": list(place.objects),
    }
