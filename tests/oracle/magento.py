"""What a Magento shop must become: section F examples 22 to 25, rules B1 to B5, B18; page "Magento 2", section 10."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from include.sandbox import Running
from tests.oracle.systems import System
from tests.oracle.tables import Attributes, Key, Line, Optiply, Seen, price, text, utc, whole

NAME = "tuinhuys__magento"
Record = Mapping[str, Any]


@dataclasses.dataclass
class Shop:
    """The shop as the platform has seen it so far: products by SKU, stock by product id, orders by id."""

    optiply: Optiply
    settings: Mapping[str, Any]
    products: Seen = dataclasses.field(default_factory=Seen)
    orders: Seen = dataclasses.field(default_factory=Seen)
    stock: dict[int, Record] = dataclasses.field(default_factory=dict)
    sets: set[int] = dataclasses.field(default_factory=set)
    asked: str = ""

    def pulled_all(self, running: Running, _today: date) -> None:
        """Everything is listed; a SKU that is not there any more is gone."""
        found = _held(running)
        self.products.all(_by_sku(found))
        self.orders.some({str(r["entity_id"]): r for r in found["orders"]})
        self._read_stock(found, found["products"])
        self._map()

    def pulled_changed(self, running: Running, _today: date) -> None:
        """The filter sees another updated_at; stock has none, so all of it is read (API page, section 5)."""
        found = _held(running)
        orders = {str(r["entity_id"]): r for r in found["orders"]}
        self.products.some({k: r for k, r in _by_sku(found).items() if _is_stamped(self.products, k, r)})
        self.orders.some({k: r for k, r in orders.items() if _is_stamped(self.orders, k, r)})
        self._read_stock(found, found["products"])
        self._map()

    def single(self, running: Running) -> tuple[str, str]:
        """Sell and receive some goods; ask for one product, by a SKU that has to be quoted in a path."""
        moved = running.admin.change(seed=8, stock=60)["stock"]
        skus = sorted(r["sku"] for r in _held(running)["products"] if str(r["id"]) in moved)
        self.asked = next(sku for sku in skus if "/" in sku)
        return "products", self.asked

    def pulled_single(self, running: Running, _today: date) -> None:
        """One product and its stock were read."""
        found = _held(running)
        record = _by_sku(found)[self.asked]
        self.products.some({self.asked: record})
        self._read_stock(found, [record])
        self._map()

    def _read_stock(self, found: Mapping[str, list[Record]], of: list[Record]) -> None:
        wanted = {record["id"] for record in of}
        self.stock |= {r["product_id"]: r for r in found["stock_statuses"] if r["product_id"] in wanted}

    def _map(self) -> None:
        self.optiply.forget_problems(NAME)
        newest = self._newest()
        self.sets = {record["id"] for _, record in newest if _is_set(record)}
        for sku, record in newest:
            gone = sku in self.products.gone
            attributes = self._attributes(record)
            if gone:
                attributes |= {"status": "disabled", "stock_level": None}
            create = attributes["status"] == "enabled"
            self.optiply.put("products", (NAME, str(record["id"])), attributes, deleted=gone, create=create)
        for sku, record in newest:
            self._parts(record, gone=sku in self.products.gone)
        for key, record in self.orders.records.items():
            self._order(key, record)

    def _parts(self, record: Record, *, gone: bool) -> None:
        """A composition for each part; one that is stored and not told any more is gone."""
        composed = str(record["id"])
        told: dict[Key, tuple[str, int]] = {}
        for sku, quantity in _members(record):
            part = self.products.records.get(sku)
            piece = str(part["id"]) if part else f"SKU {sku}"
            told[(NAME, f"{composed}_{piece}")] = (piece, quantity)
        for key, row in self.optiply.tables["product_compositions"].items():
            if row["composed"] == (NAME, composed) and (gone or key not in told):
                self.optiply.put("product_compositions", key, {}, deleted=True)
        for key, (piece, quantity) in told.items() if not gone else ():
            products = {"composed_product_id": (NAME, composed), "part_product_id": (NAME, piece)}
            missing = [field for field, product in products.items() if product not in self.optiply.tables["products"]]
            for field in missing:
                self.optiply.problem(NAME, "product_compositions", key[1], field, "waiting for parent")
            if not missing:
                attributes = {"composed": (NAME, composed), "part": (NAME, piece), "part_quantity": quantity}
                self.optiply.put("product_compositions", key, attributes)

    def _newest(self) -> list[tuple[str, Record]]:
        """One record per id: a product that got another SKU is the same product (API page, trap 3)."""
        chosen: dict[int, tuple[tuple[bool, str], str, Record]] = {}
        for sku, record in self.products.records.items():
            rank = (sku not in self.products.gone, record["updated_at"])
            known = chosen.get(record["id"])
            if known is None or rank > known[0]:
                chosen[record["id"]] = (rank, sku, record)
        return [(sku, record) for _, sku, record in chosen.values()]

    def _attributes(self, record: Record) -> Attributes:
        stock, kind = self.stock[record["id"]], record["type_id"]
        unlimited = kind != "simple" or stock["stock_item"]["manage_stock"] is False
        codes = {entry["attribute_code"]: entry["value"] for entry in record["custom_attributes"]}
        amount = Decimal(str(record.get("price", 0)))
        composed = kind in ("configurable", "bundle", "grouped")
        # Outside is what can be sold: use_salable_quantity is true by default.
        return {
            "name": text(record["name"]),
            "sku_code": record["sku"],
            "article_code": str(record["id"]),
            "ean_code": codes.get(self.settings["ean.attribute"]),
            "price": None if composed and not amount else price(amount),
            "unlimited_stock": unlimited,
            "stock_level": 0 if unlimited else whole(Decimal(str(stock["qty"]))),
            "status": "enabled" if record["status"] == 1 else "disabled",
            "assembled": _is_set(record),
            "created_at": utc(record["created_at"]),
            "updated_at": utc(record["updated_at"]),
        }

    def _order(self, key: str, record: Record) -> None:
        complete = record["state"] == "complete"
        header = {
            "placed": utc(record["created_at"]),
            "completed": utc(record["updated_at"]) if complete else None,
            "created_at": utc(record["created_at"]),
        }
        cancelled = record["state"] in ("canceled", "closed")
        self.optiply.order((NAME, key), header, self._lines(record["items"]), cancelled=cancelled, in_scope=complete)

    def _is_sold_as_set(self, item: Record) -> bool:
        return item["product_type"] == "bundle" and item["product_id"] in self.sets

    def _lines(self, items: list[Record]) -> Iterator[Line]:
        """A configurable product is its child at the parent's amount; a bundle's own line keeps what is left.

        Rounded, its parts may come to a cent more than the bundle: then nothing is left. A bundle without a choice is
        sold as one thing, of which Optiply knows the parts (B8).
        """
        by_id = {item["item_id"]: item for item in items}
        below: dict[int, Decimal] = {}
        for item in items:
            if item["parent_item_id"]:
                parent = item["parent_item_id"]
                below[parent] = below.get(parent, Decimal(0)) + _amount(item)
        for item in items:
            above = by_id.get(item["parent_item_id"])
            if item["product_type"] == "configurable" or (above is not None and self._is_sold_as_set(above)):
                continue
            amount = _amount(item)
            if self._is_sold_as_set(item):
                amount = max(amount, below.get(item["item_id"], Decimal(0)))
            elif item["item_id"] in below:
                amount = max(amount - below[item["item_id"]], Decimal(0))
            if above is not None and above["product_type"] == "configurable":
                amount = _amount(above)
            product = (NAME, str(item["product_id"]))
            known = product if product in self.optiply.tables["products"] else None
            yield Line(str(item["item_id"]), known, item["qty_ordered"], amount)


def _is_set(record: Record) -> bool:
    """A group, or a bundle that is always the same: no option is left out, none has two products."""
    options = record["extension_attributes"].get("bundle_product_options", [])
    same = [option["required"] and len(option["product_links"]) < 2 for option in options]
    return record["type_id"] == "grouped" or (bool(same) and all(same))


def _members(record: Record) -> Iterator[tuple[str, int]]:
    if record["type_id"] == "grouped":
        for link in record["product_links"]:
            if link["link_type"] == "associated":
                yield link["linked_product_sku"], link["extension_attributes"]["qty"]
    elif _is_set(record):
        for option in record["extension_attributes"]["bundle_product_options"]:
            for link in option["product_links"]:
                yield link["sku"], link["qty"]


def _amount(item: Record) -> Decimal:
    return Decimal(str(item["base_row_total"]))


def _held(running: Running) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = running.admin.state()["collections"]
    return found


def _by_sku(found: Mapping[str, list[Record]]) -> dict[str, Record]:
    return {record["sku"]: record for record in found["products"]}


def _is_stamped(seen: Seen, key: str, record: Record) -> bool:
    return key not in seen.records or seen.records[key]["updated_at"] != record["updated_at"]


SYSTEM = System(
    coupling=NAME,
    sandbox={"seed": 19, "size": 150, "orders": 150},
    changes={
        "new_products": 3, "renamed": 4, "new_skus": 2, "prices": 5, "imported_prices": 4, "stock": 8,
        "disabled_products": 2, "deleted_products": 3, "completed_orders": 5, "cancelled_orders": 3,
        "refunded_orders": 3, "new_orders": 6,
    },
    expected=Shop,
)  # fmt: skip
