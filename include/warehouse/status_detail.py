"""All about one coupling that its page shows: what was done, limits, webhooks, orders out, and what is set aside."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from include.spec.tables import TABLES
from include.warehouse.registry import coupling_id
from include.warehouse.status import QUERIES


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation; the counts are None where they mean nothing."""

    kind: str
    object: str | None
    what: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    requests: int | None
    records: int | None
    new: int | None
    changed: int | None
    unchanged: int | None
    gone: int | None
    quarantined: int | None
    error_class: str | None
    error_text: str | None
    acts: str | None
    next_step: str | None
    remark: str | None
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    attempts: int | None

    @property
    def took(self) -> timedelta | None:
        """How long it took; None while it runs."""
        return self.finished_at - self.started_at if self.finished_at else None


@dataclasses.dataclass(frozen=True)
class Quota:
    """A limit that the coupling takes from; `mine` of `used` requests are its own."""

    window_name: str
    used: int
    most: int
    mine: int
    resets_at: datetime
    is_over: bool
    percent: int


@dataclasses.dataclass(frozen=True)
class Topic:
    """What a remote sends by itself, as the last look found it."""

    topic: str
    state: str
    checked_at: datetime | None
    repairs: int
    reason: str | None
    acts: str | None
    next_step: str | None


@dataclasses.dataclass(frozen=True)
class Inbox:
    """Webhook events that wait or are set aside."""

    is_registered: bool
    waiting: int
    oldest_at: datetime | None
    poison: int
    poison_reason: str | None


@dataclasses.dataclass(frozen=True)
class Order:
    """A buy order that is not done, with the reason."""

    number: str
    """Optiply's, or the remote's reference of one that Optiply never named."""
    placed_here: bool
    state: str
    remote_number: str | None
    changed_at: datetime
    attempts: int
    error_text: str | None
    acts: str | None
    next_step: str | None


@dataclasses.dataclass(frozen=True)
class Aside:
    """Records in quarantine for one reason; `id` names one of them, by which the group is found again."""

    id: int
    object: str
    field: str
    reason: str
    severity: str
    waiting: bool
    number: int
    since: datetime
    last_at: datetime
    examples: list[str]
    can_retry: bool


@dataclasses.dataclass(frozen=True)
class Warned:
    """A trouble that the monitor sees now and that the state does not tell: a pull that is stuck, a quota that ends."""

    kind: str
    subject: str
    since: datetime
    text: str
    acts: str
    next_step: str


@dataclasses.dataclass(frozen=True)
class Call:
    """A call that failed, as it was kept: redacted and cut."""

    at: datetime
    operation: str
    method: str
    address: str
    status: int | None
    body: str
    milliseconds: int | None
    error_class: str
    error_text: str


@dataclasses.dataclass(frozen=True)
class Detail:
    """All that the page of a coupling shows besides its status."""

    history: list[Operation]
    quotas: list[Quota]
    topics: list[Topic]
    inbox: Inbox
    orders: dict[str, int]
    stuck: list[Order]
    aside: list[Aside]
    warned: list[Warned]
    calls: list[Call]
    totals: dict[str, dict[str, Any]]
    """By object: the counts of its last finished pull."""


def detail(connection: psycopg.Connection, coupling: str, limit: int = 40) -> Detail:
    """Return all about a coupling; raises Misconfigured where there is none of that name."""
    number = coupling_id(connection, coupling).coupling_id
    return Detail(
        history=history(connection, number, limit),
        quotas=_rows(connection, Quota, _QUOTAS, coupling),
        topics=_rows(connection, Topic, _TOPICS, number),
        inbox=_rows(connection, Inbox, _INBOX, number)[0],
        orders=dict(connection.execute(_ORDERS, [number]).fetchall()),
        stuck=_rows(connection, Order, _STUCK, number),
        aside=aside(connection, number),
        warned=_rows(connection, Warned, _WARNED, coupling),
        calls=_rows(connection, Call, _CALLS, number),
        totals=_totals(connection, number),
    )


def history(connection: psycopg.Connection, coupling: int, limit: int) -> list[Operation]:
    """Return the latest operations of a coupling, newest first."""
    with connection.cursor(row_factory=class_row(Operation)) as cursor:
        query = (QUERIES / "history.sql").read_bytes()
        return cursor.execute(query, {"coupling": coupling, "limit": limit}).fetchall()


def aside(connection: psycopg.Connection, coupling: int | None, limit: int = 60) -> list[Aside]:
    """Return what is in quarantine, of one coupling or of all, grouped by reason; the largest groups first."""
    query = (
        "select min(id) as id, object, field, reason, severity, waiting, count(*)::integer as number,"
        " min(first_seen_at) as since, max(last_seen_at) as last_at,"
        " (array_agg(remote_id order by last_seen_at desc))[1:3] as examples,"
        " bool_or(root_key is not null) as can_retry"
        " from platform.quarantine where resolved_at is null and (%(coupling)s::integer is null"
        " or coupling_id = %(coupling)s) group by object, field, reason, severity, waiting"
        " order by severity, number desc, object limit %(limit)s"
    )
    with connection.cursor(row_factory=class_row(Aside)) as cursor:
        return cursor.execute(query, {"coupling": coupling, "limit": limit}).fetchall()


def _totals(connection: psycopg.Connection, coupling: int) -> dict[str, dict[str, Any]]:
    query = (
        "select o.object, p.mode, p.finished_at, sum(s.records)::bigint as records, sum(s.new)::bigint as new,"
        " sum(s.changed)::bigint as changed, sum(s.unchanged)::bigint as unchanged, sum(s.gone)::bigint as gone,"
        " sum(s.quarantined)::bigint as quarantined from platform.object_pulls o"
        " join lateral (select * from platform.pulls p where p.coupling_id = o.coupling_id and p.object = o.object"
        "  and p.outcome = 'succeeded' and p.mode in ('changed', 'all') order by p.started_at desc limit 1) p on true"
        " left join platform.pull_streams s on s.pull_id = p.id where o.coupling_id = %s"
        " group by o.object, p.mode, p.finished_at"
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return {row["object"]: row for row in cursor.execute(query, [coupling]) if row["object"] in TABLES}


def _rows(connection: psycopg.Connection, kind: type[Any], query: str, value: object) -> list[Any]:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query.encode(), [value]).fetchall()


_QUOTAS = (
    "select b.window_name, ceil(b.used)::integer as used, coalesce(b.allowed, b.capacity) as most,"
    " ceil(s.used)::integer as mine, b.resets_at, b.resets_at <= now() as is_over,"
    " least(100, (100 * b.used / nullif(coalesce(b.allowed, b.capacity), 0)))::integer as percent"
    " from platform.budget_shares s join platform.budgets b on b.scope = s.scope and b.window_name = s.window_name"
    " where s.claimant = %s order by b.period, b.window_name"
)
# Not the address: it holds the token that opens the receiver.
_TOPICS = (
    "select topic, state, checked_at, repairs, reason, acts, next_step from platform.webhook_registrations"
    " where coupling_id = %s order by state = 'registered', topic"
)
_INBOX = (
    "select coalesce(bool_or(e.is_active), false) as is_registered,"
    " (select count(*) from platform.webhook_events w where w.coupling_id = c.id and w.state = 'waiting')::integer"
    "  as waiting,"
    " (select min(received_at) from platform.webhook_events w where w.coupling_id = c.id and w.state = 'waiting')"
    "  as oldest_at,"
    " (select count(*) from platform.webhook_events w where w.coupling_id = c.id and w.state = 'poison')::integer"
    "  as poison,"
    " (select reason from platform.webhook_events w where w.coupling_id = c.id and w.state = 'poison'"
    "  order by id desc limit 1) as poison_reason"
    " from platform.couplings c left join platform.webhook_endpoints e on e.coupling_id = c.id where c.id = %s"
    " group by c.id"
)
_ORDERS = "select state, count(*)::integer from platform.push_orders where coupling_id = %s group by state"
_STUCK = (
    "select coalesce(b.optiply_id::text, p.reference) as number, b.optiply_id is not null as placed_here, p.state,"
    " p.remote_number, p.changed_at, p.attempts,"
    " p.error_text, p.acts, p.next_step from platform.push_orders p join optiply.buy_orders b on b.id = p.buy_order_id"
    " where p.coupling_id = %s and p.state in ('rejected', 'parked', 'unknown') order by p.changed_at desc limit 30"
)
# A quota belongs to all couplings that take from it.
_WARNED = (
    "select a.kind, a.subject, a.since, a.text, a.acts, a.next_step from platform.alerts a"
    " join platform.couplings c on c.name = %s where a.ended_at is null"
    " and (a.coupling_id = c.id and a.kind in ('stuck', 'backlog', 'pushing') or a.kind = 'quota' and exists ("
    "  select from platform.budget_shares s where s.claimant = c.name"
    "  and a.subject = concat(s.window_name, ' of ', s.scope))) order by a.since"
)
_CALLS = (
    "select at, operation, method, address, status, body, milliseconds, error_class, error_text"
    " from platform.http_details where coupling_id = %s order by id desc limit 20"
)
