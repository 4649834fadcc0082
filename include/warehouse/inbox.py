"""The inbox of webhook events: put in, taken up in the order of arrival, done, postponed or set aside."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from include.contract.errors import Misconfigured

_LOCK = 7_301_017
# One statement for any number of events. The columns are arrays; a row that stands twice in them goes in once.
INSERT = (
    "insert into platform.webhook_events (coupling_id, source, topic, object, stream, remote_id, follow_up, says_gone,"
    " happened_at, dedup, record, body, state, reason) select * from unnest(%s::integer[], %s::text[], %s::text[],"
    " %s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[], %b::bytea[], %b::bytea[],"
    " %b::bytea[], %s::text[], %s::text[]) on conflict (coupling_id, dedup) do nothing returning coupling_id, dedup"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Arrived:
    """An event as it goes into the inbox; one that nobody can read arrives as poison, with the reason."""

    coupling_id: int
    topic: str
    dedup: bytes
    body: bytes
    source: str = "webhook"
    object: str | None = None
    stream: str | None = None
    remote_id: str | None = None
    follow_up: str = "single"
    says_gone: bool = False
    happened_at: datetime | None = None
    record: bytes | None = None
    state: str = "waiting"
    reason: str | None = None


_COLUMNS = ("coupling_id", "source", "topic", "object", "stream", "remote_id", "follow_up", "says_gone", "happened_at",
            "dedup", "record", "body", "state", "reason")  # fmt: skip
_RECORD = _COLUMNS.index("record")


def columns_of(events: Sequence[Arrived]) -> list[list[Any]]:
    """Return the values of INSERT; a record that is the whole body is not kept twice."""
    columns = [[getattr(event, name) for event in events] for name in _COLUMNS]
    columns[_RECORD] = [b"" if event.record == event.body else event.record for event in events]
    return columns


def put(connection: psycopg.Connection, events: Sequence[Arrived]) -> int:
    """Put events into the inbox; return how many of them were not in there yet."""
    return len(connection.execute(INSERT, columns_of(events)).fetchall())


@dataclasses.dataclass(frozen=True)
class Waiting:
    """An event that is to be worked on."""

    id: int
    object: str | None
    stream: str | None
    remote_id: str | None
    follow_up: str
    says_gone: bool
    record: bytes | None
    attempts: int


@contextlib.contextmanager
def locked(connection: psycopg.Connection) -> Iterator[bool]:
    """Hold the lock of the one who empties the inbox, on this connection; yields whether it was free."""
    row = connection.execute("select pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
    free = bool(row and row[0])
    try:
        yield free
    finally:
        if free and not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(%s)", [_LOCK])


# Events that may be worked on now.
_DUE = (
    " from platform.webhook_events e where e.state = 'waiting' and (e.waits_until is null or e.waits_until <= now())"
    " and not exists (select from platform.webhook_pauses p where p.coupling_id = e.coupling_id and p.until > now())"
)
# Whether there is something to do, whether somebody does it, and when somebody last began to. A lock's number below
# 2^32 stands in objid alone.
IS_CALLED_FOR = (
    "select exists (select" + _DUE + "), exists (select from pg_locks where locktype = 'advisory' and granted"
    f" and classid = 0 and objid = {_LOCK} and objsubid = 1"
    " and database = (select oid from pg_database where datname = current_database())),"
    " (select value #>> '{}' from platform.facts where name = 'inbox_worked_on')"
)


def begin(connection: psycopg.Connection) -> None:
    """Note that somebody looks at the inbox now."""
    connection.execute(
        "insert into platform.facts (name, value) values ('inbox_worked_on', to_jsonb(clock_timestamp()))"
        " on conflict (name) do update set value = excluded.value"
    )


def couplings(connection: psycopg.Connection, without: Sequence[str] = ()) -> list[str]:
    """Return the couplings with events that may be worked on now, the longest waiting first.

    The events of couplings that are stopped wait until these go on.
    """
    rows = connection.execute(
        "select c.name from platform.couplings c join platform.coupling_life l on l.coupling_id = c.id"
        " and l.state not in ('paused', 'needs_auth', 'inactive') join (select e.coupling_id, min(e.id) as first" + _DUE
        + " group by e.coupling_id) due on due.coupling_id = c.id where not c.name = any(%s) order by due.first",
        [list(without)],
    )  # fmt: skip
    return [str(name) for (name,) in rows]


def pause(connection: psycopg.Connection, coupling: str, least: timedelta, most: timedelta, reason: str) -> None:
    """Leave a coupling alone with all its events: for `least`, twice as long each time, for `most` in the end."""
    connection.execute(
        "insert into platform.webhook_pauses as p (coupling_id, until, reason)"
        " select id, now() + %(least)s, %(reason)s from platform.couplings where name = %(coupling)s"
        " on conflict (coupling_id) do update set times = p.times + 1, reason = excluded.reason,"
        " until = now() + least(%(least)s * (2 ^ least(p.times, 20)), %(most)s)",
        {"coupling": coupling, "least": least, "most": most, "reason": reason},
    )


def resume(connection: psycopg.Connection, coupling_id: int) -> None:
    """End a coupling's pause: its remote has answered."""
    connection.execute("delete from platform.webhook_pauses where coupling_id = %s", [coupling_id])


def waiting(connection: psycopg.Connection, coupling_id: int, full: int, thin: int) -> list[Waiting]:
    """Return a coupling's events that may be worked on now: those never tried first, then by arrival.

    At most `full` that bring their record, and `thin` that only name it: of those, many become one call.
    """
    query = (
        "select id, object, stream, remote_id, follow_up, says_gone, attempts,"
        " case when record = '' then body else record end as record from platform.webhook_events"
        " where coupling_id = %(coupling)s and state = 'waiting' and (waits_until is null or waits_until <= now())"
    )
    with connection.cursor(row_factory=class_row(Waiting)) as rows:
        return rows.execute(
            f"({query} and record is not null order by attempts, id limit %(full)s) union all"
            f" ({query} and record is null order by attempts, id limit %(thin)s)",
            {"coupling": coupling_id, "full": full, "thin": thin},
        ).fetchall()


def done(connection: psycopg.Connection, ids: Sequence[int], pull_id: int | None, reason: str | None = None) -> None:
    """Mark events as done by a pull, or by nothing with a reason."""
    connection.execute(
        "update platform.webhook_events set state = 'done', done_at = now(), pull_id = %s, reason = %s, record = null,"
        " waits_until = null where id = any(%s)",
        [pull_id, reason, list(ids)],
    )


def without_record(connection: psycopg.Connection, ids: Sequence[int]) -> None:
    """Let events be followed up by their id: what they bring does not say whether it is newer than what is known."""
    connection.execute("update platform.webhook_events set record = null where id = any(%s)", [list(ids)])


def postpone(connection: psycopg.Connection, ids: Sequence[int], wait: timedelta, reason: str, *, tried: bool) -> None:
    """Let events wait; `tried` counts a try of theirs."""
    connection.execute(
        "update platform.webhook_events set waits_until = now() + %s, reason = %s, attempts = attempts + %s"
        " where id = any(%s)",
        [wait, reason, int(tried), list(ids)],
    )


def set_aside(connection: psycopg.Connection, ids: Sequence[int], reason: str) -> None:
    """Set events aside as poison: a person looks at them and replays them."""
    connection.execute(
        "update platform.webhook_events set state = 'poison', reason = %s, attempts = attempts + 1, waits_until = null"
        " where id = any(%s)",
        [reason, list(ids)],
    )


def replay(connection: psycopg.Connection, coupling: str | None, ids: Sequence[int]) -> int:
    """Let events wait again as if they had just come: those with the ids, or all poison; return how many."""
    if not ids and coupling is None:
        raise Misconfigured("nothing says what to replay", next_step="Name a coupling, or the numbers of events.")
    return connection.execute(
        "update platform.webhook_events e set state = 'waiting', attempts = 0, waits_until = null, reason = null,"
        " done_at = null from platform.couplings c where c.id = e.coupling_id"
        " and (%(coupling)s::text is null or c.name = %(coupling)s) and (e.id = any(%(ids)s)"
        "  or (cardinality(%(ids)s::bigint[]) = 0 and e.state = 'poison')) and e.object is not null",
        {"coupling": coupling, "ids": list(ids)},
    ).rowcount


@dataclasses.dataclass(frozen=True)
class Backlog:
    """What waits of a coupling, for how many seconds the oldest of it, what was set aside, and why it is paused."""

    coupling: str
    waiting: int
    oldest_seconds: float
    poison: int
    pause: str | None = None


def backlog(connection: psycopg.Connection) -> list[Backlog]:
    """Return what is not done, per coupling that has an address or events."""
    with connection.cursor(row_factory=class_row(Backlog)) as rows:
        return rows.execute(
            "select c.name as coupling, count(*) filter (where e.state = 'waiting') as waiting,"
            " coalesce(extract(epoch from now() - min(e.received_at) filter (where e.state = 'waiting')), 0)::float8"
            " as oldest_seconds, count(*) filter (where e.state = 'poison') as poison,"
            " (select p.reason from platform.webhook_pauses p where p.coupling_id = c.id and p.until > now()) as pause"
            " from platform.couplings c left join platform.webhook_events e"
            " on e.coupling_id = c.id and e.state in ('waiting', 'poison')"
            " where e.id is not null or exists (select from platform.webhook_endpoints p where p.coupling_id = c.id)"
            " group by c.id order by c.name"
        ).fetchall()


def latest(connection: psycopg.Connection, coupling: str | None, state: str | None, limit: int) -> list[dict[str, Any]]:
    """Return the latest events, newest first."""
    with connection.cursor(row_factory=dict_row) as rows:
        return rows.execute(
            "select e.id, c.name as coupling, e.source, e.topic, e.object, e.remote_id, e.received_at, e.state,"
            " e.attempts, e.waits_until, e.reason, e.pull_id, e.done_at from platform.webhook_events e"
            " join platform.couplings c on c.id = e.coupling_id"
            " where (%(coupling)s::text is null or c.name = %(coupling)s)"
            " and (%(state)s::text is null or e.state = %(state)s) order by e.id desc limit %(limit)s",
            {"coupling": coupling, "state": state, "limit": limit},
        ).fetchall()
