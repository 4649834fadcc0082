"""What happens in a WooCommerce shop over time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.woocommerce.sandbox import products as write
from connectors.woocommerce.sandbox.orders import Till
from include.sandbox.catalogue import Article, Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Collection, Row, World

OPEN = {"pending", "processing", "on-hold"}


class Shop:
    """Builds the shop and lets it change."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self.world, self.catalogue, self.till = world, catalogue, Till(world, catalogue.epoch)

    def build(self) -> None:
        """Fill the world: products with their variations, then orders."""
        self.world.facts |= {"post": 1000, "line": 1, "post_of": {}, "parent_of": {}}
        for article in self.catalogue.articles():
            self.add_product(article)
        for number in range(1, self.catalogue.orders + 1):
            sale = self.catalogue.sale("woocommerce", number)
            order, modified = self.till.order(sale, sale.placed)
            self.world["orders"].put(str(order["id"]), order, modified)
        self.world.facts |= {"sale": self.catalogue.orders + 1, "article": self.catalogue.size + 1}

    def add_product(self, article: Article) -> Row:
        """Add the product of an article, with three variations where it is variable."""
        world, post = self.world, self.world.next_number("post")
        posts: list[int] = []
        if write.kind(article.number) == "variable":
            posts = [world.next_number("post") for _ in range(3)]
        for place, variation in enumerate(posts):
            world["variations"].put(str(variation), write.variation(article, variation, place), article.created)
            world.facts["parent_of"][str(variation)] = post
        grouped = (
            [r.data["id"] for r in list(world["products"])[-3:]] if write.kind(article.number) == "grouped" else []
        )
        world.facts["post_of"][str(article.number)] = post
        return world["products"].put(str(post), write.product(article, post, posts, grouped), article.created)

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name."""
        return {
            "new_products": self._new_products,
            "renamed": lambda chance, count: self._each(chance, count, self._listed(), self._rename),
            "prices": lambda chance, count: self._each(chance, count, self._sold(), self._price),
            "stock": lambda chance, count: self._each(chance, count, self._stocked(), self._restock),
            "silent_stock": lambda chance, count: self._each(chance, count, self._stocked(), self._restock_silently),
            "drafted_products": lambda chance, count: self._each(chance, count, self._listed(), self._status("draft")),
            "trashed_products": lambda chance, count: self._each(chance, count, self._listed(), self._status("trash")),
            "deleted_products": lambda chance, count: self._each(chance, count, self._listed(), self._delete_product),
            "new_orders": self._new_orders,
            "completed_orders": lambda chance, count: self._each(chance, count, self._open(), self._complete),
            "cancelled_orders": lambda chance, count: self._each(
                chance, count, self._open(), self._status("cancelled")
            ),
            "trashed_orders": lambda chance, count: self._each(chance, count, self._open(), self._status("trash")),
            "deleted_orders": lambda chance, count: self._each(chance, count, self._open(), self._delete),
        }

    def _each(self, chance: random.Random, count: int, candidates: list[Row], act: Any) -> list[str]:
        rows = {row.key: row for row in candidates}
        chosen = pick(chance, list(rows), count)
        for key in chosen:
            act(chance, rows[key])
        return chosen

    def _listed(self) -> list[Row]:
        return [row for row in self.world["products"] if row.data["status"] == "publish"]

    def _sold(self) -> list[Row]:
        simple = [row for row in self._listed() if row.data["type"] == "simple" and row.data["price"]]
        return simple + list(self.world["variations"])

    def _stocked(self) -> list[Row]:
        return [row for row in self._sold() if row.data["manage_stock"] is True]

    def _open(self) -> list[Row]:
        return [row for row in self.world["orders"] if row.data["status"] in OPEN]

    def _of(self, row: Row) -> Collection:
        return next(c for c in self.world.collections.values() if c.rows.get(row.key) is row)

    def _save(self, row: Row, **fields: Any) -> None:
        self._of(row).change(row.key, **fields, **write.stamp("date_modified", self.world.clock.now()))

    def _status(self, status: str) -> Any:
        return lambda _, row: self._save(row, status=status)

    def _rename(self, chance: random.Random, row: Row) -> None:
        self._save(row, name=f"{row.data['name']} (nieuw model {chance.randint(2, 99)})")

    def _price(self, chance: random.Random, row: Row) -> None:
        price = Decimal(row.data["price"]) + Decimal(chance.randint(1, 900)) / 100
        self._save(row, **write.prices(str(price)))

    def count(self, row: Row, quantity: int | Decimal, *, managed: bool | None) -> None:
        """Set the stock of a product or variation; without management the number is not kept."""
        keeps = row.data["manage_stock"] if managed is None else managed
        self._save(row, **write.stock(quantity if keeps is True else None, keeps))
        for key in map(str, row.data.get("variations", [])):
            if self.world["variations"][key].data["manage_stock"] == "parent":
                self.world["variations"].amend(key, **write.stock(quantity, "parent"))

    def _restock(self, chance: random.Random, row: Row) -> None:
        self._save(row, **write.stock(row.data["stock_quantity"] + chance.randint(1, 60), True))

    def _restock_silently(self, chance: random.Random, row: Row) -> None:
        """Change the stock as an order can do it: the time of change stays (API page, trap 3)."""
        self._of(row).amend(row.key, **write.stock(row.data["stock_quantity"] + chance.randint(1, 60), True))

    def _complete(self, _chance: random.Random, row: Row) -> None:
        self._save(row, status="completed", **write.stamp("date_completed", self.world.clock.now()))

    def _delete(self, _chance: random.Random, row: Row) -> None:
        self._of(row).remove(row.key)

    def _delete_product(self, _chance: random.Random, row: Row) -> None:
        """Delete for good, with the variations; lines of old orders lose their product without a new stamp."""
        self.world["products"].remove(row.key)
        for variation in row.data["variations"]:
            self.world["variations"].remove(str(variation))
        for order in self.world["orders"]:
            lines = order.data["line_items"]
            if any(line["product_id"] == row.data["id"] for line in lines):
                orphaned = {"product_id": 0, "variation_id": 0, "sku": None}
                lines = [line | orphaned if line["product_id"] == row.data["id"] else line for line in lines]
                self.world["orders"].amend(order.key, line_items=lines)

    def _new_products(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            article = self.catalogue.article(self.world.next_number("article"))
            row = self.add_product(article)
            now = self.world.clock.now()
            created = {**write.stamp("date_created", now), **write.stamp("date_modified", now)}
            for collection, post in [("products", row.key), *(("variations", str(v)) for v in row.data["variations"])]:
                self.world[collection].change(post, **created)
            self.world["products"].amend(row.key, status="publish")
            added.append(row.key)
        return added

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            sale = self.catalogue.sale("woocommerce", self.world.next_number("sale"))
            order, modified = self.till.order(sale, self.world.clock.now(), "processing")
            added.append(self.world["orders"].put(str(order["id"]), order, modified).key)
        return added
