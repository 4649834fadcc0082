"""What happens over time around a company's purchase orders."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.exact_online.sandbox.items import ItemWriter
from connectors.exact_online.sandbox.odata import date
from connectors.exact_online.sandbox.purchases import CANCELLED, COMPLETE, OPEN, PARTIAL, PurchaseWriter, boxes
from include.sandbox.catalogue import Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Record, World


class Buying:
    """Fills the collections `purchases` (one row per line), `receipts` and `sent_back`, and lets them change.

    `note_deletion` writes a deleted row's collection and key into the feed.
    """

    def __init__(
        self,
        world: World,
        catalogue: Catalogue,
        items: ItemWriter,
        division: int,
        note_deletion: Callable[[str, str], None],
    ) -> None:
        self._world, self._catalogue = world, catalogue
        self._writer = PurchaseWriter(catalogue, items, division)
        self._note_deletion = note_deletion

    def build(self) -> None:
        """Fill the world with the orders of the past and what arrived of them."""
        for number in range(1, self._writer.orders + 1):
            placed = self._writer.placed(number)
            rows = self._writer.order(number, placed, self._writer.status(number, placed))
            for row in rows:
                self._world["purchases"].put(row["ID"], row)
            arrived = [(row, row["QuantityInPurchaseUnits"] - boxes(row)) for row in rows if row["ReceivedQuantity"]]
            if arrived:
                at = min(placed + timedelta(days=2), self._catalogue.epoch)
                self.receive(arrived, at)
                if number % 6 == 2:
                    self._send_back(arrived[0][0], at)
        self._world.facts["purchase"] = self._writer.orders + 1

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name; each names the orders it touched."""
        return {
            "new_buy_orders": self._new,
            "received_buy_orders": self._each((OPEN, PARTIAL), self._receive_rest),
            "cancelled_buy_orders": self._each((OPEN,), self._cancel),
            "reopened_buy_orders": self._each((COMPLETE,), self._reopen),
            "deleted_buy_orders": self._each((OPEN,), self.remove),
            "deleted_buy_order_lines": self._each((COMPLETE,), lambda rows: self.remove(rows[-1:]), least=2),
            "sent_back": self._each((COMPLETE,), lambda rows: self._send_back(rows[0], self._world.clock.now())),
            "deleted_receipts": self._delete_receipts,
        }

    def _new(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            rows = self._writer.order(self._world.next_number("purchase"), self._world.clock.now(), OPEN)
            known = [row for row in rows if row["Item"] in self._world["items"]]
            for row in known or rows[:1]:
                self._world["purchases"].put(row["ID"], row)
            added.append(rows[0]["PurchaseOrderID"])
        return added

    def _each(self, statuses: tuple[int, ...], act: Callable[[list[Record]], object], least: int = 1) -> Change:
        def change(chance: random.Random, count: int) -> list[str]:
            orders: dict[str, list[Record]] = {}
            for row in self._world["purchases"]:
                if row.data["ReceiptStatus"] in statuses and row.data["OrderStatus"] != CANCELLED:
                    orders.setdefault(row.data["PurchaseOrderID"], []).append(row.data)
            able = [key for key, rows in orders.items() if len(rows) >= least]
            chosen = pick(chance, able, count)
            for key in chosen:
                act(orders[key])
            return chosen

        return change

    def _save(self, row: Record, **fields: object) -> None:
        self._world["purchases"].change(row["ID"], **fields, Modified=date(self._world.clock.now()))

    def receive(self, arrived: Sequence[tuple[Record, Decimal | int]], at: datetime) -> str:
        """Make a receipt of so many purchase units of each line; return its guid."""
        receipt = self._writer.receipt(self._world.next_number("receipt"), arrived, at)
        return self._world["receipts"].put(receipt["ID"], receipt).key

    def _receive_rest(self, rows: list[Record]) -> None:
        arrived = [(row, boxes(row)) for row in rows if boxes(row)]
        if arrived:
            self.receive(arrived, self._world.clock.now())
        for row in rows:
            self._save(row, ReceivedQuantity=row["Quantity"], ReceiptStatus=COMPLETE)

    def _cancel(self, rows: list[Record]) -> None:
        for row in rows:
            self._save(row, OrderStatus=CANCELLED, ReceiptStatus=CANCELLED)

    def _reopen(self, rows: list[Record]) -> None:
        """One more purchase unit of the first line is ordered."""
        first = rows[0]
        pieces = first["Quantity"] // first["QuantityInPurchaseUnits"]
        more = {
            "Quantity": first["Quantity"] + pieces,
            "QuantityInPurchaseUnits": first["QuantityInPurchaseUnits"] + 1,
            "AmountDC": first["AmountDC"] + first["NetPrice"],
        }
        for row in rows:
            self._save(row, ReceiptStatus=PARTIAL, **(more if row is first else {}))

    def remove(self, rows: list[Record]) -> None:
        """Delete lines; an order without lines is gone."""
        for row in rows:
            self._world["purchases"].remove(row["ID"])
            self._note_deletion("purchases", row["ID"])

    def _send_back(self, line: Record, at: datetime) -> None:
        record = self._writer.sent_back(self._world.next_number("sent_back"), line, at)
        self._world["sent_back"].put(record["ID"], record)

    def _delete_receipts(self, chance: random.Random, count: int) -> list[str]:
        """Receipts are not in the feed of deletions (API page, section 7)."""
        chosen = pick(chance, list(self._world["receipts"].rows), count)
        for key in chosen:
            self._world["receipts"].remove(key)
        return chosen
