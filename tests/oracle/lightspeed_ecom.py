"""What lumeno's Lightspeed eCom shop must become: section F examples 17 to 21, rules B1 to B5, B7, B10, B17 and B18."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from include.sandbox import Running
from tests.oracle.systems import System
from tests.oracle.tables import Attributes, Key, Line, Optiply, Seen, price, text, utc, whole

NAME = "lumeno__lightspeed_ecom"
LISTED = ("suppliers", "products", "variants", "orders")
Record = Mapping[str, Any]


@dataclasses.dataclass
class Shop:
    """The shop as the platform has seen it so far; `settings` are those of the coupling's YAML."""

    optiply: Optiply
    settings: Mapping[str, Any]
    seen: dict[str, Seen] = dataclasses.field(
        default_factory=lambda: {name: Seen() for name in (*LISTED, "order_products")}
    )

    asked: str = ""

    def pulled_all(self, running: Running, _today: date) -> None:
        for name in LISTED:
            found = _held(running, name)
            if name == "orders":
                self._orders_seen(running, found)
            else:
                self.seen[name].all(found)
        self._map()

    def pulled_changed(self, running: Running, _today: date) -> None:
        for name in LISTED:
            self._changed(running, name)
        self._map()

    def single(self, running: Running) -> tuple[str, str]:
        self.asked = running.admin.change(seed=5, prices=1)["prices"][0]
        return "products", self.asked

    def pulled_single(self, running: Running, _today: date) -> None:
        """Each variant has a call of its own; of the parents what changed is caught up."""
        self._changed(running, "products")
        self.seen["variants"].some({key: r for key, r in _held(running, "variants").items() if key == self.asked})
        self._map()

    def _changed(self, running: Running, name: str) -> None:
        """The filter finds what has another time of change; what happened without one stays unseen."""
        known = self.seen[name].records
        found = {
            key: record
            for key, record in _held(running, name).items()
            if key not in known or known[key]["updatedAt"] != record["updatedAt"]
        }
        if name == "orders":
            self._orders_seen(running, found)
        else:
            self.seen[name].some(found)

    def _orders_seen(self, running: Running, found: Mapping[str, Record]) -> None:
        """What is in an order is asked for only when the order is new or changed."""
        known = self.seen["orders"].records
        news = {key for key, record in found.items() if known.get(key) != record}
        inside = _held(running, "order_products")
        self.seen["order_products"].some({key: inside[key] for key in news})
        self.seen["orders"].some(found)

    def _map(self) -> None:
        self.optiply.forget_problems(NAME)
        for key, record in self.seen["suppliers"].records.items():
            self._supplier(key, record)
        for key, record in self.seen["variants"].records.items():
            self._product(key, record)
        self._supplier_products()
        for key, record in self.seen["orders"].records.items():
            self._order(key, record)

    def _supplier(self, key: str, record: Record) -> None:
        gone = key in self.seen["suppliers"].gone
        attributes = {
            "name": text(_told(record["title"])) or key,
            "ignored": gone,
            "created_at": utc(record["createdAt"]),
            "updated_at": utc(record["updatedAt"]),
        }
        self.optiply.put("suppliers", (NAME, key), attributes, deleted=gone)

    def _parent(self, variant: Record) -> tuple[Record, bool]:
        """Return the variant's product and whether that is gone."""
        key = str(variant["product"]["resource"]["id"])
        return self.seen["products"].records[key], key in self.seen["products"].gone

    def _product(self, key: str, record: Record) -> None:
        parent, parent_gone = self._parent(record)
        gone = parent_gone or key in self.seen["variants"].gone
        tracked, level = record["stockTracking"] != "disabled", _number(record["stockLevel"])
        if tracked and level is None and not gone:
            self.optiply.problem(NAME, "products", key, "stock_level", "stock is unknown")
            return
        hidden = parent["visibility"] == "hidden" and not self.settings["status.sync_hidden"]
        changed = [moment for r in (record, parent) if (moment := utc(r["updatedAt"]))]
        attributes: Attributes = {
            "name": " ".join(filter(None, (text(_told(r["title"])) for r in (parent, record)))),
            "sku_code": text(_told(record["sku"])),
            "article_code": text(_told(record["articleCode"])),
            "ean_code": text(_told(record["ean"])),
            "price": price(_number(record["priceExcl"])),
            "unlimited_stock": not tracked,
            "stock_level": whole(level) if tracked and level is not None else None,
            "status": "disabled" if hidden or gone else "enabled",
            "created_at": utc(record["createdAt"]),
            "updated_at": max(changed),
        }
        create = attributes["status"] == "enabled"
        self.optiply.put("products", (NAME, key), attributes, deleted=gone, create=create)

    def _supplier_products(self) -> None:
        """The product's supplier times its variants; what is not among them any more is gone."""
        found: set[Key] = set()
        for key, record in self.seen["variants"].records.items():
            parent, parent_gone = self._parent(record)
            if parent["supplier"]:
                supplier = str(parent["supplier"]["resource"]["id"])
                found.add((NAME, f"{key}_{supplier}"))
                self._supplier_product(key, supplier, record, gone=parent_gone or key in self.seen["variants"].gone)
        for name, row in self.optiply.tables["supplier_products"].items():
            if name not in found:
                left = {"name": self._name_of(row["product"]), "status": "disabled", "preferred": False}
                self.optiply.put("supplier_products", name, left, deleted=True)

    def _supplier_product(self, variant: str, supplier: str, record: Record, *, gone: bool) -> None:
        parents: dict[str, tuple[str, Key]] = {
            "product_id": ("products", (NAME, variant)),
            "supplier_id": ("suppliers", (NAME, supplier)),
        }
        missing = [field for field, (table, parent) in parents.items() if parent not in self.optiply.tables[table]]
        if missing:
            for field in missing if not gone else []:
                self.optiply.problem(NAME, "supplier_products", f"{variant}_{supplier}", field, "waiting for parent")
            return
        lot = _number(record["colli"]) if self.settings["supplier_products.lot_size"] else None
        attributes = {
            "product": (NAME, variant),
            "supplier": (NAME, supplier),
            "name": self._name_of((NAME, variant)),
            "ean_code": text(_told(record["ean"])),
            "weight": _number(record["weight"]) or None,
            "price": price(_number(record["priceCost"])),
            "lot_size": whole(lot) if lot and lot >= 1 else None,
            "status": "disabled" if gone else "enabled",
            # A product has one supplier, so that one is preferred (B6).
            "preferred": not gone,
        }
        self.optiply.put("supplier_products", (NAME, f"{variant}_{supplier}"), attributes, deleted=gone)

    def _name_of(self, product: Key) -> str | None:
        name: str | None = self.optiply.tables["products"][product]["name"]
        return name

    def _order(self, key: str, record: Record) -> None:
        status, changed = record["status"], utc(record["updatedAt"])
        header = {
            "placed": utc(record["createdAt"]),
            "completed": changed if status.startswith("completed") else None,
            "created_at": utc(record["createdAt"]),
        }
        self.optiply.order(
            (NAME, key),
            header,
            self._lines(key),
            cancelled=status in self.settings["sell_orders.delete_statuses"],
            in_scope=status.startswith(("processing", "completed")),
        )

    def _lines(self, order: str) -> Iterator[Line]:
        for item in self.seen["order_products"].records[order]["orderProducts"]:
            sold = (NAME, str(item["variant"]["resource"]["id"])) if item["variant"] else None
            known = sold if sold in self.optiply.tables["products"] else None
            # Line totals without VAT (B1).
            subtotal = Decimal(str(item["priceExcl"]))
            why_not = "waiting for parent" if sold else "missing"
            yield Line(str(item["id"]), known, whole(Decimal(str(item["quantityOrdered"]))), subtotal, why_not)


def _held(running: Running, name: str) -> dict[str, Record]:
    return {row.key: dict(row.data) for row in running.world[name]}


def _told(value: Any) -> Any:
    """`false` and an empty text stand for nothing."""
    return None if value is False or value == "" else value


def _number(value: Any) -> Decimal | None:
    told = _told(value)
    return None if told is None else Decimal(str(told))


SYSTEM = System(
    coupling=NAME,
    sandbox={
        "seed": 13,
        "size": 240,
        "orders": 150,
        "settings": {"per_five_minutes": 10**6, "per_hour": 10**6, "per_day": 10**6},
    },
    changes={
        "new_suppliers": 1, "new_products": 4, "renamed": 5, "hidden_products": 3, "shown_products": 3,
        "moved_products": 4, "unlinked_products": 3, "prices": 6, "stock": 8, "untracked": 2, "deleted_variants": 3,
        "deleted_products": 3, "renamed_suppliers": 2, "deleted_suppliers": 1, "completed_orders": 4,
        "cancelled_orders": 4, "new_orders": 6,
    },
    expected=Shop,
)  # fmt: skip
