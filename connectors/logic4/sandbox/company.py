"""One Logic4 administration: how it starts, and how things are added to it."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.logic4.sandbox.buying import BuyOrderWriter
from connectors.logic4.sandbox.clock import written
from connectors.logic4.sandbox.orders import FIRST_ORDER, OrderWriter
from connectors.logic4.sandbox.products import FIRST_PRODUCT, ProductWriter, pieces
from include.sandbox.catalogue import Article, Catalogue, Sale
from include.sandbox.world import Record, Row, World

COLLECTIONS = (
    "creditors", "products", "visibility", "stock", "product_suppliers", "composed_parts", "assembly_parts",
    "orders", "invoices", "buy_orders", "buy_order_rows", "deliveries",
)  # fmt: skip


class Company:
    """Builds an administration's records and adds new ones."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self.world, self.catalogue = world, catalogue
        self.products, self.orders = ProductWriter(catalogue), OrderWriter(catalogue)
        self.buying = BuyOrderWriter(catalogue)

    def build(self) -> None:
        """Fill the world."""
        world, catalogue = self.world, self.catalogue
        for name in COLLECTIONS:
            world[name]
        for supplier in catalogue.suppliers:
            creditor = self.products.creditor(supplier)
            world["creditors"].put(str(creditor["Id"]), creditor, catalogue.epoch - timedelta(days=900))
        for article in catalogue.articles():
            self.add_product(article, article.created)
        for number in range(1, catalogue.orders + 1):
            sale = catalogue.sale("logic4", number)
            self.add_order(sale, sale.placed)
            if number % 2:
                self.add_invoice(sale, sale.placed + timedelta(hours=5), FIRST_ORDER + number)
        for number in range(1, catalogue.orders // 6 + 1):
            sale = dataclasses.replace(catalogue.sale("logic4 counter", number), number=catalogue.orders + number)
            self.add_invoice(sale, sale.placed, None)
        for number in range(1, self.buying.past + 1):
            self._past_buy_order(number)
        world.facts |= {
            "article": catalogue.size + 1, "sale": catalogue.orders + 1, "invoice": 2 * catalogue.orders,
            "buy_order": self.buying.past + 1,
        }  # fmt: skip

    def add_product(self, article: Article, at: datetime) -> str:
        """Add a product with its visibility, stock, suppliers and parts; return its id."""
        world, product = self.world, self.products.product(article)
        key = str(product["ProductId"])
        world["products"].put(key, product, at)
        world["visibility"].put(key, self.products.visibility(article))
        for stock in self.products.stock(article):
            world["stock"].put(f"{key}_{stock['WarehouseId']}", stock)
        for supplier in self.products.suppliers(article):
            world["product_suppliers"].put(f"{key}_{supplier['CreditorId']}", supplier)
        for flag, name in (("IsComposedProduct", "composed_parts"), ("IsAssemblyProduct", "assembly_parts")):
            if product[flag]:
                for part in self.products.parts(article):
                    world[name].put(f"{key}_{part['ProductId']}", part)
        return key

    def add_order(self, sale: Sale, at: datetime, status: int | None = None) -> str:
        """Add an order; return its id."""
        record = self.orders.order(sale, at, status)
        return self.world["orders"].put(str(record["Id"]), record, at).key

    def add_invoice(self, sale: Sale, at: datetime, order: int | None) -> str:
        """Add an invoice; return its id."""
        record = self.orders.invoice(sale, at, order)
        return self.world["invoices"].put(str(record["Id"]), record, at).key

    def add_buy_order(self, number: int, at: datetime, *, draft: bool = False) -> str:
        """Add an open buy order of products that are there; return its id."""
        made = self.buying.buy_order(number, at, self._bought(number), draft=draft)
        for row in made.rows:
            self.world["buy_order_rows"].put(str(row["BuyOrderRowId"]), row, at)
        return self.world["buy_orders"].put(str(made.header["Id"]), made.header, at).key

    def rows_of(self, order: str) -> list[Row]:
        """Return the rows of a buy order."""
        return [row for row in self.world["buy_order_rows"] if str(row.data["BuyOrderId"]) == order]

    def receive(
        self, order: str, quantities: dict[str, Decimal], at: datetime, *, processed: bool | None = None
    ) -> str:
        """Deliver rows of a buy order; return the delivery's id. What is only announced comes in later."""
        header, number = self.world["buy_orders"][order].data, self.world.next_number("delivery")
        rows = self.world["buy_order_rows"]
        delivery = self.buying.delivery(
            number, header, [(rows[key].data, n) for key, n in quantities.items()], at, processed
        )
        if delivery["DateTimeProcessed"]:
            self.take_in(delivery)
        return self.world["deliveries"].put(str(delivery["BuyOrderDeliveryId"]), delivery, at).key

    def take_in(self, delivery: Record) -> None:
        """Lower what is still to come; the buy order's own change time does not move."""
        rows = self.world["buy_order_rows"]
        for row in delivery["Rows"]:
            left = rows[str(row["BuyOrderRowId"])].data["QtyToDeliver"] - row["Qty_Delivered"]
            rows.change(str(row["BuyOrderRowId"]), QtyToDeliver=max(left, Decimal("0.0")))

    def close(self, order: str, at: datetime) -> None:
        """Close a buy order."""
        orders = self.world["buy_orders"]
        orders.change(order, BuyOrderClosed=True, LastChangedAt=written(at))
        orders[order].modified = at

    def _past_buy_order(self, number: int) -> None:
        """Add an old order: a draft, open, partly in, closed, or closed although something never came."""
        at, kind = self.buying.placed(number), number % 10
        order = self.add_buy_order(number, at, draft=kind == 0)
        if kind < 3:
            return
        left = {row.key: row.data["QtyToOrder"] for row in self.rows_of(order)}
        if kind in (3, 4) or number % 20 == 5:
            left = {key: pieces(quantity // 2) for key, quantity in left.items()}
        self.receive(order, left, at + timedelta(days=1))
        if kind > 4:
            self.close(order, at + timedelta(days=2))

    def _bought(self, number: int) -> list[int]:
        """Return the products of one supplier that can be bought, as numbers of the catalogue."""
        chance = random.Random(f"{self.catalogue.seed}:bought:{number}")
        there = list(self._there())
        supplier = self.catalogue.article(chance.choice(there)).supplier
        return [n for n in there if self.catalogue.article(n).supplier == supplier]

    def _there(self) -> Iterator[int]:
        for row in self.world["products"]:
            if row.data["StatusId"] == 2 and not row.data["IsComposedProduct"]:
                yield int(row.data["ProductId"]) - FIRST_PRODUCT
