"""What happens in a Lightspeed eCom shop over time."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.lightspeed_ecom.sandbox import products as write
from connectors.lightspeed_ecom.sandbox.orders import Till
from connectors.lightspeed_ecom.sandbox.wire import iso, reference, referred
from include.sandbox.catalogue import CENT, VAT, Article, Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Row, World

FIRST_SUPPLIER = 77
FIRST = {"product": 5001, "variant": 9001, "order": 101, "line": 401}
Act = Callable[[random.Random, Row], None]


class Shop:
    """Builds the shop and lets it change."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self.world, self.catalogue, self.till = world, catalogue, Till(world, catalogue.epoch)

    def build(self) -> None:
        """Fill the world: suppliers, products with their variants, then orders."""
        self.world.facts |= {**FIRST, "variants_of": {}}
        for source in self.catalogue.suppliers:
            self._add_supplier(source.number, self.catalogue.article(source.number).created)
        for article in self.catalogue.articles():
            self._add_product(article)
        for number in range(1, self.catalogue.orders + 1):
            sale = self.catalogue.sale("lightspeed", number)
            self.till.place(sale, sale.placed)
        self.world.facts |= {"sale": self.catalogue.orders + 1, "article": self.catalogue.size + 1}
        self.world.facts["supplier"] = len(self.catalogue.suppliers) + 1

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name."""
        acts: dict[str, tuple[str, Callable[[Row], bool], Act]] = {
            "renamed": ("products", _any, self._rename),
            "hidden_products": ("products", _visible, lambda _, row: self._show(row, "hidden")),
            "shown_products": ("products", lambda row: not _visible(row), lambda _, row: self._show(row, "visible")),
            "moved_products": ("products", _any, self._move),
            "unlinked_products": ("products", _supplied, lambda _, row: self._save("products", row, supplier=False)),
            "prices": ("variants", _any, self._price),
            "stock": ("variants", _tracked, self._restock),
            "untracked": ("variants", _tracked, lambda _, row: self._save("variants", row, stockTracking="disabled")),
            "deleted_variants": ("variants", _extra, lambda _, row: self._remove_variant(row.key)),
            "deleted_products": ("products", _any, self._remove_product),
            "renamed_suppliers": ("suppliers", _any, self._rename_supplier),
            "deleted_suppliers": ("suppliers", _any, self._remove_supplier),
            "completed_orders": ("orders", _open, lambda _, row: self._save("orders", row, status="completed_shipped")),
            "cancelled_orders": ("orders", _living, lambda _, row: self._save("orders", row, status="cancelled")),
        }
        return {
            "new_suppliers": self._new_suppliers,
            "new_products": self._new_products,
            **{name: self._each(*act) for name, act in acts.items()},
            "new_orders": self._new_orders,
        }

    def _each(self, collection: str, where: Callable[[Row], bool], act: Act) -> Change:
        def change(chance: random.Random, count: int) -> list[str]:
            rows = {row.key: row for row in self.world[collection] if where(row)}
            chosen = pick(chance, list(rows), count)
            for key in chosen:
                act(chance, rows[key])
            return chosen

        return change

    def _save(self, collection: str, row: Row, **fields: Any) -> None:
        self.world[collection].change(row.key, **fields, updatedAt=iso(self.world.clock.now()))

    def _add_supplier(self, number: int, at: Any) -> str:
        known = self.catalogue.suppliers
        key = FIRST_SUPPLIER + number - 1
        source = known[(number - 1) % len(known)]
        self.world["suppliers"].put(str(key), write.supplier(source, key, at), at)
        return str(key)

    def _add_product(self, article: Article) -> Row:
        """Add the product of an article with its variants."""
        number = self.world.next_number("product")
        product = write.product(article, number, FIRST_SUPPLIER + article.supplier - 1)
        variants = []
        for place in range(3 if write.has_options(article.number) else 1):
            variants.append(self.world.next_number("variant"))
            variant = write.variant(article, variants[-1], number, place, article.created)
            self.world["variants"].put(str(variants[-1]), variant, article.created)
        self.world.facts["variants_of"][str(article.number)] = variants
        return self.world["products"].put(str(number), product, article.created)

    def _rename(self, chance: random.Random, row: Row) -> None:
        self._save("products", row, title=f"{row.data['title']} (nieuw model {chance.randint(2, 99)})")

    def _show(self, row: Row, visibility: str) -> None:
        self._save("products", row, visibility=visibility, isVisible=visibility != "hidden")

    def _move(self, chance: random.Random, row: Row) -> None:
        others = [key for key in self.world["suppliers"].rows if int(key) != referred(row.data["supplier"])]
        self._save("products", row, supplier=reference("suppliers", int(chance.choice(others))))

    def _price(self, chance: random.Random, row: Row) -> None:
        price = Decimal(row.data["priceExcl"]) + Decimal(chance.randint(1, 900)) / 100
        cost = Decimal(row.data["priceCost"] or "1.00") + Decimal(chance.randint(1, 90)) / 100
        self._save("variants", row, priceExcl=price, priceIncl=(price * VAT).quantize(CENT), priceCost=cost)

    def count(self, collection: str, row: Row, level: int) -> None:
        """Set the stock of a variant."""
        self._save(collection, row, stockLevel=level)

    def _restock(self, chance: random.Random, row: Row) -> None:
        self._save("variants", row, stockLevel=int(row.data["stockLevel"]) + chance.randint(1, 60))

    def _remove_variant(self, key: str) -> None:
        """Delete a variant; the lines of its orders lose it without a new time of change."""
        self.world["variants"].remove(key)
        for order in self.world["order_products"]:
            lines = order.data["orderProducts"]
            if any(referred(line["variant"]) == int(key) for line in lines):
                lines = [line | {"variant": False} if referred(line["variant"]) == int(key) else line for line in lines]
                self.world["order_products"].amend(order.key, orderProducts=lines)

    def _remove_product(self, _chance: random.Random, row: Row) -> None:
        for variant in [v for v in self.world["variants"] if referred(v.data["product"]) == row.data["id"]]:
            self._remove_variant(variant.key)
        self.world["products"].remove(row.key)

    def _rename_supplier(self, chance: random.Random, row: Row) -> None:
        self._save("suppliers", row, title=f"{row.data['title']} {chance.randint(2, 99)}".strip())

    def _remove_supplier(self, _chance: random.Random, row: Row) -> None:
        """Delete a supplier; products lose the reference without a new time of change."""
        self.world["suppliers"].remove(row.key)
        for product in self.world["products"]:
            if referred(product.data["supplier"]) == row.data["id"]:
                self.world["products"].amend(product.key, supplier=False)

    def _new_suppliers(self, _chance: random.Random, count: int) -> list[str]:
        now = self.world.clock.now()
        return [self._add_supplier(self.world.next_number("supplier"), now) for _ in range(count)]

    def _new_products(self, _chance: random.Random, count: int) -> list[str]:
        added, now = [], self.world.clock.now()
        for _ in range(count):
            row = self._add_product(self.catalogue.article(self.world.next_number("article")))
            variants = [v.key for v in self.world["variants"] if referred(v.data["product"]) == row.data["id"]]
            for collection, key in [("products", row.key), *(("variants", key) for key in variants)]:
                self.world[collection].change(key, createdAt=iso(now), updatedAt=iso(now))
            added.append(row.key)
        return added

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        """Place orders; what is in them is not found at once (API page, trap 3)."""
        added = []
        for _ in range(count):
            sale = self.catalogue.sale("lightspeed", self.world.next_number("sale"))
            row = self.till.place(sale, self.world.clock.now(), "processing_awaiting_shipment")
            self.world.session.setdefault("fresh", {})[row.key] = 0
            added.append(row.key)
        return added


def _any(_row: Row) -> bool:
    return True


def _visible(row: Row) -> bool:
    return bool(row.data["visibility"] != "hidden")


def _supplied(row: Row) -> bool:
    return referred(row.data["supplier"]) is not None


def _tracked(row: Row) -> bool:
    return bool(row.data["stockTracking"] == "enabled" and row.data["stockLevel"] is not False)


def _extra(row: Row) -> bool:
    return row.data["isDefault"] is False


def _open(row: Row) -> bool:
    return str(row.data["status"]).startswith("processing")


def _living(row: Row) -> bool:
    return bool(row.data["status"] != "cancelled")
