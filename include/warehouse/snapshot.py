"""Deletion by comparison (R16): what a complete pull-all did not meet is gone. Anything doubtful deletes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import psycopg
from psycopg import sql

from include.warehouse import approvals
from include.warehouse.approvals import REFUSED
from include.warehouse.landing import Place, hold


@dataclasses.dataclass(frozen=True)
class Guard:
    """How much may go without a person's word: `share` of the known records (0 to 1), and `least` in any case."""

    share: float
    least: int


@dataclasses.dataclass(frozen=True)
class Settled:
    """What a comparison did: how many records are gone, and why others that it missed were not touched."""

    gone: int
    guard: str | None


def settle(connection: psycopg.Connection, place: Place, parent: str | None, limit: Guard) -> Settled:
    """Mark what the finished pull-all of a stream did not meet as gone; call inside a transaction.

    Nothing is marked when the snapshot is no proof: the remote counted more records than were seen, its count moved
    while the pull ran (records slip between pages then), or the stream that this one hangs on was guarded. A person
    is asked first when nothing was seen at all, or when more would go than the `limit` allows. What a person refused
    to delete stays, until it has come back or he is asked about more.
    """
    hold(connection, place)
    found = _look(connection, place)
    guard = _no_proof(connection, place, parent, found)
    gone = 0
    if guard is None:
        gone, guard = _judge(connection, place, found, limit)
    connection.execute(
        "update platform.pull_streams set complete = %s, gone = %s, guard = %s where pull_id = %s and stream = %s",
        [guard is None, gone, guard, place.pull_id, place.stream],
    )
    return Settled(gone, guard)


def _judge(connection: psycopg.Connection, place: Place, found: _Found, limit: Guard) -> tuple[int, str | None]:
    """Mark what a complete snapshot missed, or ask a person; return how many are gone, and why others are not."""
    too_much = _too_much(found, limit)
    if too_much and found.unrefused:
        keys = found.unrefused + found.refused
        number = approvals.ask(connection, place, keys, _seen(connection, place), found.known)
        return 0, f"{too_much}: approval {number} waits for a person's answer"
    approvals.overtake(connection, place)
    gone = bury(connection, place, found.unrefused)
    kept = approvals.refusal(connection, place).sentence(len(found.refused)) if found.refused else None
    return gone, kept


def doubtful(connection: psycopg.Connection, place: Place, parent: str | None, limit: Guard) -> list[str]:
    """Return the keys that settle() would mark as gone now, for a second look; empty where it would mark nothing.

    Pages by number shift when a record is deleted while they are pulled: one that is there slips between two pages,
    and where another was added meanwhile not even the remote's count tells.
    """
    found = _look(connection, place)
    if not found.missing or _no_proof(connection, place, parent, found) or _too_much(found, limit):
        return []
    return sorted(found.unrefused)


@dataclasses.dataclass(frozen=True)
class _Found:
    has_seen_none: bool
    expected_at_first: int | None
    expected: int | None
    known: int
    unrefused: list[str]
    """The keys of what is missing, but for those that a person refused to delete."""
    refused: list[str]

    @property
    def missing(self) -> int:
        return len(self.unrefused) + len(self.refused)


def _no_proof(connection: psycopg.Connection, place: Place, parent: str | None, found: _Found) -> str | None:
    if found.expected is not None and (seen := _seen(connection, place)) < found.expected:
        return f"saw {seen} of {found.expected} records that the remote counts"
    if found.expected != found.expected_at_first:
        return f"the remote's count went from {found.expected_at_first} to {found.expected} while the pull ran"
    guarded = connection.execute(
        "select guard from platform.pull_streams where pull_id = %s and stream = %s and guard is not null",
        [place.pull_id, parent],
    ).fetchone()
    return f"{parent} was not settled" if guarded else None


def _too_much(found: _Found, limit: Guard) -> str | None:
    if found.missing and found.has_seen_none:
        return f"the remote answered no record at all, {found.known} are known"
    if found.missing > limit.least and found.missing > found.known * limit.share:
        return f"{found.missing} of {found.known} known records are missing, more than {limit.share:.0%}"
    return None


def _look(connection: psycopg.Connection, place: Place) -> _Found:
    # One look at the landed records for everything: there may be a million of them. `not in` builds its table of keys
    # once, where a join would build one of the distinct keys and another for itself. A record that landed while the
    # pull ran (a webhook) may have come after its page had passed.
    query = sql.SQL(
        "with refused as materialized (" + REFUSED + "),"
        " judged as (select count(*) as known, coalesce(array_agg(record_key) filter ("
        "  where landed_at < (select started_at from platform.pulls where id = %(pull)s)"
        "  and record_key not in (" + _SEEN + ")), '{{}}') as missing"
        "  from {table} where coupling_id = %(coupling)s and superseded_at is null and gone_at is null)"
        " select not exists (" + _SEEN + "), expected_at_first, expected, known,"
        " array(select unnest(missing) except all select record_key from refused),"
        " array(select unnest(missing) intersect all select record_key from refused)"
        " from platform.pull_streams cross join judged where pull_id = %(pull)s and stream = %(stream)s"
    ).format(table=place.table)
    row = connection.execute(query, _values(place)).fetchone()
    assert row is not None, "the pull made the row before its first page"
    return _Found(*row)


_SEEN = (
    "select jsonb_array_elements_text(keys) as key from platform.pull_pages"
    " where pull_id = %(pull)s and stream = %(stream)s"
)


def _seen(connection: psycopg.Connection, place: Place) -> int:
    """Return how many different records the pages held: one may stand on two of them while rows move."""
    row = connection.execute(
        "select count(*) from (select distinct key from (" + _SEEN + ") as met) as seen", _values(place)
    ).fetchone()
    assert row is not None, "a count is a row"
    return int(row[0])


def bury(connection: psycopg.Connection, place: Place, keys: Sequence[str]) -> int:
    """Mark records as gone by key, because a snapshot missed them or the remote says so; unknown keys do nothing."""
    return _gone(connection, place, "select unnest(%(keys)s::text[])", {**_values(place), "keys": list(keys)})


def remove_listed(connection: psycopg.Connection, place: Place, approval_id: int) -> int:
    """Mark exactly the records that a person approved, but for those that came back; return how many are gone."""
    listed = (
        "select record_key from platform.approval_records where approval_id = %(approval)s and came_back_at is null"
    )
    return _gone(connection, place, listed, {**_values(place), "approval": approval_id, "pull": None})


def _gone(connection: psycopg.Connection, place: Place, keys: str, values: dict[str, object]) -> int:
    """Mark the current records with the keys that the query gives, and tell the news; what is gone stays as it is."""
    query = sql.SQL(
        "with chosen (record_key) as (" + keys + "),"
        " gone as (update {table} as t set gone_at = now() from chosen where t.coupling_id = %(coupling)s"
        "          and t.record_key = chosen.record_key and t.superseded_at is null and t.gone_at is null"
        "          returning t.root_key),"
        " told as (insert into platform.news (webshop_id, coupling_id, object, root_key, pull_id)"
        "          select distinct %(webshop)s, %(coupling)s, fed, root_key, %(pull)s::bigint from gone,"
        "          unnest(%(objects)s::text[]) as fed returning 1)"
        " select count(*) from gone"
    ).format(table=place.table)
    row = connection.execute(query, values).fetchone()
    return int(row[0]) if row else 0


def _values(place: Place) -> dict[str, object]:
    return {
        "pull": place.pull_id,
        "stream": place.stream,
        "coupling": place.coupling_id,
        "webshop": place.webshop_id,
        "objects": list(place.objects),
    }
