"""What is wrong with couplings now, which of it people know of already, and what they are still to be told."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from include.warehouse import due

_QUERIES = Path(__file__).parent / "queries"
_TROUBLES = ("troubles_of_pulls", "troubles_of_lives", "troubles_of_traffic")
# Any other name would be a column that somebody made up.
Channel = Literal["slack", "email"]


@dataclasses.dataclass(frozen=True)
class Limits:
    """From when on a pull without a landed page, a waiting event and an order that does not move are troubles."""

    stuck: timedelta = timedelta(minutes=30)
    backlog: timedelta = timedelta(minutes=5)
    pushing: timedelta = timedelta(hours=1)


@dataclasses.dataclass(frozen=True)
class Trouble:
    """Something wrong, as support reads it. `holds`: told already it is not over, but it is not to be told anew."""

    coupling_id: int | None
    coupling: str | None
    kind: str
    subject: str
    variant: str
    since: datetime
    error_class: str | None
    text: str
    acts: str
    next_step: str
    holds: bool

    @property
    def key(self) -> tuple[int, str, str]:
        """What it is about: of these there is one open alert at a time."""
        return self.coupling_id or 0, self.kind, self.subject


@dataclasses.dataclass(frozen=True)
class Alert:
    """A trouble that was seen before and is not over; `state` is that of its coupling's life."""

    id: int
    coupling_id: int | None
    coupling: str | None
    state: str | None
    kind: str
    subject: str
    variant: str
    since: datetime
    error_class: str | None
    text: str
    acts: str
    next_step: str

    @property
    def key(self) -> tuple[int, str, str]:
        """As of a trouble."""
        return self.coupling_id or 0, self.kind, self.subject


@dataclasses.dataclass(frozen=True)
class Message:
    """A change that a channel has not told yet."""

    id: int
    kind: str
    variant: str
    event: str
    line: str
    detail: str | None


def troubles(connection: psycopg.Connection, limits: Limits) -> list[Trouble]:
    """Return everything that is wrong now, by coupling, with three queries for all of them."""
    due.refresh(connection)
    values = dataclasses.asdict(limits)
    with connection.cursor(row_factory=class_row(Trouble)) as cursor:
        found = [row for name in _TROUBLES for row in cursor.execute(_query(name), values).fetchall()]
    return sorted(found, key=lambda one: (one.coupling or "", one.kind, one.subject))


@functools.cache
def _query(name: str) -> bytes:
    return (_QUERIES / f"{name}.sql").read_bytes()


def open_alerts(connection: psycopg.Connection) -> list[Alert]:
    """Return what was wrong when somebody looked last."""
    with connection.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute(
            "select a.id, a.coupling_id, c.name as coupling, case when c.active then l.state end as state, a.kind,"
            " a.subject, a.variant, a.since, a.error_class, a.text, a.acts, a.next_step from platform.alerts a"
            " left join platform.couplings c on c.id = a.coupling_id"
            " left join platform.coupling_life l on l.coupling_id = a.coupling_id"
            " where a.ended_at is null order by a.id"
        ).fetchall()


Line = tuple[str, str | None]
"""What a message says: its line, and what stands below it."""


def began(connection: psycopg.Connection, found: Sequence[tuple[Trouble, Line | None]]) -> None:
    """Open alerts; those without a line are told with another one."""
    rows = [
        dataclasses.asdict(one) | {"since": one.since.isoformat(), "line": line and line[0], "detail": line and line[1]}
        for one, line in found
    ]
    connection.execute(
        "with new as (select * from jsonb_to_recordset(%s) as n (coupling_id integer, kind text, subject text,"
        "  variant text, since timestamptz, error_class text, text text, acts text, next_step text, line text,"
        "  detail text)),"
        " opened as (insert into platform.alerts (coupling_id, kind, subject, variant, since, error_class, text, acts,"
        "  next_step) select coupling_id, kind, subject, variant, since, error_class, text, acts, next_step from new"
        "  returning *)"
        " insert into platform.alert_messages (alert_id, event, line, detail)"
        " select o.id, 'began', n.line, n.detail from opened o join new n on n.kind = o.kind and n.subject = o.subject"
        " and n.coupling_id is not distinct from o.coupling_id where n.line is not null order by o.id",
        [Jsonb(rows)],
    )


def refreshed(connection: psycopg.Connection, found: Sequence[tuple[int, Trouble, Line | None]]) -> None:
    """Write down how alerts read now; those with a line became something else, and are told."""
    rows = [
        dataclasses.asdict(one)
        | {"id": number, "since": one.since.isoformat(), "line": line and line[0], "detail": line and line[1]}
        for number, one, line in found
    ]
    connection.execute(
        "with new as (select * from jsonb_to_recordset(%s) as n (id bigint, variant text, error_class text, text text,"
        "  acts text, next_step text, line text, detail text)),"
        " here as (update platform.alerts a set variant = n.variant, error_class = n.error_class, text = n.text,"
        "  acts = n.acts, next_step = n.next_step from new n where n.id = a.id returning a.id)"
        " insert into platform.alert_messages (alert_id, event, line, detail)"
        " select n.id, 'changed', n.line, n.detail from here join new n using (id) where n.line is not null"
        " order by n.id",
        [Jsonb(rows)],
    )


def ended(connection: psycopg.Connection, found: Sequence[tuple[Alert, Line | None]]) -> None:
    """Close alerts; those without a line end without a word."""
    rows = [{"id": one.id, "line": line and line[0], "detail": line and line[1]} for one, line in found]
    connection.execute(
        "with new as (select * from jsonb_to_recordset(%s) as n (id bigint, line text, detail text)),"
        " here as (update platform.alerts a set ended_at = now() from new n where n.id = a.id returning a.id)"
        " insert into platform.alert_messages (alert_id, event, line, detail)"
        " select n.id, 'ended', n.line, n.detail from here join new n using (id) where n.line is not null"
        " order by n.id",
        [Jsonb(rows)],
    )


def untold(connection: psycopg.Connection, channel: Channel, most: int) -> list[Message]:
    """Return, held until the transaction ends, what a channel is to tell next, in its order."""
    with connection.cursor(row_factory=class_row(Message)) as cursor:
        query = (
            "select m.id, a.kind, a.variant, m.event, m.line, m.detail from platform.alert_messages m"
            f" join platform.alerts a on a.id = m.alert_id where m.{channel}_at is null order by m.id limit %s"
            " for update of m skip locked"
        )
        return cursor.execute(query.encode(), [most]).fetchall()


def told(connection: psycopg.Connection, channel: Channel, ids: Sequence[int]) -> None:
    """Write down that a channel took messages."""
    query = f"update platform.alert_messages set {channel}_at = now() where id = any(%s)"
    connection.execute(query.encode(), [list(ids)])


def nobody_to_tell(connection: psycopg.Connection, channel: Channel) -> int:
    """Let go what waits for a channel that is not set up; return how many."""
    query = f"update platform.alert_messages set {channel}_at = now() where {channel}_at is null"
    return connection.execute(query.encode()).rowcount


def waiting(connection: psycopg.Connection, channel: Channel) -> int:
    """Return how many messages a channel has not taken yet."""
    query = f"select count(*) from platform.alert_messages where {channel}_at is null"
    row: Any = connection.execute(query.encode()).fetchone()
    return int(row[0])


def measured(connection: psycopg.Connection, kinds: Sequence[str]) -> list[tuple[str, dict[str, str], float]]:
    """Return the platform's figures: name, tags, value; alerts of these kinds."""
    rows = connection.execute(_query("metrics"), {"kinds": list(kinds)}).fetchall()
    return [(name, tags, float(value)) for name, tags, value in rows]
