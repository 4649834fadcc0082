"""Add what came in elsewhere to a shop's stock: read, note, write, once; what nobody knows is judged by the level."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from include.contract.errors import AuthRefused, Misconfigured, NotThere, RemoteDown, TryAgain, Wait
from include.engine import own_order
from include.engine.client import Client
from include.engine.compose import compose
from include.engine.ports import Credentials
from include.engine.template import fill
from include.spec.load import CouplingConfig
from include.spec.stock_update import StockUpdate, StockWrite
from include.sync.pull import Platform
from include.sync.remote import open_client
from include.warehouse import stock_ledger as ledger
from include.warehouse.connection import warehouse_faults
from include.warehouse.registry import coupling_id
from include.warehouse.stock_ledger import Due, Outcome, Update

_SETTLES = timedelta(seconds=30)
"""So long after a call ended without an answer its effect can be seen."""


@dataclasses.dataclass(frozen=True)
class Updated:
    """What became of the products of which something came in."""

    outcomes: Mapping[str, int]
    stuck: tuple[str, ...]
    """The products that wait for a person, each with the reason."""
    began: bool = False
    """It was the first run: what had come in before is taken as counted already."""

    def sentence(self) -> str:
        """Return what support reads."""
        if self.began:
            return "begun: what came in until now is in the shop's stock already"
        return ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items())) or "nothing came in"


def update_stock(platform: Platform, config: CouplingConfig, credentials: Credentials) -> Updated:
    """Tell the shop what came in of each product, and return what became of it.

    Raises an error of the tree that concerns all products: a limit, credentials, a shop that does not answer.
    """
    how = config.stock_update
    if how is None:
        raise Misconfigured(f"{config.name} is not told what comes in")
    outcomes: collections.Counter[str] = collections.Counter()
    stuck: list[str] = []
    with warehouse_faults("adding to the stock"), platform.connect() as connection:
        coupling = coupling_id(connection, config.name).coupling_id
        if ledger.begin(connection, coupling):
            return Updated({}, (), began=True)
        with open_client(config, credentials, platform.connect, platform.vault, "stock") as client:
            shop = _Shop(connection, client, how, coupling, timedelta(seconds=config.manifest.client.timeout))
            for wish in ledger.due(connection, coupling):
                with ledger.locked(connection, coupling, wish.remote_id) as free:
                    outcome = shop.tell(wish.remote_id) if free else "left to another worker"
                outcomes[outcome] += 1
                if outcome in ("refused", "parked"):
                    stuck.append(f"{wish.name} ({wish.remote_id}) is {outcome}")
    return Updated(dict(outcomes), tuple(stuck))


@dataclasses.dataclass(frozen=True)
class _Shop:
    connection: psycopg.Connection
    client: Client
    how: StockUpdate
    coupling: int
    timeout: timedelta

    def tell(self, remote_id: str) -> str:
        """Tell the shop of one product, whose lock is held; return the outcome."""
        last = ledger.last(self.connection, self.coupling, remote_id)
        if last is not None and last.outcome in ("refused", "parked"):
            return last.outcome
        values = {**self.client.values, "remote_id": remote_id}
        record = self._read(values)
        level = own_order.number(own_order.at(record, self.how.level)) if record is not None else None
        if last is not None and last.is_open:
            judged = self._judge(last, level)
            if judged is not None:
                return judged
        wishes = ledger.due(self.connection, self.coupling, remote_id)
        if not wishes:
            return "found"
        write = self.how.write_for(record) if record is not None and self._keeps(record) else None
        if record is None or level is None or write is None:
            words = "the shop does not have it" if record is None else "the shop keeps no stock of it"
            update = ledger.intend(self.connection, self.coupling, wishes[0], level, None)
            return self._finish(update, Outcome("skipped", words=words))
        return self._write(wishes[0], write, {**values, **_members(record)}, level)

    def _read(self, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        try:
            found = list(own_order.records(self.client, self.how.read, values))
        except NotThere:
            return None
        return found[0] if found and isinstance(found[0], Mapping) else None

    def _keeps(self, record: Mapping[str, Any]) -> bool:
        return all(record.get(name) in values for name, values in self.how.kept.items())

    def _judge(self, last: Update, level: Decimal | None) -> str | None:
        """Say by the shop's level what became of a write; None where the product may be told again."""
        if level == last.level_after:
            self._finish(last.id, Outcome("found"))
            return None
        ended = last.finished_at or last.intended_at + self.timeout
        if level == last.level_before:
            if datetime.now(UTC) < ended + _SETTLES:
                return "unknown"
            self._finish(last.id, Outcome("absent"))
            return None
        words = f"{last.level_after} was to be written over {last.level_before}, and the shop says {level}"
        step = "Count the product, then: ./run cli stock settle <number> in, or out where the pieces are not counted."
        return self._finish(last.id, Outcome("parked", words=words, next_step=step))

    def _write(self, wish: Due, write: StockWrite, values: dict[str, Any], level: Decimal) -> str:
        values["level"] = level + wish.added
        ready = self.client.ready(
            write.method,
            fill(write.path, values, in_path=True),
            write.params,
            write.headers,
            compose(write.body, values),
        )
        update = ledger.intend(self.connection, self.coupling, wish, level, values["level"])
        told = self.client.tell(ready)
        words = told.error.what if told.error is not None else None
        if told.outcome == "accepted":
            answered = own_order.answered(told.body, write.record)
            counted = own_order.number(own_order.at(answered, self.how.level)) if answered is not None else None
            if counted == values["level"]:
                return self._finish(update, Outcome("accepted", told.status))
            return self._finish(update, Outcome("unknown", told.status, f"it answered the level {counted}"))
        if told.outcome == "refused" and isinstance(told.error, Wait | AuthRefused | TryAgain | RemoteDown):
            self._finish(update, Outcome("absent", told.status, words))
            raise told.error
        step = "Correct what it says, then: ./run cli stock settle <number> out, and the next run tells it again."
        return self._finish(
            update, Outcome(told.outcome, told.status, words, step if told.outcome == "refused" else None)
        )

    def _finish(self, update: int, outcome: Outcome) -> str:
        ledger.finish(self.connection, update, outcome)
        return outcome.outcome


def _members(record: Mapping[str, Any]) -> dict[str, Any]:
    return {f"record.{name}": value for name, value in record.items() if not isinstance(value, dict | list)}
