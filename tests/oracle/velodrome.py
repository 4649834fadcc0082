"""What velodrome's WooCommerce shop must become: section F examples 30 to 32, rules B1 to B5 and B18."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from include.sandbox import Running
from tests.oracle.tables import Attributes, Line, Optiply, Seen, price, text, utc, whole

NAME = "velodrome__woocommerce"
Record = Mapping[str, Any]


@dataclasses.dataclass
class Velodrome:
    """The shop as the platform has seen it so far."""

    optiply: Optiply
    products: Seen = dataclasses.field(default_factory=Seen)
    variations: Seen = dataclasses.field(default_factory=Seen)
    orders: Seen = dataclasses.field(default_factory=Seen)
    stamps: dict[str, str] = dataclasses.field(default_factory=dict)

    def pulled_all(self, shop: Running) -> None:
        """`status=any` lists everything that is not in the trash."""
        listed, children, orders = _listed(shop)
        self.products.all(listed)
        self.variations.all(children)
        self.orders.some(orders)
        self._map()

    def pulled_changed(self, shop: Running) -> None:
        """The filter sees another time of change; variations are asked for under the products seen (trap 4)."""
        listed, children, orders = _listed(shop)
        seen = {key: record for key, record in listed.items() if self._is_stamped(self.products, key, record)}
        self.products.some(seen)
        under = {str(post) for record in seen.values() for post in record["variations"]}
        self.variations.some({key: record for key, record in children.items() if key in under})
        self.orders.some({key: r for key, r in orders.items() if self._is_stamped(self.orders, key, r)})
        self._map()

    @staticmethod
    def _is_stamped(seen: Seen, key: str, record: Record) -> bool:
        return key not in seen.records or seen.records[key]["date_modified_gmt"] != record["date_modified_gmt"]

    def _map(self) -> None:
        self.optiply.forget_problems(NAME)
        for key, record in self.products.records.items():
            if record["type"] != "variable":
                self._product(key, record, None, gone=key in self.products.gone)
        for parent_key, parent in self.products.records.items():
            for key in map(str, parent["variations"]):
                if key in self.variations.records:
                    gone = key in self.variations.gone or parent_key in self.products.gone
                    self._product(key, self.variations.records[key], parent, gone=gone)
        for key, record in self.orders.records.items():
            self._order(key, record)

    def _product(self, key: str, record: Record, parent: Record | None, *, gone: bool) -> None:
        attributes = _attributes(key, record, parent)
        if gone:
            attributes["status"] = "disabled"
        create = attributes["status"] == "enabled"
        self.optiply.put("products", (NAME, key), attributes, deleted=gone, create=create)

    def _order(self, key: str, record: Record) -> None:
        status = record["status"]
        header = {
            "placed": utc(record["date_created_gmt"]),
            "completed": utc(record["date_completed_gmt"]),
            "created_at": utc(record["date_created_gmt"]),
        }
        self.optiply.order(
            (NAME, key),
            header,
            self._lines(record),
            cancelled=status in ("cancelled", "refunded", "failed"),
            in_scope=status == "completed",
        )

    def _lines(self, record: Record) -> Iterator[Line]:
        for item in record["line_items"]:
            sold = item["variation_id"] or item["product_id"]
            product = (NAME, str(sold))
            known = product in self.optiply.tables["products"]
            why_not = "waiting for parent" if sold else "missing"
            subtotal = Decimal(item["subtotal"])
            yield Line(str(item["id"]), product if known else None, item["quantity"], subtotal, why_not)


def _attributes(key: str, record: Record, parent: Record | None) -> Attributes:
    """Map a simple product, or a variation with its parent."""
    manages, quantity = record["manage_stock"], record["stock_quantity"]
    if manages == "parent":
        assert parent is not None
        manages, quantity = parent["manage_stock"], parent["stock_quantity"]
    tracked = not record["virtual"] and not record["downloadable"] and manages is True
    names = [record["name"]] if parent is None else [parent["name"], *(a["option"] for a in record["attributes"])]
    changed = [utc(r["date_modified_gmt"]) for r in (record, parent) if r]
    published = all(r["status"] == "publish" for r in (record, parent) if r)
    return {
        "name": text(" ".join(names)),
        "sku_code": text(record["sku"]),
        "article_code": key,
        "ean_code": text(record["global_unique_id"]),
        "price": price(Decimal(record["price"])) if record["price"] else None,
        "unlimited_stock": not tracked,
        "stock_level": whole(Decimal(str(quantity))) if tracked else None,
        "status": "enabled" if published else "disabled",
        "created_at": utc(record["date_created_gmt"]),
        "updated_at": max(moment for moment in changed if moment),
    }


def _listed(shop: Running) -> tuple[dict[str, Record], dict[str, Record], dict[str, Record]]:
    found = shop.admin.state()["collections"]
    listed = {str(r["id"]): r for r in found["products"] if r["status"] != "trash"}
    under = {str(post) for record in listed.values() for post in record["variations"]}
    children = {str(r["id"]): r for r in found["variations"] if str(r["id"]) in under}
    return listed, children, {str(r["id"]): r for r in found["orders"] if r["status"] != "trash"}
