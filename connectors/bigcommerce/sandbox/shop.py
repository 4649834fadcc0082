"""The store of the sandbox, made from the catalogue, and how it changes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime

from connectors.bigcommerce.sandbox import records
from include.sandbox.catalogue import Article, Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import World


class Shop:
    """One store: products with their variants, orders with their order products."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self._world, self._catalogue = world, catalogue

    def build(self) -> None:
        """Fill the empty world."""
        for article in self._catalogue.articles():
            self._article(article)
        for number in range(1, self._catalogue.orders + 1):
            self._order(number)

    def changes(self) -> Mapping[str, Change]:
        """Return what can change."""
        return {
            "new_products": self._new_products,
            "renamed": self._renamed,
            "stock": self._stock,
            "deleted_products": self._deleted_products,
            "deleted_variants": self._deleted_variants,
            "new_orders": self._new_orders,
            "completed_orders": lambda chance, count: self._status(chance, count, 10),
            "refunded_orders": lambda chance, count: self._status(chance, count, 4),
            "deleted_orders": self._archived,
        }

    def _article(self, article: Article, added: datetime | None = None) -> str:
        at = added or article.created
        self._world["products"].put(str(article.number), records.product(article, at), at)
        for variant in records.variants(article):
            self._world["variants"].put(str(variant["id"]), variant, at)
        return str(article.number)

    def _order(self, number: int, placed: datetime | None = None) -> str:
        sale, key = self._catalogue.sale("bigcommerce", number), str(number)
        at = placed or sale.placed
        lines = [
            records.line(number * 100 + place, number, self._catalogue.article(article), quantity)
            for place, (article, quantity) in enumerate(sale.lines, 1)
        ]
        if number % 9 == 0:
            lines.append(records.free_line(number * 100 + 99, number))
        self._world["orders"].put(key, records.order(number, sale, at, lines), at)
        self._world["order_products"].put(key, {"lines": lines}, at)
        return key

    def _new_products(self, _chance: random.Random, count: int) -> list[str]:
        now = self._world.clock.now()
        return [self._article(self._catalogue.article(self._next("products")), now) for _ in range(count)]

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        return [self._order(self._next("orders"), self._world.clock.now()) for _ in range(count)]

    def _next(self, name: str) -> int:
        collection = self._world[name]
        return max([0, *map(int, collection.rows), *map(int, collection.gone)]) + 1

    def _renamed(self, chance: random.Random, count: int) -> list[str]:
        products = self._world["products"]
        keys = pick(chance, list(products.rows), count)
        for key in keys:
            products.change(key, name=f"{products[key].data['name']} II", date_modified=self._now_iso())
        return keys

    def _stock(self, chance: random.Random, count: int) -> list[str]:
        """Count stock anew; nothing but the level shows it, where variants keep their own."""
        variants, products = self._world["variants"], self._world["products"]
        keys = pick(chance, list(variants.rows), count)
        for key in keys:
            row = variants[key].data
            owner = products[str(row["product_id"])].data
            if owner["inventory_tracking"] == "product" and row["option_values"]:
                level = owner["inventory_level"] + 7
                products.change(str(owner["id"]), inventory_level=level, date_modified=self._now_iso())
            elif owner["inventory_tracking"] != "none":
                variants.amend(key, inventory_level=row["inventory_level"] + 7)
                products.amend(str(owner["id"]), inventory_level=owner["inventory_level"] + 7)
        return keys

    def _deleted_products(self, chance: random.Random, count: int) -> list[str]:
        keys = pick(chance, list(self._world["products"].rows), count)
        for key in keys:
            self._world["products"].remove(key)
            for variant in [row for row in self._world["variants"] if str(row.data["product_id"]) == key]:
                self._world["variants"].remove(variant.key)
        return keys

    def _deleted_variants(self, chance: random.Random, count: int) -> list[str]:
        """Take away variants of products with options; a base variant goes with its product only."""
        variants = self._world["variants"]
        keys = pick(chance, [row.key for row in variants if row.data["option_values"]], count)
        for key in keys:
            variants.remove(key)
        return keys

    def _status(self, chance: random.Random, count: int, status: int) -> list[str]:
        orders, now = self._world["orders"], records.mail(self._world.clock.now())
        keys = pick(chance, [row.key for row in orders if row.data["status_id"] != status], count)
        for key in keys:
            orders.change(key, status_id=status, status=records.STATUSES[status], date_modified=now)
        return keys

    def _archived(self, chance: random.Random, count: int) -> list[str]:
        """Archive orders: they leave the list without a new date_modified, and their own call still answers them."""
        orders = self._world["orders"]
        keys = pick(chance, [row.key for row in orders if not row.data["is_deleted"]], count)
        for key in keys:
            orders.amend(key, is_deleted=True)
        return keys

    def _now_iso(self) -> str:
        return records.iso(self._world.clock.now())
