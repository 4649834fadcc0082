"""What a person does about an order: send it again, say which one on the remote it is, or let the wish go.

Takes effect once, whoever does it, in the form of the push DAG or on the command line.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import psycopg
from psycopg import errors

from include.contract.errors import Misconfigured
from include.warehouse import push_ledger as ledger
from include.warehouse import push_orders
from include.warehouse.connection import Connect, warehouse_faults
from include.warehouse.push_ledger import Order, Outcome
from include.warehouse.registry import coupling_id


def retry(connect: Connect, coupling: str, numbers: Sequence[str], by: str) -> list[str]:
    """Let orders be sent again; without numbers, all that are rejected. Return the numbers.

    Of a parked order it says that it is not on the remote. It is looked for once more all the same before it is sent.
    """
    with _answering(connect) as connection:
        ids = coupling_id(connection, coupling)
        chosen = list(numbers) or push_orders.in_state(connection, ids.coupling_id, "rejected")
        for number in chosen:
            with _held(connection, ids.coupling_id, number) as order:
                if order.state == "parked":
                    push_orders.close_open_steps(connection, order.id, Outcome("absent", words=f"said by {by}"))
                push_orders.decide(
                    connection, order.id, "waiting", f"{by}: send again", wish=order.state == "cancelled"
                )
        return chosen


def waiting(connect: Connect, coupling: str, numbers: Sequence[str], by: str) -> str:
    """Let those of the numbers that were rejected be sent again; return a sentence. A parked one needs a person's word.

    Raises Misconfigured naming those that are parked.
    """
    with _answering(connect) as connection:
        ids = coupling_id(connection, coupling)
        parked = push_orders.in_state(connection, ids.coupling_id, "parked", numbers)
        again = push_orders.in_state(connection, ids.coupling_id, "rejected", numbers)
    if parked:
        raise Misconfigured(
            f"of {', '.join(parked)} nobody knows whether the remote has it",
            next_step="Look there, then choose 'It is there' or 'It is not there' in the form.",
        )
    if again:
        retry(connect, coupling, again, by)
    return f"sent again: {', '.join(again)}" if again else "sending what waits"


def stuck_orders(connect: Connect, coupling: str) -> int:
    """Return how many orders of the coupling wait for a person."""
    with _answering(connect) as connection:
        return push_orders.stuck(connection, coupling_id(connection, coupling).coupling_id)


def adopt(connect: Connect, coupling: str, number: str, remote_id: str, by: str) -> str:
    """Say which order on the remote this one is; the next run brings it to what is wanted. Return a sentence."""
    with _answering(connect) as connection:
        ids = coupling_id(connection, coupling)
        with _held(connection, ids.coupling_id, number) as order:
            if order.remote_id is not None:
                raise Misconfigured(f"order {number} is {order.remote_id} on the remote already")
            other = ledger.owner_of(connection, order, remote_id)
            if other is not None:
                raise Misconfigured(f"{remote_id} is our order {other} already", next_step="Look for the right id.")
            outcome = Outcome("found", words=f"said by {by}", remote_id=remote_id)
            try:
                with connection.transaction():
                    push_orders.close_open_steps(connection, order.id, outcome)
                    ledger.made(connection, order, None, outcome, None)
                    push_orders.decide(connection, order.id, "waiting", f"{by}: it is {remote_id}", wish=False)
            except errors.CheckViolation as error:
                raise Misconfigured(str(error.diag.message_primary), next_step="Look for the right id.") from None
        return f"order {number} is {remote_id} on the remote; the next run goes on with it"


def drop(connect: Connect, coupling: str, number: str, by: str) -> str:
    """Let go what Optiply wants of an order: the remote keeps what it has. Return a sentence."""
    with _answering(connect) as connection:
        ids = coupling_id(connection, coupling)
        with _held(connection, ids.coupling_id, number) as order:
            sent = order.remote_id is not None
            push_orders.close_open_steps(connection, order.id, Outcome("unknown", words=f"let go by {by}"))
            ledger.settle(connection, order, "sent" if sent else "cancelled", None, None)
            push_orders.decide(connection, order.id, None, f"{by}: let go", wish=False)
        return f"order {number} is not sent any more" + ("; the remote's word holds" if sent else "")


@contextlib.contextmanager
def _answering(connect: Connect) -> Iterator[psycopg.Connection]:
    with warehouse_faults("deciding about an order"), connect() as connection:
        yield connection


@contextlib.contextmanager
def _held(connection: psycopg.Connection, coupling: int, number: str) -> Iterator[Order]:
    """Hold the lock of an order that is not done. Raises Misconfigured where a worker has it, or there is none."""
    order_id = push_orders.of_number(connection, coupling, number)
    if order_id is None:
        raise Misconfigured(
            f"Optiply placed no order {number} with this coupling", next_step="./run cli push list shows the numbers."
        )
    with ledger.locked(connection, order_id) as free:
        if not free:
            raise Misconfigured(f"order {number} is being sent right now", next_step="Look again in a minute.")
        order = ledger.load(connection, order_id)
        if order.state == "sent":
            raise Misconfigured(f"order {number} is sent: there is nothing to decide", next_step="Nothing to do.")
        yield order
