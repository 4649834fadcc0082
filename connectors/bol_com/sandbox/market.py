"""One retailer at bol.com: how it starts and what happens over time."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.bol_com.sandbox.orders import OrderWriter, iso, open_quantity
from include.sandbox.catalogue import Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Record, Row, World


class Market:
    """Builds the orders and shipments and lets them change; orders are never deleted."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self.world, self.catalogue, self.writer = world, catalogue, OrderWriter(catalogue)

    def build(self) -> None:
        """Fill the world."""
        for number in range(1, self.catalogue.orders + 1):
            sale = self.catalogue.sale("bol", number)
            order, changed = self.writer.order(sale, sale.placed, fresh=False)
            self.world["orders"].put(order["orderId"], order, changed)
            self._ship(order, changed)
        self.world["shipments"]  # Served from the start, also without any order.
        self.world.facts["sale"] = self.catalogue.orders + 1

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name."""
        return {
            "new_orders": self._new_orders,
            "shipped_orders": self._each(self._ship_open),
            "cancelled_orders": self._each(_cancel),
            "cancellation_requests": self._each(lambda item: item.update(cancellationRequest=True)),
        }

    def _open(self) -> list[Row]:
        return [row for row in self.world["orders"] if any(open_quantity(i) > 0 for i in row.data["orderItems"])]

    def _each(self, act: Callable[[Record], None]) -> Change:
        """Change every open item of some open orders."""

        def change(chance: random.Random, count: int) -> list[str]:
            chosen = pick(chance, [row.key for row in self._open()], count)
            for key in chosen:
                self._change(key, act)
            return chosen

        return change

    def _change(self, key: str, act: Callable[[Record], None]) -> None:
        now = self.world.clock.now()
        items: list[Record] = copy.deepcopy(self.world["orders"][key].data["orderItems"])
        touched = [item for item in items if open_quantity(item) > 0]
        for item in touched:
            act(item)
            item["latestChangedDateTime"] = iso(now)
        order = self.world["orders"].change(key, orderItems=items).data
        self._ship({**order, "orderItems": touched}, now)

    def _ship_open(self, item: Record) -> None:
        item["quantityShipped"] += open_quantity(item)

    def _ship(self, order: Record, at: datetime) -> None:
        numbers = (self.world.next_number("shipment") for _ in itertools.count())
        for shipment in self.writer.shipments(order, at, numbers):
            self.world["shipments"].put(shipment["shipmentId"], shipment, at)

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            sale = self.catalogue.sale("bol", self.world.next_number("sale"))
            order, changed = self.writer.order(sale, self.world.clock.now(), fresh=True)
            added.append(self.world["orders"].put(order["orderId"], order, changed).key)
        return added


def _cancel(item: dict[str, Any]) -> None:
    item["quantityCancelled"] += open_quantity(item)
