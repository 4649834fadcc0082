"""The ledger of buy orders out: an order is taken by one worker, each call is written down before it is made."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from include.contract.errors import PlatformBug, Reason

# Half an order is never sent: its lines have to add up to what it says it is worth.
_IS_WHOLE = (
    "(o.deleted_at is not null or o.total_value = (select sum(l.subtotal_value) from optiply.buy_order_lines l"
    " where l.buy_order_id = o.id and l.deleted_at is null))"
)
# For the triggers on Optiply's tables: what the push writes there is no wish of Optiply.
_AS_PLATFORM = "select set_config('optiply.writer', 'platform', true)"


@dataclasses.dataclass(frozen=True)
class Order:
    """A row of the ledger, as it was when it was read; `sent` is JSON."""

    id: int
    webshop_id: int
    coupling_id: int
    buy_order_id: int
    reference: str
    state: str
    wanted_version: int
    sent_version: int
    remote_id: str | None
    remote_number: str | None
    kind: str | None
    found_by: str | None
    sent: str | None


@dataclasses.dataclass(frozen=True)
class Step:
    """A call that was written down; without an outcome it runs, or its process died."""

    id: int
    number: int
    version: int
    step: str
    buy_order_line_id: int | None
    intended_at: datetime
    finished_at: datetime | None
    absent_at: datetime | None
    outcome: str | None
    kind: str | None

    @property
    def is_open(self) -> bool:
        """Whether nobody knows what became of it."""
        return self.outcome in (None, "unknown")


@dataclasses.dataclass(frozen=True)
class Intent:
    """A call about to be made; `body` is JSON."""

    step: str
    body: str | None = None
    line_id: int | None = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a call, in redacted words."""

    outcome: str
    kind: str | None = None
    status: int | None = None
    words: str | None = None
    remote_id: str | None = None


def due(connection: psycopg.Connection, coupling_id: int, seen: Sequence[int], only: Sequence[str]) -> list[int]:
    """Return orders to look at now, oldest first, without those `seen`; of the Optiply numbers `only` where given."""
    rows = connection.execute(
        "select p.id from platform.push_orders p join optiply.buy_orders o on o.id = p.buy_order_id"
        " where p.coupling_id = %(coupling)s and p.state in ('waiting', 'sending', 'unknown')"
        " and (p.waits_until is null or p.waits_until <= clock_timestamp()) and p.id <> all(%(seen)s::bigint[])"
        " and (cardinality(%(only)s::text[]) = 0 or o.optiply_id::text = any(%(only)s::text[]))"
        f" and {_IS_WHOLE} order by p.id limit 32",
        {"coupling": coupling_id, "seen": list(seen), "only": list(only)},
    ).fetchall()
    return [row[0] for row in rows]


def next_look(connection: psycopg.Connection, coupling_id: int) -> datetime | None:
    """Return when the next order of the coupling that waits for a time is due."""
    row = connection.execute(
        "select min(waits_until) from platform.push_orders"
        " where coupling_id = %s and state in ('waiting', 'sending', 'unknown') and waits_until > clock_timestamp()",
        [coupling_id],
    ).fetchone()
    return row[0] if row else None


@contextlib.contextmanager
def locked(connection: psycopg.Connection, order_id: int) -> Iterator[bool]:
    """Hold an order's lock on this connection; yields whether it was free. It goes with the connection."""
    values = ["push order", order_id]
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, %s))", values).fetchone()
    free = bool(row and row[0])
    try:
        yield free
    finally:
        if free and not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(hashtextextended(%s, %s))", values)


def take(connection: psycopg.Connection, order_id: int) -> Order | None:
    """Mark an order as being sent and return it; None where another worker settled it meanwhile. Call with its lock."""
    connection.execute(
        "update platform.push_orders set state = 'sending', attempts = attempts + 1, changed_at = now()"
        " where id = %s and state in ('waiting', 'sending', 'unknown')"
        " and (waits_until is null or waits_until <= clock_timestamp())",
        [order_id],
    )
    order = load(connection, order_id)
    return order if order.state == "sending" else None


def load(connection: psycopg.Connection, order_id: int) -> Order:
    """Return an order of the ledger."""
    with connection.cursor(row_factory=class_row(Order)) as cursor:
        row = cursor.execute(
            "select id, webshop_id, coupling_id, buy_order_id, reference, state, wanted_version, sent_version,"
            " remote_id, remote_number, kind, found_by, sent::text as sent from platform.push_orders where id = %s",
            [order_id],
        ).fetchone()
    if row is None:
        raise PlatformBug(f"order {order_id} is not in the ledger")
    return row


def steps(connection: psycopg.Connection, order_id: int) -> list[Step]:
    """Return every step of an order, in their order."""
    columns = ", ".join(field.name for field in dataclasses.fields(Step))
    with connection.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(
            f"select {columns} from platform.push_steps where push_order_id = %s order by number", [order_id]
        ).fetchall()


def intend(connection: psycopg.Connection, order: Order, intent: Intent) -> int:
    """Write down that a call is about to be made; return the step's id. The call may be made once it is committed."""
    row = connection.execute(
        "insert into platform.push_steps (push_order_id, number, version, step, buy_order_line_id, body)"
        " select %(order)s, coalesce(max(number), 0) + 1, %(version)s, %(step)s, %(line)s, %(body)s::jsonb"
        " from platform.push_steps where push_order_id = %(order)s returning id",
        {"order": order.id, "version": order.wanted_version, "step": intent.step, "line": intent.line_id,
         "body": intent.body},
    ).fetchone()  # fmt: skip
    assert row is not None, "an insert with returning gives a row"
    return int(row[0])


def refer(connection: psycopg.Connection, order: Order, reference: str, kind: str, found_by: str) -> None:
    """Fix how the order is made, the text that is to stand in the remote's record, and where; settings may change."""
    connection.execute(
        "update platform.push_orders set reference = %s, kind = %s, found_by = %s where id = %s",
        [reference, kind, found_by, order.id],
    )


def intend_order(
    connection: psycopg.Connection, order: Order, body: str | None, header: str, lines: Sequence[tuple[int, str]]
) -> int:
    """Write down that the order is about to be made, with what the remote is told of header and lines."""
    with connection.transaction():
        tell_header(connection, order, header)
        connection.execute("delete from platform.push_lines where push_order_id = %s", [order.id])
        for line_id, sent in lines:
            tell_line(connection, order, line_id, sent)
        return intend(connection, order, Intent("create", body))


def finish(connection: psycopg.Connection, step_id: int, outcome: Outcome) -> None:
    """Write down what became of a call."""
    connection.execute(
        "update platform.push_steps set outcome = %s, kind = coalesce(%s, kind), status = coalesce(%s, status),"
        " words = coalesce(%s, words), remote_id = coalesce(%s, remote_id), finished_at = clock_timestamp()"
        " where id = %s",
        [*dataclasses.astuple(outcome), step_id],
    )


def absent(connection: psycopg.Connection, step_id: int) -> tuple[datetime, datetime]:
    """Write down that the remote does not have it yet; return when that was seen first, and what time it is now."""
    row = connection.execute(
        "update platform.push_steps set absent_at = coalesce(absent_at, clock_timestamp()),"
        " kind = coalesce(kind, 'crash') where id = %s returning absent_at, clock_timestamp()",
        [step_id],
    ).fetchone()
    assert row is not None, "the step was read before"
    return row[0], row[1]


def made(
    connection: psycopg.Connection, order: Order, step_id: int | None, outcome: Outcome, number: str | None
) -> None:
    """Write the remote's id into ledger and Optiply's row, with the step's outcome: both or neither."""
    with connection.transaction():
        if step_id is not None:
            finish(connection, step_id, outcome)
        connection.execute(
            "update platform.push_orders set remote_id = %s, remote_number = %s, confirmed_at = now() where id = %s",
            [outcome.remote_id, number, order.id],
        )
        connection.execute(_AS_PLATFORM)
        connection.execute(
            "update optiply.buy_orders set remote_id = %s where id = %s and remote_id is distinct from %s",
            [outcome.remote_id, order.buy_order_id, outcome.remote_id],
        )


def owner_of(connection: psycopg.Connection, order: Order, remote_id: str) -> str | None:
    """Return the reference of another order of the ledger that has this remote id."""
    row = connection.execute(
        "select reference from platform.push_orders where coupling_id = %s and remote_id = %s and id <> %s",
        [order.coupling_id, remote_id, order.id],
    ).fetchone()
    return row[0] if row else None


def told_lines(connection: psycopg.Connection, order: Order) -> dict[int, tuple[str | None, str]]:
    """Return what the remote was told of each line: its id there, and JSON."""
    rows = connection.execute(
        "select buy_order_line_id, remote_id, sent::text from platform.push_lines where push_order_id = %s", [order.id]
    ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def tell_line(connection: psycopg.Connection, order: Order, line_id: int, sent: str) -> None:
    """Keep what the remote is told of a line."""
    connection.execute(
        "insert into platform.push_lines (push_order_id, buy_order_line_id, sent) values (%s, %s, %s::jsonb)"
        " on conflict (push_order_id, buy_order_line_id) do update set sent = excluded.sent",
        [order.id, line_id, sent],
    )


def tell_header(connection: psycopg.Connection, order: Order, sent: str) -> None:
    """Keep what the remote is told of the header."""
    connection.execute("update platform.push_orders set sent = %s::jsonb where id = %s", [sent, order.id])


def forget_line(connection: psycopg.Connection, order: Order, line_id: int) -> None:
    """Forget a line that the remote has no more."""
    connection.execute(
        "delete from platform.push_lines where push_order_id = %s and buy_order_line_id = %s", [order.id, line_id]
    )


def name_line(connection: psycopg.Connection, order: Order, line_ids: Sequence[int], remote_id: str) -> None:
    """Write a line's remote id into ledger and Optiply's row; of lines that were merged the first row gets it."""
    connection.execute(
        "update platform.push_lines set remote_id = %s where push_order_id = %s and buy_order_line_id = any(%s)",
        [remote_id, order.id, list(line_ids)],
    )
    connection.execute(_AS_PLATFORM)
    connection.execute(
        "update optiply.buy_order_lines set remote_id = %s where id = %s and remote_id is distinct from %s",
        [remote_id, line_ids[0], remote_id],
    )


def settle(
    connection: psycopg.Connection, order: Order, state: str, reason: Reason | None, waits_until: datetime | None
) -> None:
    """Write down how an order stands; a wish that came meanwhile keeps it waiting. What is done becomes news.

    The remote's record may have been landed while the wish was unsent, when its word did not count.
    """
    words = dataclasses.astuple(reason) if reason is not None else (None, None, None, None)
    done = state in ("sent", "cancelled")
    with connection.transaction():
        connection.execute(
            "update platform.push_orders set"
            " state = case when wanted_version > %(version)s then 'waiting' else %(state)s end,"
            " sent_version = case when %(done)s then greatest(sent_version, %(version)s) else sent_version end,"
            " confirmed_at = case when %(done)s then now() else confirmed_at end,"
            " waits_until = case when wanted_version > %(version)s then null else %(until)s::timestamptz end,"
            " changed_at = now(),"
            " error_class = %(class)s, error_text = %(text)s, acts = %(acts)s, next_step = %(next)s"
            " where id = %(order)s",
            {"version": order.wanted_version, "state": state, "done": done, "until": waits_until, "order": order.id,
             "class": words[0], "text": words[1], "acts": words[2], "next": words[3]},
        )  # fmt: skip
        if done:
            connection.execute(
                "insert into platform.news (webshop_id, coupling_id, object, root_key)"
                " select webshop_id, coupling_id, 'buy_orders', remote_id from platform.push_orders"
                " where id = %s and remote_id is not null",
                [order.id],
            )
