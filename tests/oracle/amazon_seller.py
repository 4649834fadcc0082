"""What lichthuis' Amazon account must become: section F examples 14 to 16, rules B1 to B5 and B17."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from include.sandbox import Running
from tests.oracle.systems import System
from tests.oracle.tables import Attributes, Line, Optiply, Seen, Since, money, price, text, utc, whole

NAME = "lichthuis__amazon_seller"
VAT = Decimal("1.21")
Record = Mapping[str, Any]


@dataclasses.dataclass
class Seller:
    """The account as the platform has seen it so far; `settings` are those of the coupling's YAML."""

    optiply: Optiply
    settings: Mapping[str, Any]
    listings: Seen = dataclasses.field(default_factory=Seen)
    inventory: Seen = dataclasses.field(default_factory=Seen)
    orders: Seen = dataclasses.field(default_factory=Seen)
    eans: dict[str, str | None] = dataclasses.field(default_factory=dict)
    asked: str = ""

    def pulled_all(self, running: Running, today: date) -> None:
        """Report and inventory are whole: what is not among them any more is gone. Orders never go."""
        listings, inventory, orders = self._held(running)
        self.listings.all(listings)
        self.inventory.all(inventory)
        self.orders.some(orders)
        self._map()

    def pulled_changed(self, running: Running, today: date) -> None:
        """The report comes whole again, but only a pull of everything may conclude from absence."""
        listings, inventory, orders = self._held(running)
        self.listings.some(listings)
        self.inventory.some(inventory)
        self.orders.some(orders)
        self._map()

    def single(self, running: Running) -> tuple[str, str]:
        """Ship an order, and another one that nobody asks for."""
        shipped = running.admin.change(seed=9, shipped_orders=2)["shipped_orders"]
        self.asked = shipped[0]
        return "sell_orders", self.asked

    def pulled_single(self, running: Running, today: date) -> None:
        self.orders.some({self.asked: self._held(running)[2][self.asked]})
        self._map()

    def _held(self, running: Running) -> tuple[dict[str, Record], dict[str, Record], dict[str, Record]]:
        found = running.admin.state()["collections"]
        self.eans |= {record["asin"]: record["ean"] for record in found["catalog"]}
        listings = {f"{r['sku']}_{r['marketplaceId']}": r for r in found["listings"]}
        inventory = {f"{r['summary']['sellerSku']}_{r['marketplaceId']}": r for r in found["inventory"]}
        return listings, inventory, {r["order"]["AmazonOrderId"]: r for r in found["orders"]}

    def _map(self) -> None:
        self.optiply.forget_problems(NAME)
        products: dict[tuple[str, str], list[str]] = {}
        for key, record in self.listings.records.items():
            products.setdefault((record["asin"], record["marketplaceId"]), []).append(key)
        for (asin, marketplace), keys in products.items():
            self._product(f"{asin}_{marketplace}", keys)
        for key, record in self.orders.records.items():
            self._order(key, record)

    def _product(self, remote_id: str, keys: list[str]) -> None:
        """Several SKUs of one ASIN are one product of a marketplace: the first active one names it (trap 7)."""
        present = [self.listings.records[key] for key in keys if key not in self.listings.gone]
        gone = not present
        candidates = present or [self.listings.records[key] for key in keys]
        # The listings API tells less of the state than the report, and more of the time.
        reported = self.settings["products.source"] == "report"
        main = min(
            candidates, key=lambda r: (r["status"] != "Active", reported and r["status"] == "Incomplete", r["sku"])
        )
        foreign = main["currency"] != "EUR"
        if foreign and main["price"] and not gone:
            self.optiply.problem(NAME, "products", remote_id, "price", "in another currency")
        incomplete = reported and not gone and all(record["status"] == "Incomplete" for record in present)
        stamps = [utc(row["lastUpdatedTime"]) for record in present for row in self._of_sku(record["sku"])]
        stamps += [] if reported else [utc(record["lastUpdatedDate"]) for record in present]
        attributes: Attributes = {
            "name": text(main["itemName"]),
            "sku_code": main["sku"],
            "article_code": main["asin"],
            "ean_code": self.eans[main["asin"]],
            "price": None if foreign or not main["price"] else price(money(Decimal(main["price"]) / VAT)),
            "unlimited_stock": False,
            "stock_level": None if gone else self._stock(present),
            "status": "disabled" if gone or incomplete else "enabled",
            "created_at": None if reported or gone else min(filter(None, (utc(r["createdDate"]) for r in present))),
            "updated_at": max((stamp for stamp in stamps if stamp), default=None),
        }
        if (NAME, remote_id) not in self.optiply.tables["products"]:
            attributes["updated_at"] = attributes["updated_at"] or Since(self.optiply.now)
        self.optiply.put("products", (NAME, remote_id), attributes, deleted=gone, create=not incomplete)

    def _of_sku(self, sku: str) -> list[Record]:
        rows = self.inventory.present().values()
        return [row["summary"] for row in rows if row["summary"]["sellerSku"] == sku]

    def _stock(self, listed: list[Record]) -> int:
        """The total at Amazon over all marketplaces (example 14), the same figures once; else what the seller has."""
        at_amazon = 0
        for record in listed:
            pools = {
                (
                    row["totalQuantity"],
                    row["inventoryDetails"]["fulfillableQuantity"],
                    row["inventoryDetails"]["reservedQuantity"]["totalReservedQuantity"],
                )
                for row in self._of_sku(record["sku"])
            }
            at_amazon += sum(pool[0] for pool in pools)
        own = [record["quantity"] for record in listed if record["quantity"] is not None]
        return whole(at_amazon or sum(own))

    def _order(self, key: str, record: Record) -> None:
        order, status = record["order"], record["order"]["OrderStatus"]
        cancelled, pending = status == "Canceled", status == "Pending"
        header = {"placed": utc(order["PurchaseDate"]), "created_at": utc(order["PurchaseDate"])}
        if status == "Shipped":
            header["completed"] = utc(order["LastUpdateDate"])
        foreign = any(item["ItemPrice"]["CurrencyCode"] != "EUR" for item in record["items"])
        if foreign and not cancelled and not pending:
            self.optiply.problem(NAME, "sell_orders", key, "total_value", "in another currency")
        lines = [] if cancelled or pending else list(self._lines(record))
        self.optiply.order((NAME, key), header, lines, cancelled=cancelled, in_scope=not pending)

    def _lines(self, record: Record) -> Iterator[Line]:
        """What is paid without its tax (B1)."""
        for item in sorted(record["items"], key=lambda item: str(item["OrderItemId"])):
            product = (NAME, f"{item['ASIN']}_{record['order']['MarketplaceId']}")
            known = product in self.optiply.tables["products"]
            value = Decimal(item["ItemPrice"]["Amount"]) - Decimal(item["ItemTax"]["Amount"])
            yield Line(item["OrderItemId"], product if known else None, item["QuantityOrdered"], value)


SYSTEM = System(
    coupling=NAME,
    sandbox={
        "seed": 11,
        "size": 150,
        "orders": 150,
        "settings": {"limits": 0, "report_polls": 0, "delay_seconds": 0},
    },
    changes={
        "new_listings": 3,
        "renamed": 3,
        "prices": 6,
        "own_stock": 8,
        "fba_stock": 8,
        "ended_listings": 4,
        "new_orders": 6,
        "paid_orders": 2,
        "shipped_orders": 2,
        "cancelled_orders": 2,
    },
    expected=Seller,
)
