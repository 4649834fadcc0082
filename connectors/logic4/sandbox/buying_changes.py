"""How goods are ordered and come in over time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal

from connectors.logic4.sandbox.chosen import each, keys
from connectors.logic4.sandbox.clock import written
from connectors.logic4.sandbox.company import Company
from include.sandbox.remote import Change


class BuyingChanges:
    """The changes of buy orders and deliveries by name."""

    def __init__(self, company: Company) -> None:
        self.company, self.world = company, company.world

    def table(self) -> Mapping[str, Change]:
        """Return the changes, in the order in which they are carried out."""
        return {
            "new_buy_orders": self._new_buy_orders,
            "ordered_drafts": each(self._drafts, self._order_draft),
            "moved_buy_orders": each(self._open, self._move),
            "receipts": each(self._awaited, self._receive),
            "processed_deliveries": each(lambda: keys(self.world, "deliveries", DateTimeProcessed=None), self._process),
            "closed_buy_orders": each(self._open, self._close),
            "deleted_buy_orders": each(self._undelivered, self._delete_buy_order),
        }

    def _open(self) -> list[str]:
        return keys(self.world, "buy_orders", BuyOrderClosed=False)

    def _new_buy_orders(self, _chance: random.Random, count: int) -> list[str]:
        now = self.world.clock.now()
        return [self.company.add_buy_order(self.world.next_number("buy_order"), now) for _ in range(count)]

    def _drafts(self) -> list[str]:
        rows = self.world["buy_order_rows"]
        return list(dict.fromkeys(str(r.data["BuyOrderId"]) for r in rows if not r.data["OrderedOnDateByDistributor"]))

    def _order_draft(self, _chance: random.Random, key: str) -> None:
        now = written(self.world.clock.now())
        for row in self.company.rows_of(key):
            self.world["buy_order_rows"].change(row.key, OrderedOnDateByDistributor=now)
        self.world["buy_orders"].change(key, LastChangedAt=now)

    def _move(self, _chance: random.Random, key: str) -> None:
        """Let another supplier deliver the order."""
        creditors = list(self.world["creditors"])
        places = [row.data["Id"] for row in creditors]
        place = (places.index(self.world["buy_orders"][key].data["CreditorId"]) + 1) % len(creditors)
        other = creditors[place].data
        fields = {"CreditorId": other["Id"], "CreditorCompanyName": other["CompanyName"]}
        self.world["buy_orders"].change(key, **fields, LastChangedAt=written(self.world.clock.now()))

    def _awaited(self) -> list[str]:
        """Return the open orders of which something is still to come."""
        rows = [row.data for row in self.world["buy_order_rows"]]
        awaited = {str(row["BuyOrderId"]) for row in rows if row["OrderedOnDateByDistributor"] and row["QtyToDeliver"]}
        return [key for key in self._open() if key in awaited]

    def _receive(self, chance: random.Random, key: str) -> None:
        left = {row.key: row.data["QtyToDeliver"] for row in self.company.rows_of(key) if row.data["QtyToDeliver"]}
        if chance.random() < 0.5:
            left = {row: (quantity / 2).quantize(Decimal("0.1")) for row, quantity in left.items()}
        self.company.receive(key, left, self.world.clock.now())

    def _process(self, _chance: random.Random, key: str) -> None:
        now = written(self.world.clock.now())
        self.company.take_in(self.world["deliveries"].change(key, DateTimeProcessed=now, StatusId=2).data)

    def _close(self, _chance: random.Random, key: str) -> None:
        self.company.close(key, self.world.clock.now())

    def _undelivered(self) -> list[str]:
        delivered = {str(row.data["BuyOrderId"]) for row in self.world["deliveries"]}
        return [key for key in keys(self.world, "buy_orders") if key not in delivered]

    def _delete_buy_order(self, _chance: random.Random, key: str) -> None:
        for row in self.company.rows_of(key):
            self.world["buy_order_rows"].remove(row.key)
        self.world["buy_orders"].remove(key)
