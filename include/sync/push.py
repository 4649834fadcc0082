"""Push the buy orders that a coupling has to send: one after the other here, side by side with other workers."""

from __future__ import annotations

import collections
import dataclasses
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

import psycopg

from include.contract.errors import Misconfigured, RemoteDown, SyncError
from include.engine.client import Client
from include.engine.ports import Credentials
from include.spec.load import CouplingConfig
from include.spec.push import Push
from include.sync.auth import asks_when_refused
from include.sync.life import refuse_inactive
from include.sync.pull import Platform
from include.sync.push_order import push_order
from include.sync.remote import open_client
from include.warehouse import push_ledger as ledger
from include.warehouse.connection import warehouse_faults
from include.warehouse.push_ledger import Order
from include.warehouse.registry import coupling_id

log = logging.getLogger(__name__)
# A remote that leaves so many orders in a row without a clear answer is left alone until the next run.
_MOST_IN_A_ROW = 3


@dataclasses.dataclass(frozen=True)
class Stuck:
    """An order that this run left to a person."""

    reference: str
    state: str
    what: str
    next_step: str


@dataclasses.dataclass(frozen=True)
class Pushed:
    """What became of the orders that a run took."""

    states: dict[str, int]
    stuck: tuple[Stuck, ...]
    next_look: datetime | None
    """When the next order that waits for a time is due."""

    def sentence(self) -> str:
        """Return what support reads."""
        if not self.states:
            return "nothing to send"
        names = {"unknown": "to be looked for", "waiting": "changed meanwhile"}
        return ", ".join(f"{count} {names.get(state, state)}" for state, count in sorted(self.states.items()))


def push(platform: Platform, config: CouplingConfig, credentials: Credentials, only: Sequence[str] = ()) -> Pushed:
    """Push every order that is due, or those of Optiply's numbers `only`, and return what became of them.

    Raises an error of the tree that concerns them all: a limit (Wait), credentials, a remote that does not answer. The
    orders done before it are done; calling again goes on with the rest.
    """
    how = config.push
    if how is None:
        raise Misconfigured(
            f"{config.name} sends no buy orders", next_step="Look up who owns buy_orders in webshop.yaml."
        )
    states: collections.Counter[str] = collections.Counter()
    stuck: list[Stuck] = []
    refused = asks_when_refused(platform, config, credentials)
    with warehouse_faults("pushing buy orders"), refused, platform.connect() as connection:
        ids = coupling_id(connection, config.name)
        refuse_inactive(connection, config.name)
        with open_client(config, credentials, platform.connect, platform.vault, "push") as client:
            unknown = 0
            for order in _orders(connection, ids.coupling_id, only):
                state = _one(connection, client, config, how, order, credentials)
                states[state] += 1
                if state in ("rejected", "parked"):
                    stuck.append(_stuck(connection, order))
                unknown = unknown + 1 if state == "unknown" else 0
                if unknown == _MOST_IN_A_ROW:
                    raise RemoteDown(f"{config.manifest.title} gave no clear answer for {unknown} orders in a row")
        return Pushed(dict(states), tuple(stuck), ledger.next_look(connection, ids.coupling_id))


def _orders(connection: psycopg.Connection, coupling: int, only: Sequence[str]) -> Iterator[Order]:
    """Yield the orders that are due, each with its lock held, each once; those of other workers are left to them."""
    seen: list[int] = []
    while batch := ledger.due(connection, coupling, seen, only):
        for order_id in batch:
            seen.append(order_id)
            with ledger.locked(connection, order_id) as free:
                order = ledger.take(connection, order_id) if free else None
                if order is not None:
                    yield order


def _one(
    connection: psycopg.Connection,
    client: Client,
    config: CouplingConfig,
    how: Push,
    order: Order,
    credentials: Credentials,
) -> str:
    secrets = [credentials.login, credentials.password, *credentials.extra.values()]
    try:
        state = push_order(connection, client, config, how, order, secrets)
    except SyncError as error:
        log.warning("Order %s of %s stops the run: %s", order.reference, config.name, error.what)
        raise
    log.info("Order %s of %s: %s", order.reference, config.name, state)
    return state


def _stuck(connection: psycopg.Connection, order: Order) -> Stuck:
    row = connection.execute(
        "select reference, state, coalesce(error_text, ''), coalesce(next_step, '')"
        " from platform.push_orders where id = %s",
        [order.id],
    ).fetchone()
    assert row is not None, "the order was just pushed"
    return Stuck(*row)
