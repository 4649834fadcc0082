"""The ledger of buy orders out as people see it and answer it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from include.warehouse.push_ledger import Outcome


@dataclasses.dataclass(frozen=True)
class Listed:
    """An order as a list shows it."""

    coupling: str
    number: int | None
    reference: str
    state: str
    remote_id: str | None
    remote_number: str | None
    attempts: int
    changed_at: datetime
    waits_until: datetime | None
    is_whole: bool
    error_class: str | None
    error_text: str | None
    acts: str | None
    next_step: str | None
    decided_by: str | None
    id: int

    def lines(self) -> list[str]:
        """Return what support reads."""
        remote = f" = {self.remote_number or self.remote_id}" if self.remote_id else ""
        state = self.state if self.is_whole else "waiting for its lines: they do not add up to its total_value"
        until = f" until {self.waits_until:%H:%M:%S} UTC" if self.waits_until and self.state != "sent" else ""
        said = [
            f"{self.changed_at:%Y-%m-%d %H:%M}  {self.coupling:<28} {self.number or '-':>10}  {state}{until}"
            f"  ({self.reference}{remote}, {self.attempts} tries)"
        ]
        if self.error_text:
            said += [f"    {self.error_class}: {self.error_text}", f"    {self.acts} acts: {self.next_step}"]
        return said + ([f"    {self.decided_by}"] if self.decided_by else [])


_LISTED = (
    "select c.name as coupling, o.optiply_id as number, p.reference, p.state, p.remote_id, p.remote_number, p.attempts,"
    " p.changed_at, p.waits_until, p.error_class, p.error_text, p.acts, p.next_step, p.decided_by, p.id,"
    " (p.state <> 'waiting' or o.deleted_at is not null or coalesce(o.total_value = (select sum(l.subtotal_value)"
    " from optiply.buy_order_lines l where l.buy_order_id = o.id and l.deleted_at is null), false)) as is_whole"
    " from platform.push_orders p join platform.couplings c on c.id = p.coupling_id"
    " join optiply.buy_orders o on o.id = p.buy_order_id"
)


def listed(connection: psycopg.Connection, coupling: str | None, *, done: bool, limit: int = 200) -> list[Listed]:
    """Return the orders that are not done, the oldest first; with `done` the latest of all."""
    query = (
        f"{_LISTED} where c.name = coalesce(%(coupling)s, c.name) order by p.changed_at desc limit %(limit)s"
        if done
        else f"{_LISTED} where c.name = coalesce(%(coupling)s, c.name)"
        " and (p.state in ('waiting', 'sending', 'unknown') or p.state in ('rejected', 'parked'))"
        " order by p.id limit %(limit)s"
    )
    with connection.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(query.encode(), {"coupling": coupling, "limit": limit}).fetchall()


def shown(connection: psycopg.Connection, number: str) -> tuple[Listed | None, list[dict[str, Any]]]:
    """Return an order by Optiply's number, with its steps."""
    with connection.cursor(row_factory=class_row(Listed)) as cursor:
        found = cursor.execute(f"{_LISTED} where o.optiply_id::text = %s".encode(), [number]).fetchone()
    with connection.cursor(row_factory=dict_row) as rows:
        taken = rows.execute(
            "select number, version, step, intended_at, finished_at, outcome, kind, status, words, remote_id,"
            " body::text as body from platform.push_steps where push_order_id = %s order by number",
            [found.id if found else 0],
        ).fetchall()
    return found, taken


def of_number(connection: psycopg.Connection, coupling_id: int, number: str) -> int | None:
    """Return the ledger's row of Optiply's number."""
    row = connection.execute(
        "select p.id from platform.push_orders p join optiply.buy_orders o on o.id = p.buy_order_id"
        " where p.coupling_id = %s and o.optiply_id::text = %s",
        [coupling_id, number],
    ).fetchone()
    return row[0] if row else None


def in_state(
    connection: psycopg.Connection, coupling_id: int, state: str, among: Sequence[str] | None = None
) -> list[str]:
    """Return Optiply's numbers of the coupling's orders in a state, of those `among` some where given."""
    rows = connection.execute(
        "select o.optiply_id::text from platform.push_orders p join optiply.buy_orders o on o.id = p.buy_order_id"
        " where p.coupling_id = %(coupling)s and p.state = %(state)s"
        " and (%(among)s::text[] is null or o.optiply_id::text = any(%(among)s::text[])) order by p.id",
        {"coupling": coupling_id, "state": state, "among": None if among is None else list(among)},
    ).fetchall()
    return [row[0] for row in rows]


def stuck(connection: psycopg.Connection, coupling_id: int) -> int:
    """Return how many orders of the coupling wait for a person."""
    row = connection.execute(
        "select count(*) from platform.push_orders where coupling_id = %s and state in ('rejected', 'parked')",
        [coupling_id],
    ).fetchone()
    return int(row[0]) if row else 0


def close_open_steps(connection: psycopg.Connection, order_id: int, outcome: Outcome) -> None:
    """Write what a person says of the calls of which nobody knew."""
    connection.execute(
        "update platform.push_steps set outcome = %s, words = %s, remote_id = %s, finished_at = clock_timestamp()"
        " where push_order_id = %s and (outcome is null or outcome = 'unknown')",
        [outcome.outcome, outcome.words, outcome.remote_id, order_id],
    )


def decide(connection: psycopg.Connection, order_id: int, state: str | None, by: str, *, wish: bool) -> None:
    """Write down who decided what, and the state it leads to; `wish`: what was let go is wanted again."""
    connection.execute(
        "update platform.push_orders set state = coalesce(%s, state), decided_by = %s, changed_at = now(),"
        " wanted_version = wanted_version + %s::int, waits_until = null,"
        " error_class = null, error_text = null, acts = null, next_step = null where id = %s",
        [state, by, int(wish), order_id],
    )
