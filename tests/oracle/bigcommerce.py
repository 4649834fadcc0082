"""What a BigCommerce store must become: rules B1 to B5 and the API's traps."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from include.sandbox import Running
from tests.oracle.systems import System
from tests.oracle.tables import Attributes, Line, Optiply, Seen, price, text, utc

NAME = "fietshoek__bigcommerce"
COMPLETE, REVOKED = ("Shipped", "Completed"), ("Refunded", "Cancelled", "Declined")
Record = Mapping[str, Any]


@dataclasses.dataclass
class Store:
    """The store as the platform has seen it so far."""

    optiply: Optiply
    settings: Mapping[str, Any]
    products: Seen = dataclasses.field(default_factory=Seen)
    variants: Seen = dataclasses.field(default_factory=Seen)
    orders: Seen = dataclasses.field(default_factory=Seen)
    lines: dict[str, list[Record]] = dataclasses.field(default_factory=dict)
    asked: str = ""

    def pulled_all(self, running: Running, _today: date) -> None:
        """Everything is listed; archived orders, and what is not there any more, are gone."""
        found = _held(running)
        self.products.all(_by_id(found["products"]))
        self.variants.all(_by_id(found["variants"]))
        self.orders.all({key: r for key, r in _by_id(found["orders"]).items() if not r["is_deleted"]})
        self._read_lines(found)
        self._map()

    def pulled_changed(self, running: Running, _today: date) -> None:
        """Products and orders come by date_modified, variants whole; nothing shows what is gone."""
        found = _held(running)
        self.products.some(_moved(self.products, found["products"]))
        self.variants.some(_by_id(found["variants"]))
        listed = [record for record in found["orders"] if not record["is_deleted"]]
        self.orders.some(_moved(self.orders, listed))
        self._read_lines(found)
        self._map()

    def single(self, running: Running) -> tuple[str, str]:
        """Count the stock of one variant."""
        before = _by_id(_held(running)["variants"])
        running.admin.change(seed=5, stock=30)
        after = _by_id(_held(running)["variants"])
        self.asked = next(key for key, record in after.items() if record != before[key])
        return "products", self.asked

    def pulled_single(self, running: Running, _today: date) -> None:
        """Only the variant was read: its id means nothing to the list of products, or another product."""
        found = _held(running)
        self.variants.some({self.asked: _by_id(found["variants"])[self.asked]})
        self.products.some({k: r for k, r in _by_id(found["products"]).items() if k == self.asked})
        self._map()

    def _read_lines(self, found: Mapping[str, list[Record]]) -> None:
        """Order products never change here once they are there."""
        of_all = {str(entry["lines"][0]["order_id"]): entry["lines"] for entry in found["order_products"]}
        self.lines = {key: of_all[key] for key in self.orders.records}

    def _map(self) -> None:
        self.optiply.forget_problems(NAME)
        for key, variant in self.variants.records.items():
            self._product(key, variant)
        for key, order in self.orders.records.items():
            self._order(key, order)

    def _product(self, key: str, variant: Record) -> None:
        owner_key = str(variant["product_id"])
        owner = self.products.records[owner_key]
        gone = key in self.variants.gone or owner_key in self.products.gone
        labels = [option["label"] for option in variant["option_values"]]
        tracked = owner["inventory_tracking"]
        level = owner["inventory_level"] if tracked == "product" and labels else variant["inventory_level"]
        own = variant["price"] if variant["price"] is not None else owner["price"]
        attributes: Attributes = {
            "name": " ".join([owner["name"], *labels]),
            "sku_code": text(variant["sku"]),
            "ean_code": text(variant["gtin"]),
            "price": price(Decimal(str(own))),
            "unlimited_stock": tracked == "none",
            "stock_level": None if tracked == "none" or gone else level,
            "status": "enabled" if owner["is_visible"] and not gone else "disabled",
            "created_at": utc(owner["date_created"]),
            "updated_at": utc(owner["date_modified"]),
        }
        create = attributes["status"] == "enabled"
        self.optiply.put("products", (NAME, key), attributes, deleted=gone, create=create)

    def _order(self, key: str, order: Record) -> None:
        complete = order["status"] in COMPLETE
        header = {
            "placed": _mail(order["date_created"]),
            "completed": _mail(order["date_shipped"] or order["date_modified"]) if complete else None,
            "created_at": _mail(order["date_created"]),
        }
        cancelled = order["status"] in REVOKED or key in self.orders.gone
        in_scope = complete or self.settings["sell_orders.pull_all_orders"]
        self.optiply.order((NAME, key), header, self._matched(key), cancelled=cancelled, in_scope=in_scope)

    def _matched(self, key: str) -> Iterator[Line]:
        for line in self.lines[key]:
            product = (NAME, str(line["variant_id"]))
            known = product if product in self.optiply.tables["products"] else None
            why_not = "waiting for parent" if line["variant_id"] else "missing"
            yield Line(str(line["id"]), known, line["quantity"], Decimal(line["total_ex_tax"]), why_not)


def _held(running: Running) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = running.admin.state()["collections"]
    return found


def _by_id(records: list[Record]) -> dict[str, Record]:
    return {str(record["id"]): record for record in records}


def _moved(seen: Seen, records: list[Record]) -> dict[str, Record]:
    """Return the records whose date_modified is another one than before."""
    known = seen.records
    return {
        key: record
        for key, record in _by_id(records).items()
        if key not in known or known[key]["date_modified"] != record["date_modified"]
    }


def _mail(value: str) -> datetime:
    return parsedate_to_datetime(value).astimezone(UTC)


SYSTEM = System(
    coupling=NAME,
    # A call per order: the quota of a larger plan, so that no test waits for it.
    sandbox={"seed": 29, "size": 150, "orders": 150, "settings": {"per_window": 100_000}},
    changes={
        "new_products": 3,
        "renamed": 5,
        "stock": 12,
        "deleted_products": 3,
        "deleted_variants": 2,
        "new_orders": 6,
        "completed_orders": 5,
        "refunded_orders": 4,
        "deleted_orders": 3,
    },
    expected=Store,
)
