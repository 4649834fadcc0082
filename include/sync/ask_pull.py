"""Ask for a pull of one record, by whoever is not Airflow: an event in the inbox, taken up like those of webhooks."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence

import psycopg

from include.contract.errors import Misconfigured
from include.warehouse import inbox
from include.warehouse.connection import Connect, warehouse_faults
from include.warehouse.inbox import Arrived


@dataclasses.dataclass(frozen=True)
class Known:
    """A coupling as far as asking for a pull goes; `objects` are those that it brings."""

    id: int
    webshop: str
    objects: Sequence[str]


def known(connect: Connect, coupling: str) -> Known | None:
    """Return a coupling that is switched on, or None."""
    with warehouse_faults("finding a coupling"), connect() as connection:
        row = connection.execute(
            "select c.id, w.name, array(select o.object from platform.ownership o where o.coupling_id = c.id"
            "  and (o.object not in ('buy_orders', 'receipt_lines')"
            "   or coalesce(c.settings ->> 'buy_orders.two_way', '') <> 'false'))"
            " from platform.couplings c join platform.webshops w on w.id = c.webshop_id where c.name = %s and c.active",
            [coupling],
        ).fetchone()
    return Known(*row) if row else None


def ask(connect: Connect, coupling: Known, name: str, remote_id: str) -> None:
    """Ask for one record of an object; with a buy order for what changed of its receipts too.

    Raises Misconfigured when the coupling does not bring the object, WarehouseDown or PlatformBug.
    """
    if name not in coupling.objects:
        raise Misconfigured(
            f"the coupling does not bring {name}",
            next_step=f"It brings {', '.join(coupling.objects) or 'nothing'}.",
        )
    # Each request is one of its own: what was asked a minute ago may have changed since.
    events = [Arrived(coupling.id, "pull", secrets.token_bytes(16), b"", "api", name, remote_id=remote_id)]
    if name == "buy_orders" and "receipt_lines" in coupling.objects:
        receipts = "receipt_lines"
        events.append(Arrived(coupling.id, "pull", secrets.token_bytes(16), b"", "api", receipts, follow_up="changed"))
    with warehouse_faults("asking for a pull"), connect() as connection:
        inbox.put(connection, events)


def remote_id_of(connect: Connect, coupling: Known, optiply_id: int) -> str | None:
    """Return the remote id of a buy order by Optiply's number, or None while the remote has not confirmed it."""
    query = "select remote_id from optiply.buy_orders where coupling_id = %s and optiply_id = %s"
    with warehouse_faults("finding an order"), connect() as connection:
        row: psycopg.rows.TupleRow | None = connection.execute(query, [coupling.id, optiply_id]).fetchone()
    return str(row[0]) if row and row[0] is not None else None
