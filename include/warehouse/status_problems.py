"""What needs somebody, of all couplings at once."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row


@dataclasses.dataclass(frozen=True)
class Pile:
    """Records of a coupling that are set aside for one reason."""

    coupling: str
    title: str
    object: str
    field: str
    reason: str
    severity: str
    waiting: bool
    number: int
    since: datetime


@dataclasses.dataclass(frozen=True)
class Stuck:
    """Buy orders, webhook events or topics of a coupling that wait for a person, with the latest reason."""

    coupling: str
    title: str
    what: str
    number: int
    since: datetime
    reason: str | None
    next_step: str | None


@dataclasses.dataclass(frozen=True)
class Warned:
    """A trouble that the monitor sees now and no other list tells; coupling None: of several, or of none."""

    coupling: str | None
    title: str | None
    kind: str
    subject: str
    since: datetime
    text: str
    acts: str
    next_step: str


@dataclasses.dataclass(frozen=True)
class Problems:
    """All of it; lists are bounded, `aside_total` counts all records."""

    aside: list[Pile]
    aside_total: int
    stuck: list[Stuck]
    warned: list[Warned]


def problems(connection: psycopg.Connection, limit: int = 100) -> Problems:
    """Return what needs somebody, the largest piles first."""
    row = connection.execute(
        "select count(*) from platform.quarantine where resolved_at is null and severity = 'blocked'"
    ).fetchone()
    return Problems(
        aside=_rows(connection, Pile, _ASIDE, limit),
        aside_total=int(row[0]) if row else 0,
        stuck=_rows(connection, Stuck, _STUCK, limit),
        warned=_rows(connection, Warned, _WARNED, limit),
    )


def _rows(connection: psycopg.Connection, kind: type[Any], query: str, limit: int) -> list[Any]:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query.encode(), [limit]).fetchall()


_ASIDE = (
    "select c.name as coupling, c.title, q.object, q.field, q.reason, q.severity, q.waiting, q.number,"
    " q.since from (select coupling_id, object, field, reason, severity, waiting,"
    " count(*)::integer as number, min(first_seen_at) as since from platform.quarantine where resolved_at is null"
    " and severity = 'blocked' group by coupling_id, object, field, reason, severity, waiting"
    " order by number desc limit %s) q join platform.couplings c on c.id = q.coupling_id order by number desc"
)
_STUCK = (
    "select c.name as coupling, c.title, s.what, s.number, s.since, s.reason, s.next_step from ("
    " select coupling_id, 'buy orders that were ' || state as what, count(*)::integer as number,"
    "  min(changed_at) as since, (array_agg(error_text order by changed_at desc))[1] as reason,"
    "  (array_agg(next_step order by changed_at desc))[1] as next_step"
    "  from platform.push_orders where state in ('rejected', 'parked') group by coupling_id, state"
    " union all select coupling_id, 'webhook events set aside', count(*)::integer, min(received_at),"
    "  (array_agg(reason order by id desc))[1], 'Open the coupling and let them be worked on again.'"
    "  from platform.webhook_events where state = 'poison' group by coupling_id"
    " union all select coupling_id, 'webhook topics not registered', count(*)::integer, min(checked_at),"
    "  min(reason), min(next_step) from platform.webhook_registrations where state in ('failed', 'lost', 'disabled')"
    "  group by coupling_id"
    ") s join platform.couplings c on c.id = s.coupling_id order by s.since limit %s"
)
_WARNED = (
    "select c.name as coupling, c.title, a.kind, a.subject, a.since, a.text, a.acts, a.next_step"
    " from platform.alerts a left join platform.couplings c on c.id = a.coupling_id"
    " where a.ended_at is null and a.kind in ('stuck', 'backlog', 'pushing', 'quota') order by a.since limit %s"
)
