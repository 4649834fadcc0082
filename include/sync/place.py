"""Place, change and cancel a buy order of Optiply, and say how far one is: what the database decides, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg.errors import CheckViolation
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from include.contract.errors import SUPPORT, AskPerson
from include.warehouse.connection import Connect, warehouse_faults


class OrderRefused(AskPerson):
    """The order cannot be sent as it was given. `field` names what is wrong, e.g. `lines[0].quantity`."""

    error_class = "bad request"
    acts = SUPPORT

    def __init__(self, field: str, what: str, next_step: str) -> None:
        super().__init__(what, next_step=next_step)
        self.field = field


@dataclasses.dataclass(frozen=True)
class Step:
    """A call to the remote: what was to be done, when, and what became of it in the remote's words."""

    step: str
    intended_at: datetime
    finished_at: datetime | None
    outcome: str | None
    status: int | None
    words: str | None


@dataclasses.dataclass(frozen=True)
class OrderState:
    """How far an order is with the remote; `is_whole`: its total is the sum of its lines, so that it may be sent."""

    webshop: str
    coupling: str
    optiply_id: int
    buy_order_id: int
    state: str
    is_sent: bool
    is_whole: bool
    remote_id: str | None
    remote_number: str | None
    reference: str
    wanted_version: int
    sent_version: int
    error_class: str | None
    error_text: str | None
    acts: str | None
    next_step: str | None
    waits_until: datetime | None
    confirmed_at: datetime | None
    completed: datetime | None
    cancelled: datetime | None


_STATE = """
    select webshops.name as webshop, couplings.name as coupling, orders.optiply_id, orders.id as buy_order_id,
        pushed.state, pushed.wanted_version = pushed.sent_version as is_sent,
        orders.total_value = coalesce((
            select sum(line.subtotal_value) from optiply.buy_order_lines as line
            where line.buy_order_id = orders.id and line.deleted_at is null
        ), -1) as is_whole,
        coalesce(pushed.remote_id, orders.remote_id) as remote_id, pushed.remote_number, pushed.reference,
        pushed.wanted_version, pushed.sent_version, pushed.error_class, pushed.error_text, pushed.acts,
        pushed.next_step, pushed.waits_until, pushed.confirmed_at, orders.completed, orders.deleted_at as cancelled
    from optiply.buy_orders as orders
    inner join platform.push_orders as pushed on pushed.buy_order_id = orders.id
    inner join platform.webshops on webshops.id = orders.webshop_id
    inner join platform.couplings on couplings.id = orders.coupling_id
    where orders.optiply_id = %s
"""


def place(connect: Connect, webshop: str, document: Mapping[str, Any]) -> int:
    """Place the order that a document describes, or change it to that; return its id in optiply.buy_orders.

    The same document again changes nothing. Raises OrderRefused, WarehouseDown or PlatformBug.
    """
    return _call(connect, "select platform.place_buy_order(%s, %s)", webshop, Jsonb(dict(document)))


def cancel(connect: Connect, webshop: str, optiply_id: int) -> int:
    """Cancel an order; return its id. Raises OrderRefused, WarehouseDown or PlatformBug."""
    return _call(connect, "select platform.cancel_buy_order(%s, %s)", webshop, optiply_id)


def state_of(connect: Connect, optiply_id: int) -> OrderState | None:
    """Return how far an order is, or None when Optiply placed none with this number."""
    with warehouse_faults("reading an order's state"), connect() as connection:
        rows = connection.cursor(row_factory=class_row(OrderState))
        return rows.execute(_STATE, [optiply_id]).fetchone()


def steps_of(connect: Connect, optiply_id: int) -> list[Step]:
    """Return the calls that were made for an order, the first one first."""
    query = (
        "select s.step, s.intended_at, s.finished_at, s.outcome, s.status, s.words from platform.push_steps s"
        " join platform.push_orders p on p.id = s.push_order_id join optiply.buy_orders o on o.id = p.buy_order_id"
        " where o.optiply_id = %s order by s.number"
    )
    with warehouse_faults("reading an order's steps"), connect() as connection:
        rows = connection.cursor(row_factory=class_row(Step))
        return rows.execute(query, [optiply_id]).fetchall()


def _call(connect: Connect, query: str, *values: Any) -> int:
    with warehouse_faults("placing an order"), _refusals(), connect() as connection:
        row = connection.execute(query, values).fetchone()
    assert row is not None, "a function call gives a row"
    return int(row[0])


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except CheckViolation as error:
        field, words = error.diag.column_name, error.diag.message_primary
        raise OrderRefused(
            field or "", words or "", error.diag.message_hint or "Correct it and place it again."
        ) from None
    except psycopg.errors.UniqueViolation:
        raise OrderRefused("optiply_id", "the number was taken in this moment", "Place the order again.") from None
