"""What a Picqer account must become: examples 8 to 13, rules B2, B4 to B6, B8, B10, B15, the API's traps."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from include.sandbox import Running
from tests.oracle.systems import System
from tests.oracle.tables import Attributes, Key, Line, Optiply, Seen, Since, money, price, text, utc, whole

NAME = "houtrijk__picqer"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
COMPOSED = ("virtual_composition", "composition_with_stock")
IDS = {
    "suppliers": "idsupplier", "products": "idproduct", "parts": "idproduct_part", "orders": "idorder",
    "purchase_orders": "idpurchaseorder", "receipts": "idreceipt",
}  # fmt: skip
LISTED_WHOLE = ("suppliers", "products", "parts")
Record = Mapping[str, Any]


@dataclasses.dataclass
class Account:
    """The account as the platform has seen it so far."""

    optiply: Optiply
    settings: Mapping[str, Any]
    seen: dict[str, Seen] = dataclasses.field(default_factory=lambda: {name: Seen() for name in IDS})

    def pulled_all(self, running: Running, today: date) -> None:
        """What is in neither list of products, nor among suppliers and parts, is gone; orders are only cancelled."""
        for name, records in _state(running).items():
            (self.seen[name].all if name in LISTED_WHOLE else self.seen[name].some)(records)
        self._map()

    def pulled_changed(self, running: Running, today: date) -> None:
        """Lists without a filter come whole and prove no deletion; open orders are asked for again one by one."""
        for name, records in _state(running).items():
            self.seen[name].some(records)
        self._map()

    def single(self, running: Running) -> tuple[str, str]:
        """Change the price of a product."""
        return "products", running.admin.change(seed=9, prices=1)["prices"][0]

    def pulled_single(self, running: Running, today: date) -> None:
        """Only prices have changed since the last pull, so the one product is all there is to see."""
        self.seen["products"].some(_state(running)["products"])
        self._map()

    def _map(self) -> None:
        self.optiply.forget_problems(NAME)
        for key, record in self.seen["suppliers"].records.items():
            self._supplier(key, record)
        for key, record in self.seen["products"].records.items():
            self._product(key, record)
        for key, record in self.seen["products"].records.items():
            self._supplier_product(key, record)
        self._compositions()
        for key, record in self.seen["orders"].records.items():
            self._order(key, record)
        for key, record in self.seen["purchase_orders"].records.items():
            if self._is_ours(record):
                self._purchase_order(key, record)
        for record in self.seen["receipts"].records.values():
            if self._is_ours(record):
                self._receipt(record)

    def _is_ours(self, record: Record) -> bool:
        main = self.settings["stock.main_warehouse"]
        return main is None or record["idwarehouse"] == main

    def _has(self, table: str, key: str) -> bool:
        return (NAME, key) in self.optiply.tables[table]

    def _problem(self, table: str, key: str, field: str, reason: str) -> None:
        self.optiply.problem(NAME, table, key, field, reason)

    def _supplier(self, key: str, record: Record) -> None:
        gone = key in self.seen["suppliers"].gone
        attributes: Attributes = {"name": text(record["name"]), "ignored": gone}
        if self.settings["suppliers.emails"]:
            given = [one for one in re.split(r"[;,\s]+", record["emailaddress"] or "") if one]
            attributes["emails"] = [one for one in given if re.fullmatch(r"[^@]+@[^@.]+(\.[^@.]+)+", one)]
            if attributes["emails"] != given and not gone:
                self._problem("suppliers", key, "emails", "not an e-mail address, left out")
        if not self._has("suppliers", key):
            # The source has no times for suppliers.
            attributes["updated_at"] = Since(self.optiply.now)
        self.optiply.put("suppliers", (NAME, key), attributes, deleted=gone)

    def _product(self, key: str, record: Record) -> None:
        gone = key in self.seen["products"].gone
        status = "enabled" if record["active"] and not gone else "disabled"
        asked = price(Decimal(str(record["price"])))
        if asked is None and not gone:
            self._problem("products", key, "price", "outside 0 to 9999999.99, left out")
        attributes = {
            "name": text(record["name"]),
            "sku_code": text(record["productcode"]),
            "article_code": text(record["productcode"]),
            "ean_code": text(record["barcode"]),
            "price": asked,
            "unlimited_stock": record["type"] == "unlimited_stock",
            "stock_level": self._stock(record),
            "status": status,
            "assembled": record["type"] in COMPOSED,
            "created_at": moment(record["created"]),
            "updated_at": moment(record["updated"]),
        }
        self.optiply.put("products", (NAME, key), attributes, deleted=gone, create=status == "enabled")

    def _stock(self, record: Record) -> int | None:
        if record["type"] == "unlimited_stock":
            return None
        if record["type"] == "virtual_composition":
            return 0
        chosen = self.settings["stock.warehouses"]
        return whole(sum(p["freestock"] for p in record["stock"] if not chosen or str(p["idwarehouse"]) in chosen))

    def _supplier_product(self, product: str, record: Record) -> None:
        """The product's own supplier; one that it had before is gone (B3)."""
        current = f"{product}_{record['idsupplier']}" if record["idsupplier"] else None
        if product in self.seen["products"].gone:
            current = None
        for key, row in self.optiply.tables["supplier_products"].items():
            if row["product"] == (NAME, product) and key[1] != current:
                former: Attributes = {"status": "disabled", "preferred": False}
                self.optiply.put("supplier_products", key, former, deleted=True)
        if current is None:
            return
        days, least, lot = (
            record[name] for name in ("deliverytime", "minimum_purchase_quantity", "purchase_in_quantities_of")
        )
        if days and days > 365:
            self._problem("supplier_products", current, "delivery_time", "longer than 365 days, set to 365")
        supplier = str(record["idsupplier"])
        parents = {"product_id": ("products", product), "supplier_id": ("suppliers", supplier)}
        missing = [field for field, parent in parents.items() if not self._has(*parent)]
        for field in missing:
            self._problem("supplier_products", current, field, "waiting for parent")
        if missing:
            return
        paid = record["fixedstockprice"]
        attributes = {
            "product": (NAME, product),
            "supplier": (NAME, supplier),
            "name": self.optiply.tables["products"][(NAME, product)]["name"],
            "sku_code": text(record["productcode_supplier"]),
            "price": None if paid is None else price(Decimal(str(paid))),
            "minimum_purchase_quantity": least if least and least >= 1 else None,
            "lot_size": lot if lot and lot >= 1 else None,
            "weight": record["weight"] or None,
            "delivery_time": min(days, 365) if days and days > 0 else None,
            "preferred": True,
            "status": "enabled",
        }
        self.optiply.put("supplier_products", (NAME, current), attributes)

    def _compositions(self) -> None:
        seen = self.seen["parts"]
        amounts: dict[tuple[str, str], Decimal] = {}
        for key, record in seen.records.items():
            pair = (str(record["of"]), str(record["idproduct"]))
            amounts.setdefault(pair, Decimal(0))
            if key not in seen.gone:
                amounts[pair] += Decimal(str(record["amount"]))
        for (composed, part), amount in amounts.items():
            key = f"{composed}_{part}"
            parents = {"composed_product_id": composed, "part_product_id": part}
            missing = [field for field, product in parents.items() if not self._has("products", product)]
            for field in missing if amount else []:
                self._problem("product_compositions", key, field, "waiting for parent")
            if not missing:
                attributes = {"composed": (NAME, composed), "part": (NAME, part), "part_quantity": whole(amount)}
                self.optiply.put("product_compositions", (NAME, key), attributes if amount else {}, deleted=not amount)

    def _order(self, key: str, record: Record) -> None:
        status, main = record["status"], self.settings["stock.main_warehouse"]
        header = {"placed": moment(record["created"]), "created_at": moment(record["created"])}
        if status == "completed":
            header["completed"] = moment(record["updated"])
        wanted = status == "completed" or (self.settings["sell_orders.pull_all_orders"] and status != "concept")
        here = main is None or not record["warehouses"] or main in record["warehouses"]
        self.optiply.order(
            (NAME, key), header, self._lines(key, record), cancelled=status == "cancelled", in_scope=wanted and here
        )

    def _lines(self, order: str, record: Record) -> Iterator[Line]:
        for item in record["products"]:
            product = str(item["idproduct"])
            value = Decimal(str(item["price"])) * item["amount"]
            known = (NAME, product) if self._has("products", product) else None
            yield Line(f"{order}_{product}", known, item["amount"], value)

    def _purchase_order(self, key: str, record: Record) -> None:
        lines = self.optiply.tables["buy_order_lines"]
        stored = {line: row for line, row in lines.items() if row["order"] == (NAME, key)}
        if record["status"] == "cancelled":
            self.optiply.put("buy_orders", (NAME, key), _header(record), deleted=True)
            for held in stored:
                self.optiply.put("buy_order_lines", held, {}, deleted=True)
            return
        items = {str(item["idpurchaseorder_product"]): item for item in record["products"]}
        for taken_off in stored:
            if taken_off[1] not in items:
                self.optiply.put("buy_order_lines", taken_off, {}, deleted=True)
        able = {line: item for line, item in items.items() if self._has("products", str(item["idproduct"]))}
        for line in set(items) - set(able):
            self._problem("buy_order_lines", line, "product_id", "waiting for parent")
        supplier = record["idsupplier"]
        if not supplier:
            self._problem("buy_orders", key, "supplier_id", "supplier missing")
        elif not self._has("suppliers", str(supplier)):
            self._problem("buy_orders", key, "supplier_id", "waiting for parent")
        if items and not able and not self._has("buy_orders", key):
            self._problem("buy_orders", key, "lines", "no line matched yet")
        elif able and supplier and self._has("suppliers", str(supplier)):
            self._take_purchase_order((NAME, key), record, able)

    def _take_purchase_order(self, key: Key, record: Record, able: Mapping[str, Record]) -> None:
        values = {line: money(Decimal(str(item["price"])) * item["amount"]) for line, item in able.items()}
        self.optiply.put("buy_orders", key, _header(record) | {"total_value": sum(values.values(), Decimal("0.00"))})
        row = self.optiply.tables["buy_orders"][key]
        # Completed once stays as it was, until something is to come again.
        received = moment(record["completed_at"]) if record["status"] == "received" else None
        row["completed"] = (row["completed"] or received) if received else None
        for line, item in able.items():
            attributes = {
                "order": key,
                "product": (NAME, str(item["idproduct"])),
                "quantity": item["amount"],
                "subtotal_value": values[line],
            }
            self.optiply.put("buy_order_lines", (NAME, line), attributes)

    def _receipt(self, record: Record) -> None:
        """Rows of version 2 count at once and until they are reverted, those of version 1 with a completed receipt."""
        for item in record["products"]:
            key, line = str(item["idreceipt_product"]), (NAME, str(item["idpurchaseorder_product"]))
            old = record["version"] == 1
            if old and (record["status"] != "completed" or not item["amount_receiving"]):
                continue
            reverted = not old and item["reverted_at"] is not None
            removed = line in self.optiply.deleted["buy_order_lines"]
            if not reverted and not removed and not self._has("buy_order_lines", line[1]):
                self._problem("receipt_lines", key, "buy_order_line_id", "waiting for parent")
                continue
            attributes = {
                "line": line,
                "quantity": item["amount_receiving" if old else "amount"],
                "occurred": moment(record["completed_at"] if old else item["created_at"]),
            }
            self.optiply.put("receipt_lines", (NAME, key), attributes, deleted=reverted or removed)


def _header(record: Record) -> Attributes:
    """A purchase order without what follows from its lines."""
    return {
        "supplier": (NAME, str(record["idsupplier"])),
        "placed": moment(record["purchased_at"] or record["created"]),
        "expected_delivery_date": moment(record["delivery_date"]),
        "reference": reference(record),
        "created_at": moment(record["created"]),
    }


def moment(wall: str | None) -> datetime | None:
    """A time of the account's clock in Amsterdam, the second of the hour that comes twice; a day begins at midnight."""
    return utc(datetime.fromisoformat(wall).replace(tzinfo=AMSTERDAM, fold=1).isoformat()) if wall else None


def reference(record: Record) -> int | None:
    """Optiply's number, which its exports put behind a name into one of two fields (API page, section 9)."""
    for field in ("supplier_orderid", "remarks"):
        found = re.search(r"\b(?:OP|Optiply) (\d+)\b", record[field] or "")
        if found:
            return int(found[1])
    return None


def _state(running: Running) -> dict[str, dict[str, Record]]:
    found = running.admin.state()["collections"]
    return {name: {str(record[field]): record for record in found[name]} for name, field in IDS.items()}


SYSTEM = System(
    coupling=NAME,
    sandbox={"seed": 5, "size": 150, "orders": 150, "settings": {"per_minute": 1_000_000}},
    changes={
        "new_products": 3, "renamed": 3, "prices": 5, "stock": 8, "inactivated_products": 2, "activated_products": 2,
        "deleted_products": 2, "moved_suppliers": 3, "parts": 2, "removed_parts": 2, "deleted_suppliers": 1,
        "new_suppliers": 1, "renamed_suppliers": 2, "new_orders": 4, "completed_orders": 5, "cancelled_orders": 3,
        "new_purchase_orders": 2, "purchased_orders": 1, "removed_purchase_lines": 3, "cancelled_purchase_orders": 3,
        "receipts": 4, "completed_receipts": 1, "reverted_receipts": 3, "unordered_receipts": 1,
    },
    expected=Account,
)  # fmt: skip
