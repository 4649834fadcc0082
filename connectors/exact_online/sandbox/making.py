"""Assembly orders and shop orders, as Exact Online writes them, and what happens to them over time."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from connectors.exact_online.sandbox.items import ItemWriter, is_made, unit
from connectors.exact_online.sandbox.odata import date
from include.sandbox.catalogue import Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Record, World

# Statuses of assembly orders are 20, 30, 50; of shop orders 10, 20, 30 (finished), 40 (completed).
ASSEMBLY_OPEN, ASSEMBLY_PARTIAL, ASSEMBLY_COMPLETE = 20, 30, 50
SHOP_OPEN, SHOP_IN_PROCESS, SHOP_FINISHED, SHOP_COMPLETED = 10, 20, 30, 40


class Making:
    """Fills the collections `assembly_orders` and `shop_orders`, and lets them change.

    `note_deletion` writes a deleted row's collection and key into the feed; assembly orders are not in it.
    """

    def __init__(
        self,
        world: World,
        catalogue: Catalogue,
        items: ItemWriter,
        division: int,
        note_deletion: Callable[[str, str], None],
    ) -> None:
        self._world, self._catalogue, self.items, self._division = world, catalogue, items, division
        self._note_deletion = note_deletion
        self._made = [number for number in range(1, catalogue.size) if is_made(number)]

    def build(self) -> None:
        """Fill the world with two orders of each kind for every made item: one is over, one goes on."""
        for number in range(1, 2 * len(self._made) + 1):
            placed = self._catalogue.epoch - timedelta(days=3 * number)
            self._assemble(number, placed, (ASSEMBLY_PARTIAL, ASSEMBLY_COMPLETE)[number % 2])
            self._produce(number, placed, (SHOP_IN_PROCESS, SHOP_COMPLETED, SHOP_FINISHED)[number % 3])
        self._world.facts |= {"assembly": 2 * len(self._made) + 1, "shop_order": 2 * len(self._made) + 1}

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name."""
        return {
            "new_assembly_orders": self._new("assembly", lambda n, at: self._assemble(n, at, ASSEMBLY_OPEN)),
            "finished_assembly_orders": self._each("assembly_orders", ASSEMBLY_PARTIAL, self._finish_assembly),
            "deleted_assembly_orders": self._each(
                "assembly_orders", ASSEMBLY_PARTIAL, self._world["assembly_orders"].remove
            ),
            "new_shop_orders": self._new("shop_order", lambda n, at: self._produce(n, at, SHOP_OPEN)),
            "finished_shop_orders": self._each("shop_orders", SHOP_IN_PROCESS, self._finish_production),
            "deleted_shop_orders": self._each("shop_orders", SHOP_IN_PROCESS, self.delete),
        }

    def make(self, given: Record) -> str:
        """Add a shop order as somebody asks for it; return its guid."""
        number, now = self._world.next_number("shop_order"), self._world.clock.now()
        item = self._world["items"][given["Item"]].data
        guid = self.items.guid("written shop order", number)
        record = {
            "ID": guid,
            "Description": None,
            "Division": self._division,
            "ItemCode": item["Code"],
            "ItemDescription": item["Description"],
            "ShopOrderNumber": 60_000_000 + number,
            "Status": SHOP_OPEN,
            "Type": 9040,
            "EntryDate": date(now.replace(hour=0, minute=0, second=0, microsecond=0)),
            "ProducedQuantity": 0,
            "Unit": item["Unit"],
            "Warehouse": self.items.guid("warehouse", "1"),
            "YourRef": None,
            **given,
            "Created": date(now),
            "Modified": date(now),
        }
        return self._world["shop_orders"].put(guid, record).key

    def delete(self, key: str) -> None:
        """Delete a shop order."""
        self._world["shop_orders"].remove(key)
        self._note_deletion("shop_orders", key)

    def _new(self, fact: str, add: Callable[[int, datetime], str]) -> Change:
        def change(_chance: random.Random, count: int) -> list[str]:
            now = self._world.clock.now()
            return [add(self._world.next_number(fact), now) for _ in range(count if self._made else 0)]

        return change

    def _each(self, collection: str, status: int, act: Callable[[str], object]) -> Change:
        def change(chance: random.Random, count: int) -> list[str]:
            field = "OrderStatus" if collection == "assembly_orders" else "Status"
            able = [row.key for row in self._world[collection] if row.data[field] == status]
            chosen = pick(chance, able, count)
            for key in chosen:
                act(key)
            return chosen

        return change

    def _common(self, kind: str, number: int) -> Record:
        article = self._catalogue.article(self._made[number % len(self._made)])
        return {
            "ID": self.items.guid(kind, number),
            "Description": f"Productie {number}",
            "Division": self._division,
            "Item": self.items.guid("item", article.number),
            "ItemCode": article.sku,
            "ItemDescription": article.name,
            "PlannedQuantity": 10 + number % 15,
        }

    def _assemble(self, number: int, placed: datetime, status: int) -> str:
        record = self._common("assembly order", number)
        planned = record["PlannedQuantity"]
        finished = {ASSEMBLY_OPEN: 0, ASSEMBLY_PARTIAL: planned // 2, ASSEMBLY_COMPLETE: planned}[status]
        record |= {
            "OrderNumber": 50_000_000 + number,
            "OrderStatus": status,
            "OrderDate": date(placed.replace(hour=0, minute=0, second=0, microsecond=0)),
            "AssemblyDate": date(placed + timedelta(days=7)),
            "FinishedQuantity": finished,
            "Notes": None,
            "WarehouseCode": "1",
        }
        return self._world["assembly_orders"].put(record["ID"], record).key

    def _produce(self, number: int, placed: datetime, status: int) -> str:
        record = self._common("shop order", number)
        planned = record["PlannedQuantity"]
        produced = {SHOP_OPEN: 0, SHOP_IN_PROCESS: planned // 2}.get(status, planned)
        record |= {
            "ShopOrderNumber": 60_000_000 + number,
            "Status": status,
            "Type": 9040,
            "EntryDate": date(placed.replace(hour=0, minute=0, second=0, microsecond=0)),
            "PlannedDate": date(placed + timedelta(days=14)),
            "ProducedQuantity": produced,
            "Unit": unit(self._made[number % len(self._made)]),
            "Warehouse": self.items.guid("warehouse", "1"),
            "YourRef": str(900_000 + number) if number % 3 == 0 else None,
            "Created": date(placed),
            "Modified": date(placed),
        }
        return self._world["shop_orders"].put(record["ID"], record).key

    def _finish_assembly(self, key: str) -> None:
        orders = self._world["assembly_orders"]
        orders.change(key, OrderStatus=ASSEMBLY_COMPLETE, FinishedQuantity=orders[key].data["PlannedQuantity"])

    def _finish_production(self, key: str) -> None:
        orders, now = self._world["shop_orders"], date(self._world.clock.now())
        planned = orders[key].data["PlannedQuantity"]
        orders.change(key, Status=SHOP_FINISHED, ProducedQuantity=planned, Modified=now)
