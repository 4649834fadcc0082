"""One Picqer account: how it starts and what happens in it over time."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from decimal import Decimal

from connectors.picqer.sandbox import products as write
from connectors.picqer.sandbox.orders import OPEN, order
from connectors.picqer.sandbox.receiving import Dock
from include.sandbox.catalogue import Article, Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Row, World


class Account:
    """Builds the records of an account and lets them change. Stock and parts change without touching `updated`."""

    def __init__(self, world: World, catalogue: Catalogue, *, fulfilment: bool) -> None:
        self.world, self.catalogue, self.fulfilment = world, catalogue, fulfilment
        self.dock = Dock(world, catalogue, fulfilment=fulfilment)
        self.products, self.parts = world["products"], world["parts"]

    def build(self) -> None:
        """Fill the world."""
        world, catalogue = self.world, self.catalogue
        for identity, name in write.WAREHOUSES.items():
            world["warehouses"].put(str(identity), {"idwarehouse": identity, "name": name, "active": True})
        if not self.fulfilment:
            for supplier in catalogue.suppliers:
                world["suppliers"].put(str(write.supplier_id(supplier.number)), write.supplier(supplier))
            # One delivers nothing (yet): what nobody names can be deleted.
            self._new_suppliers(random.Random(), 1)
        for article in catalogue.articles():
            self.add_product(article)
        self._compute_virtual_stock()
        for number in range(1, catalogue.orders + 1):
            sale = catalogue.sale("picqer", number)
            record = order(catalogue, sale, sale.placed)
            world["orders"].put(str(record["idorder"]), record)
        self.dock.build()
        world.facts |= {"article": catalogue.size + 1, "sale": catalogue.orders + 1}

    def add_product(self, article: Article) -> Row:
        """Add the product of an article, with its parts."""
        lead = self.catalogue.suppliers[article.supplier - 1].lead_days
        record = write.product(article, lead, fulfilment=self.fulfilment)
        for number, amount in write.part_numbers(article.number, self.catalogue.size):
            part = write.part(self.world.next_number("part", 991), self.catalogue.article(number), amount)
            self.parts.put(str(part["idproduct_part"]), part | {"of": record["idproduct"]})
        return self.products.put(str(record["idproduct"]), record)

    def parts_of(self, key: str) -> list[Row]:
        """Return the parts of a product."""
        return [row for row in self.parts if row.data["of"] == int(key)]

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name."""
        sold = self._sold
        return {
            "new_products": self._new_products,
            "renamed": self._each(sold, self._rename),
            "prices": self._each(lambda: self._plain(sold()), self._price),
            "stock": self._stock,
            "inactivated_products": self._each(lambda: self._plain(sold()), self._activate(False)),
            "activated_products": self._each(self._inactive, self._activate(True)),
            "deleted_products": self._each(self._unused, self._delete_product),
            "moved_suppliers": self._each(lambda: [r for r in sold() if r.data["idsupplier"]], self._move_supplier),
            "parts": self._each(lambda: list(self.parts), self._more_of_a_part),
            "removed_parts": self._each(lambda: list(self.parts), lambda _, row: self.parts.remove(row.key)),
            "renamed_suppliers": self._each(lambda: list(self.world["suppliers"]), self._rename_supplier),
            "deleted_suppliers": self._each(self._unused_suppliers, self._delete_supplier),
            "new_suppliers": self._new_suppliers,
            "new_orders": self._new_orders,
            "completed_orders": self._each(self._open, self._status("completed")),
            "cancelled_orders": self._each(self._open, self._status("cancelled")),
            **self.dock.changes(),
        }

    def _each(self, candidates: Callable[[], list[Row]], act: Callable[[random.Random, Row], object]) -> Change:
        def change(chance: random.Random, count: int) -> list[str]:
            rows = {row.key: row for row in candidates()}
            chosen = pick(chance, list(rows), count)
            for key in chosen:
                act(chance, rows[key])
            return chosen

        return change

    def _sold(self) -> list[Row]:
        return [row for row in self.products if row.data["active"]]

    def _inactive(self) -> list[Row]:
        return [row for row in self.products if not row.data["active"]]

    @staticmethod
    def _plain(rows: list[Row]) -> list[Row]:
        return [row for row in rows if row.data["type"] == "normal" and row.data["price"] != write.ABSURD_PRICE]

    def _unused(self) -> list[Row]:
        """Return products that nothing else names: little can be deleted in Picqer."""
        holders = [self.world[name] for name in ("orders", "purchase_orders")]
        used = {line["idproduct"] for rows in holders for row in rows for line in row.data["products"]}
        used |= {row.data["idproduct"] for row in self.parts} | {row.data["of"] for row in self.parts}
        return [row for row in self._plain(self._sold()) if row.data["idproduct"] not in used]

    def _unused_suppliers(self) -> list[Row]:
        holders = [self.products, self.world["purchase_orders"]]
        used = {row.data["idsupplier"] for rows in holders for row in rows}
        return [row for row in self.world["suppliers"] if row.data["idsupplier"] not in used]

    def _open(self) -> list[Row]:
        return [row for row in self.world["orders"] if row.data["status"] in OPEN]

    def _save(self, row: Row, **fields: object) -> None:
        self.products.change(row.key, **fields, updated=write.wall(self.world.clock.now()))

    def _rename(self, chance: random.Random, row: Row) -> None:
        self._save(row, name=f"{row.data['name']} (nieuw model {chance.randint(2, 99)})")

    def _price(self, chance: random.Random, row: Row) -> None:
        self._save(row, price=row.data["price"] + Decimal(chance.randint(1, 900)) / 100)

    def _restock(self, chance: random.Random, row: Row) -> None:
        first, *others = row.data["stock"]
        stock = write.position(first["idwarehouse"], first["stock"] + chance.randint(1, 60), first["reserved"])
        self.products.amend(row.key, stock=[stock, *others])

    def _stock(self, chance: random.Random, count: int) -> list[str]:
        changed = self._each(lambda: self._plain(self._sold()), self._restock)(chance, count)
        self._compute_virtual_stock()
        return changed

    def _compute_virtual_stock(self) -> None:
        main = {row.data["idproduct"]: row.data["stock"][0]["freestock"] for row in self.products if row.data["stock"]}
        for row in self.products:
            if row.data["type"] == "virtual_composition":
                parts = [part.data for part in self.parts_of(row.key)]
                self.products.amend(row.key, stock=write.virtual_stock(parts, main))

    def _activate(self, active: bool) -> Callable[[random.Random, Row], None]:
        return lambda _, row: self._save(row, active=active)

    def _delete_product(self, _chance: random.Random, row: Row) -> None:
        self.products.remove(row.key)

    def _move_supplier(self, _chance: random.Random, row: Row) -> None:
        """Let another supplier deliver a product."""
        there = [supplier.data["idsupplier"] for supplier in self.world["suppliers"]]
        place = there.index(row.data["idsupplier"]) if row.data["idsupplier"] in there else 0
        self._save(row, idsupplier=there[(place + 1) % len(there)])

    def _more_of_a_part(self, _chance: random.Random, row: Row) -> None:
        self.parts.amend(row.key, amount=row.data["amount"] + 1)

    def _rename_supplier(self, chance: random.Random, row: Row) -> None:
        name = f"{row.data['name']} ({chance.choice(('Oost', 'West', 'Nederland'))})"
        self.world["suppliers"].amend(row.key, name=name)

    def _delete_supplier(self, _chance: random.Random, row: Row) -> None:
        self.world["suppliers"].remove(row.key)

    def _status(self, status: str) -> Callable[[random.Random, Row], None]:
        def act(_chance: random.Random, row: Row) -> None:
            self.world["orders"].change(row.key, status=status, updated=write.wall(self.world.clock.now()))

        return act

    def _new_products(self, _chance: random.Random, count: int) -> list[str]:
        numbers = [self.world.next_number("article") for _ in range(count)]
        now = self.world.clock.now()
        articles = [dataclasses.replace(self.catalogue.article(number), created=now) for number in numbers]
        return [self.add_product(article).key for article in articles]

    def _new_suppliers(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            number = self.world.next_number("supplier", len(self.catalogue.suppliers) + 1)
            record = write.supplier(dataclasses.replace(self.catalogue.suppliers[0], number=number))
            added.append(self.world["suppliers"].put(str(record["idsupplier"]), record).key)
        return added

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            sale = self.catalogue.sale("picqer", self.world.next_number("sale"))
            record = order(self.catalogue, sale, self.world.clock.now(), "processing")
            added.append(self.world["orders"].put(str(record["idorder"]), record).key)
        return added
