"""What happens to products, suppliers and sell orders over time."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.logic4.sandbox.chosen import Act, each, keys
from connectors.logic4.sandbox.clock import written
from connectors.logic4.sandbox.company import Company
from connectors.logic4.sandbox.orders import BUSY, CANCELLED, NEW, SHIPPED, STATUSES
from connectors.logic4.sandbox.products import FIRST_PRODUCT, PHASING_OUT
from connectors.logic4.sandbox.products import STATUSES as PRODUCT_STATUSES
from include.sandbox.remote import Change
from include.sandbox.world import Row


class Changes:
    """The changes by name; each tells Logic4's change times as Logic4 does, or not at all."""

    def __init__(self, company: Company) -> None:
        self.company, self.world, self.catalogue = company, company.world, company.catalogue

    def table(self) -> Mapping[str, Change]:
        """Return the changes, in the order in which they are carried out."""
        visible = self._visible
        return {
            "new_suppliers": self._new_suppliers,
            "new_products": self._new_products,
            "renamed": each(lambda: keys(self.world, "products"), self._rename),
            "prices": each(lambda: keys(self.world, "products"), self._price),
            "ended_products": each(lambda: keys(self.world, "products", StatusId=2), self._end),
            "hidden_products": each(lambda: visible(True), self._show(False)),
            "shown_products": each(lambda: visible(False), self._show(True)),
            "stock": each(lambda: keys(self.world, "stock"), self._stock),
            "supplier_prices": each(lambda: keys(self.world, "product_suppliers"), self._supplier_price),
            "deleted_product_suppliers": each(
                lambda: keys(self.world, "product_suppliers", IsActive=False), self._unsupply
            ),
            "parts": each(lambda: keys(self.world, "composed_parts"), self._part),
            "renamed_suppliers": each(lambda: keys(self.world, "creditors"), self._rename_supplier),
            "deleted_products": each(self._unused_products, self._delete_product),
            "new_orders": self._new_orders,
            "shipped_orders": each(lambda: self._in_status(NEW, BUSY), self._status(SHIPPED)),
            "cancelled_orders": each(lambda: self._in_status(NEW, BUSY, SHIPPED), self._status(CANCELLED)),
            "new_invoices": self._new_invoices,
        }

    def _visible(self, on_webshop: bool) -> list[str]:
        return keys(self.world, "visibility", IsVisibleOnWebShop=on_webshop)

    def _in_status(self, *statuses: int) -> list[str]:
        return [row.key for row in self.world["orders"] if row.data["OrderStatus"]["Id"] in statuses]

    def _save_product(self, key: str, **fields: Any) -> Row:
        now = self.world.clock.now()
        return self.world["products"].change(key, **fields, DateTimeLastChanged=written(now))

    def _rename(self, chance: random.Random, key: str) -> None:
        name = self.world["products"][key].data["ProductName1"]
        self._save_product(key, ProductName1=f"{name} (nieuw model {chance.randint(2, 99)})")

    def _price(self, chance: random.Random, key: str) -> None:
        more = Decimal(chance.randint(1, 900)) / 100
        data = self.world["products"][key].data
        self._save_product(key, SellPriceGross=data["SellPriceGross"] + more, BuyPrice=data["BuyPrice"] + more / 2)

    def _end(self, _chance: random.Random, key: str) -> None:
        self._save_product(key, StatusId=PHASING_OUT, Statusname=PRODUCT_STATUSES[PHASING_OUT])

    def _show(self, on_webshop: bool) -> Act:
        def act(_chance: random.Random, key: str) -> None:
            self.world["visibility"].change(key, IsVisibleOnWebShop=on_webshop)
            self._save_product(key)

        return act

    def _stock(self, chance: random.Random, key: str) -> None:
        """Book stock; the product's own total follows, its change time does not."""
        data, more = self.world["stock"][key].data, Decimal(chance.randint(-5, 60))
        self.world["stock"].change(key, Qty=data["Qty"] + more, FreeStock=data["FreeStock"] + more)
        product = self.world["products"][str(data["ProductId"])]
        self.world["products"].amend(product.key, FreeStock=product.data["FreeStock"] + more)

    def _supplier_price(self, chance: random.Random, key: str) -> None:
        """Change a supplier's prices; the product shows it in its change time (unverified)."""
        more, row = Decimal(chance.randint(1, 300)) / 100, self.world["product_suppliers"][key]
        prices = [price | {"Value": price["Value"] + more} for price in row.data["CreditorBuyPrices"]]
        self.world["product_suppliers"].change(key, CreditorBuyPrices=prices)
        self._save_product(str(row.data["ProductId"]))

    def _unsupply(self, _chance: random.Random, key: str) -> None:
        self.world["product_suppliers"].remove(key)

    def _part(self, _chance: random.Random, key: str) -> None:
        self.world["composed_parts"].change(key, Qty=self.world["composed_parts"][key].data["Qty"] + 1)
        self._save_product(key.partition("_")[0])

    def _rename_supplier(self, chance: random.Random, key: str) -> None:
        name = f"{self.world['creditors'][key].data['CompanyName']} ({chance.choice(('Oost', 'West'))})"
        self.world["creditors"].change(key, CompanyName=name)

    def _status(self, status: int) -> Act:
        def act(_chance: random.Random, key: str) -> None:
            named = {"Id": status, "Value": STATUSES[status]}
            rows = [
                row | {"QtyDeliverd": row["Qty"] if status == SHIPPED else row["QtyDeliverd"]}
                for row in self.world["orders"][key].data["OrderRows"]
            ]
            self.world["orders"].change(key, OrderStatus=named, OrderRows=rows)

        return act

    def _unused_products(self) -> list[str]:
        """Return the products that nothing points to."""
        used = {row["ProductId"] for order in self.world["orders"] for row in order.data["OrderRows"]}
        used |= {row["ProductId"] for invoice in self.world["invoices"] for row in invoice.data["OrderRows"]}
        used |= {row.data["ProductId"] for row in self.world["buy_order_rows"]}
        for name in ("composed_parts", "assembly_parts"):
            used |= {int(number) for row in self.world[name] for number in row.key.split("_")}
        return [key for key in keys(self.world, "products") if int(key) not in used]

    def _delete_product(self, _chance: random.Random, key: str) -> None:
        self.world["products"].remove(key)
        self.world["visibility"].remove(key)
        for name in ("stock", "product_suppliers"):
            for part in keys(self.world, name, ProductId=int(key)):
                self.world[name].remove(part)

    def _new_suppliers(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            number = self.world.next_number("supplier", len(self.catalogue.suppliers) + 1)
            supplier = dataclasses.replace(self.catalogue.suppliers[0], number=number)
            creditor = self.company.products.creditor(supplier)
            added.append(self.world["creditors"].put(str(creditor["Id"]), creditor).key)
        return added

    def _new_products(self, _chance: random.Random, count: int) -> list[str]:
        now = self.world.clock.now()
        articles = [self.catalogue.article(self.world.next_number("article")) for _ in range(count)]
        return [self.company.add_product(dataclasses.replace(article, created=now), now) for article in articles]

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        """Sell what is still there."""
        added = []
        for _ in range(count):
            sale = self.catalogue.sale("logic4", self.world.next_number("sale"))
            lines = tuple(line for line in sale.lines if str(FIRST_PRODUCT + line[0]) in self.world["products"])
            sale = dataclasses.replace(sale, lines=lines or sale.lines[:1])
            added.append(self.company.add_order(sale, self.world.clock.now(), NEW))
        return added

    def _new_invoices(self, _chance: random.Random, count: int) -> list[str]:
        """Sell over the counter."""
        added = []
        for _ in range(count):
            number = self.world.next_number("invoice")
            lines = self.catalogue.sale("logic4 counter", number).lines
            lines = tuple(line for line in lines if str(FIRST_PRODUCT + line[0]) in self.world["products"]) or lines[:1]
            sale = dataclasses.replace(self.catalogue.sale("logic4 counter", number), lines=lines)
            added.append(self.company.add_invoice(sale, self.world.clock.now(), None))
        return added
