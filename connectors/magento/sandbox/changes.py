"""What happens in a Magento shop over time."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.magento.sandbox import products as write
from connectors.magento.sandbox import sets
from connectors.magento.sandbox.orders import Till
from include.sandbox.catalogue import Article, Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Row, World

OPEN = {"new", "processing", "pending_payment", "holded", "payment_review"}
Act = Callable[[random.Random, Row], None]


class Shop:
    """Builds the shop and lets it change."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self.world, self.catalogue, self.till = world, catalogue, Till(world, catalogue.epoch)

    def build(self) -> None:
        """Fill the world: products with their stock, then orders."""
        self.world.facts |= {"product": 1, "order": 1, "item": 9001, "id_of": {}, "children": {}}
        for article in self.catalogue.articles():
            self.add(article)
        for number in range(1, self.catalogue.orders + 1):
            sale = self.catalogue.sale("magento", number)
            order, changed = self.till.order(sale, sale.placed)
            self.world["orders"].put(str(order["entity_id"]), order, changed)
        self.world.facts |= {"sale": self.catalogue.orders + 1, "article": self.catalogue.size + 1}

    def add(self, article: Article) -> list[str]:
        """Add the product of an article, of a configurable one also its three simple ones; return their keys."""
        world, type_id = self.world, write.kind(article.number)
        kept = [row.key for row in world["products"] if row.data["type_id"] == "simple"][-2:]
        key = self._put(article, None)
        world.facts["id_of"][str(article.number)] = int(key)
        if type_id == "bundle":
            world.facts["children"][key] = [int(part) for part in kept]
        self._compose(world["products"][key], article, [world["products"][part].data["sku"] for part in kept])
        if type_id != "configurable":
            return [key]
        children = [self._put(article, place) for place in range(len(write.OPTIONS))]
        world.facts["children"][key] = [int(child) for child in children]
        return [key, *children]

    def _compose(self, row: Row, article: Article, parts: list[str]) -> None:
        """Say what a bundle or a group consists of; every other bundle lets the customer choose."""
        if row.data["type_id"] == "bundle":
            fields = sets.bundled(row.data, parts, to_choose=not write.is_fixed(article.number))
        elif row.data["type_id"] == "grouped":
            fields = sets.grouped(row.data, [write.sku(self.catalogue.article(article.number + 1)), *parts[-1:]])
        else:
            return
        self.world["products"].amend(row.key, **fields)

    def _put(self, article: Article, place: int | None) -> str:
        world, identity = self.world, self.world.next_number("product")
        data, key = write.product(article, identity, place), str(identity)
        world["products"].put(key, data, article.created)
        status = write.stock(article, identity, place)
        world["stock_statuses"].put(key, status, article.created)
        if data["type_id"] in ("simple", "virtual"):
            for item in write.sources(article, data["sku"], status["stock_item"]["qty"]):
                world["source_items"].put(f"{key}_{item['source_code']}", item, article.created)
        return key

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name."""
        acts: dict[str, tuple[Callable[[], list[Row]], Act]] = {
            "renamed": (self._enabled, self._rename),
            "new_skus": (self._stocked, self._new_sku),
            "prices": (self._priced, self._price),
            "imported_prices": (self._priced, self._price_silently),
            "stock": (self._stocked, self._restock),
            "unassigned_sources": (self._spread, self._unassign),
            "disabled_products": (self._enabled, lambda _, row: self._save(row, status=2)),
            "deleted_products": (self._stocked, self._delete),
            "completed_orders": (self._open, self._state("complete")),
            "cancelled_orders": (self._open, self._state("canceled")),
            "refunded_orders": (lambda: self._orders({"complete"}), self._state("closed")),
        }
        each = {name: self._each(rows, act) for name, (rows, act) in acts.items()}
        return {"new_products": self._new_products, **each, "new_orders": self._new_orders}

    def _each(self, candidates: Callable[[], list[Row]], act: Act) -> Change:
        def change(chance: random.Random, count: int) -> list[str]:
            rows = {row.key: row for row in candidates()}
            chosen = pick(chance, list(rows), count)
            for key in chosen:
                act(chance, rows[key])
            return chosen

        return change

    def _enabled(self) -> list[Row]:
        return [row for row in self.world["products"] if row.data["status"] == 1]

    def _priced(self) -> list[Row]:
        return [row for row in self._enabled() if row.data.get("price")]

    def _stocked(self) -> list[Row]:
        statuses = self.world["stock_statuses"]
        simple = [row for row in self._enabled() if row.data["type_id"] == "simple"]
        return [row for row in simple if statuses[row.key].data["stock_item"]["manage_stock"]]

    def _spread(self) -> list[Row]:
        return [row for row in self._stocked() if f"{row.key}_east" in self.world["source_items"]]

    def _orders(self, states: set[str]) -> list[Row]:
        return [row for row in self.world["orders"] if row.data["state"] in states]

    def _open(self) -> list[Row]:
        return self._orders(OPEN)

    def _save(self, row: Row, **fields: Any) -> None:
        collection = "orders" if "state" in row.data else "products"
        self.world[collection].change(row.key, **fields, updated_at=write.stamp(self.world.clock.now()))

    def _state(self, state: str) -> Act:
        return lambda _, row: self._save(row, state=state, status=state)

    def _rename(self, chance: random.Random, row: Row) -> None:
        self._save(row, name=f"{row.data['name'].strip()} (nieuw model {chance.randint(2, 99)})")

    def _new_sku(self, chance: random.Random, row: Row) -> None:
        """Give a product another SKU; its id stays, and old orders keep the SKU they had."""
        sku = f"N{chance.randint(1000, 9999)}/{row.key}"
        sets.rewrite(self.world, row.data["sku"], sku)
        self._save(row, sku=sku)
        for item in self._source_items(row):
            self.world["source_items"].amend(item.key, sku=sku)

    def _price(self, chance: random.Random, row: Row) -> None:
        self._save(row, price=row.data["price"] + Decimal(chance.randint(1, 900)) / 100)

    def _price_silently(self, chance: random.Random, row: Row) -> None:
        """Change a price as an import into the database does it: updated_at stays (API page, trap 4)."""
        self.world["products"].amend(row.key, price=row.data["price"] + Decimal(chance.randint(1, 900)) / 100)

    def _restock(self, chance: random.Random, row: Row) -> None:
        """Receive goods into the source `default`; the product's updated_at does not move."""
        more, status = chance.randint(1, 60), self.world["stock_statuses"][row.key].data
        inside = status["stock_item"] | {"qty": status["stock_item"]["qty"] + more, "is_in_stock": True}
        self.world["stock_statuses"].amend(row.key, qty=status["qty"] + more, stock_status=1, stock_item=inside)
        self.world["source_items"].amend(f"{row.key}_default", quantity=inside["qty"], status=1)

    def _unassign(self, _chance: random.Random, row: Row) -> None:
        """Take a product out of its last source: only a complete reading tells."""
        self.world["source_items"].remove(f"{row.key}_east")

    def _source_items(self, row: Row) -> list[Row]:
        return [item for item in self.world["source_items"] if item.key.partition("_")[0] == row.key]

    def _delete(self, _chance: random.Random, row: Row) -> None:
        """Delete a product; lines of orders keep its id."""
        for item in self._source_items(row):
            self.world["source_items"].remove(item.key)
        self.world["stock_statuses"].remove(row.key)
        self.world["products"].remove(row.key)
        sets.rewrite(self.world, row.data["sku"], None)
        self.world.facts["id_of"] = {k: v for k, v in self.world.facts["id_of"].items() if str(v) != row.key}
        for parent, children in self.world.facts["children"].items():
            self.world.facts["children"][parent] = [child for child in children if str(child) != row.key]

    def _new_products(self, _chance: random.Random, count: int) -> list[str]:
        added: list[str] = []
        now = write.stamp(self.world.clock.now())
        for _ in range(count):
            keys = self.add(self.catalogue.article(self.world.next_number("article")))
            for key in keys:
                self.world["products"].change(key, created_at=now, updated_at=now, status=1)
            added.append(keys[0])
        return added

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            sale = self.catalogue.sale("magento", self.world.next_number("sale"))
            order, changed = self.till.order(sale, self.world.clock.now(), "processing")
            added.append(self.world["orders"].put(str(order["entity_id"]), order, changed).key)
        return added
