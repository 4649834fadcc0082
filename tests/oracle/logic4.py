"""What a Logic4 administration must become: examples 26 to 29, rules B2, B6, B8, B10, B15 to B17, the page's traps."""

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
from tests.oracle.tables import Attributes, BoughtLine, Key, Line, Optiply, Seen, Since, optiply_id, price, text, whole

NAME = "kantoorwerk__logic4"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# Sell orders are never deleted in Logic4, they get another status.
STREAMS = ("creditors", "products", "stock", "product_suppliers", "composed_parts", "assembly_parts", "orders",
           "invoices", "buy_orders", "buy_order_rows")  # fmt: skip
Record = Mapping[str, Any]


@dataclasses.dataclass
class Administration:
    """The administration as the platform has seen it so far."""

    optiply: Optiply
    settings: Mapping[str, Any]
    seen: dict[str, Seen] = dataclasses.field(default_factory=lambda: {name: Seen() for name in STREAMS})
    hidden: set[str] = dataclasses.field(default_factory=set)
    closed: dict[str, Since] = dataclasses.field(default_factory=dict)

    def pulled_all(self, running: Running, today: date) -> None:
        """What is not there any more is gone; there is no other sign of a deletion (API page, section 7)."""
        for name in STREAMS:
            seen = self.seen[name]
            (seen.some if name in ("orders", "invoices") else seen.all)(_records(running, name))
        self._map(running)

    def pulled_changed(self, running: Running, today: date) -> None:
        """Each change shows in a change time or in a list that is always read whole; an absence proves nothing."""
        for name in STREAMS:
            self.seen[name].some(_records(running, name))
        self._map(running)

    def single(self, running: Running) -> tuple[str, str]:
        """Change the price of a product."""
        return "products", running.admin.change(seed=9, prices=1)["prices"][0]

    def pulled_single(self, running: Running, today: date) -> None:
        """Only this product has changed since the last pull."""
        self.seen["products"].some(_records(running, "products"))
        self._map(running)

    def _map(self, running: Running) -> None:
        visible = _records(running, "visibility")
        self.hidden = {key for key in self.hidden if key not in visible}
        self.hidden |= {key for key, record in visible.items() if not record["IsVisibleOnWebShop"]}
        self.optiply.forget_problems(NAME)
        for key, record in self.seen["creditors"].records.items():
            self._supplier(key, record)
        for key, record in self.seen["products"].records.items():
            self._product(key, record)
        for key, record in self.seen["product_suppliers"].records.items():
            self._supplier_product(key, record)
        self._prefer()
        self._compositions()
        self._sell_orders()
        for key, record in self.seen["buy_orders"].records.items():
            self._buy_order(key, record)
        for key, record in self.seen["buy_order_rows"].records.items():
            self._receipt(key, record)

    def _has(self, table: str, key: str) -> bool:
        return (NAME, key) in self.optiply.tables[table]

    def _problem(self, table: str, key: str, field: str, reason: str) -> None:
        self.optiply.problem(NAME, table, key, field, reason)

    def _supplier(self, key: str, record: Record) -> None:
        gone = key in self.seen["creditors"].gone
        mails = [mail for mail in re.split(r"[;,\s]+", record["EmailAddress"]) if mail]
        attributes: Attributes = {"name": text(record["CompanyName"]) or key, "emails": mails, "ignored": gone}
        attributes["global_location_number"] = record["SupplierGLN"]
        if not self._has("suppliers", key):
            attributes["updated_at"] = Since(self.optiply.now)
        self.optiply.put("suppliers", (NAME, key), attributes, deleted=gone)

    def _product(self, key: str, record: Record) -> None:
        gone, status_id = key in self.seen["products"].gone, str(record["StatusId"])
        disabled = gone or key in self.hidden or status_id in self.settings["status.disabled_statuses"]
        warehouses = self.settings["stock.warehouses"]
        stock = [
            row["FreeStock"]
            for row in self.seen["stock"].present().values()
            if str(row["ProductId"]) == key and (not warehouses or str(row["WarehouseId"]) in warehouses)
        ]
        attributes = {
            "name": text(f"{record['ProductName1']} {record['ProductName2'] or ''}"),
            "sku_code": text(record["ProductCode"]),
            "article_code": key,
            "ean_code": text(record["BarCode1"]),
            "price": price(record["SellPriceGross"]),
            "unlimited_stock": False,
            "stock_level": whole(sum(stock, Decimal(0))),
            "status": "disabled" if disabled else "enabled",
            "not_being_bought": status_id in self.settings["not_being_bought.statuses"],
            "minimum_stock": whole(record["MinimalStock"]),
            "assembled": bool(record["IsComposedProduct"] or record["IsAssemblyProduct"]),
            "created_at": moment(record["DateTimeAdded"]),
            "updated_at": moment(record["DateTimeLastChanged"]),
        }
        self.optiply.put("products", (NAME, key), attributes, deleted=gone, create=not disabled)

    def _supplier_product(self, key: str, record: Record) -> None:
        gone = key in self.seen["product_suppliers"].gone
        product, supplier = str(record["ProductId"]), str(record["CreditorId"])
        missing = [] if self._has("products", product) else ["product_id"]
        missing += [] if self._has("suppliers", supplier) else ["supplier_id"]
        if missing:
            for field in missing if not gone else []:
                self._problem("supplier_products", key, field, "waiting for parent")
            return
        of = self.seen["products"].records[product]
        own = [entry["Value"] for entry in record["CreditorBuyPrices"] if entry["Key"] == 1]
        asked = of["BuyPrice"] if self.settings["supplier_products.price"] == "buy_price" else next(iter(own), None)
        least, lot = whole(of["MinBuyAmount"]), whole(of["BuyCountIncrement"])
        attributes: Attributes = {
            "product": (NAME, product),
            "supplier": (NAME, supplier),
            "name": self.optiply.tables["products"][(NAME, product)]["name"],
            "sku_code": text(record["CreditorProductCode"]),
            "price": price(asked),
            "minimum_purchase_quantity": least if least >= 1 else None,
            "lot_size": lot if lot >= 1 else None,
            "status": "disabled" if gone or of["StatusId"] in (1, 10) else "enabled",
        }
        self.optiply.put("supplier_products", (NAME, key), attributes, deleted=gone)

    def _prefer(self) -> None:
        """Exactly one per product that has an enabled one: the active one, else the one before, else the cheapest."""
        rows = self.optiply.tables["supplier_products"]
        records = self.seen["product_suppliers"].records
        by_product: dict[Key, list[Key]] = {}
        for key, row in rows.items():
            by_product.setdefault(row["product"], []).append(key)
        for keys in by_product.values():
            able = [key for key in keys if rows[key]["status"] == "enabled"]
            candidates = [key for key in able if records[key[1]]["IsActive"]] or able

            def rank(key: Key) -> tuple[Any, ...]:
                paid = rows[key]["price"]
                return (not rows[key]["preferred"], paid if paid else Decimal("Infinity"), key[1])

            chosen = min(candidates, key=rank, default=None)
            for key in keys:
                rows[key]["preferred"] = key == chosen

    def _compositions(self) -> None:
        for name in ("composed_parts", "assembly_parts"):
            for key, record in self.seen[name].records.items():
                gone = key in self.seen[name].gone
                composed, part = key.split("_")
                parents = {"composed_product_id": composed, "part_product_id": part}
                missing = [field for field, product in parents.items() if not self._has("products", product)]
                for field in missing if not gone else []:
                    self._problem("product_compositions", key, field, "waiting for parent")
                quantity = whole(record["Qty"])
                if quantity < 1 and not gone:
                    self._problem("product_compositions", key, "part_quantity", "part_quantity < 1")
                elif not missing:
                    attributes = {"composed": (NAME, composed), "part": (NAME, part), "part_quantity": quantity}
                    self.optiply.put("product_compositions", (NAME, key), attributes, deleted=gone)

    def _sell_orders(self) -> None:
        create, delete = self.settings["sell_orders.create_statuses"], self.settings["sell_orders.delete_statuses"]
        for key, record in self.seen["orders"].records.items():
            status, created = str(record["OrderStatus"]["Id"]), moment(record["CreationDate"])
            header = {"placed": created, "created_at": created}
            in_scope = not create or status in create
            self.optiply.order(
                (NAME, key), header, self._lines("", record), cancelled=status in delete, in_scope=in_scope
            )
        for key, record in self.seen["invoices"].records.items():
            if record["InvoiceBelongsToOrderNumber"] is None:
                created = moment(record["CreationDate"])
                header = {"placed": moment(record["DeliveryDate"]) or created, "created_at": created}
                self.optiply.order((NAME, f"invoice_{key}"), header, self._lines("invoice_", record))

    def _lines(self, prefix: str, record: Record) -> Iterator[Line]:
        for row in record["OrderRows"]:
            if row["IsAssemblyChild"]:
                continue
            product = str(row["ProductId"]) if row["ProductId"] is not None else None
            known = (NAME, product) if product and self._has("products", product) else None
            why_not = "waiting for parent" if product else "missing"
            yield Line(f"{prefix}{row['Id']}", known, whole(row["Qty"]), row["Qty"] * row["NettPrice"], why_not)

    def _buy_order(self, key: str, record: Record) -> None:
        seen = self.seen["buy_orders"]
        # Nobody tells when an order was closed: it is the time at which that was seen, in whole seconds.
        if record["BuyOrderClosed"]:
            self.closed.setdefault(key, Since(self.optiply.now.replace(microsecond=0)))
        placed = moment(record["CreatedAt"])
        header: Attributes = {"placed": placed, "created_at": placed, "completed": self.closed.get(key)}
        header |= {"reference": optiply_id(record["Remarks"]), "assembly": False}
        lines = [
            BoughtLine(
                row_key,
                (NAME, str(row["ProductId"])) if self._has("products", str(row["ProductId"])) else None,
                whole(row["QtyToOrder"]),
                row["QtyToOrder"] * row["Price"],
                row["QtyToDeliver"],
                moment(row["ExpectedDeliveryDate"]),
            )
            for row_key, row in self.seen["buy_order_rows"].present().items()
            if str(row["BuyOrderId"]) == key and row["OrderedOnDateByDistributor"]
        ]
        self.optiply.buy_order((NAME, key), str(record["CreditorId"]), header, lines, gone=key in seen.gone)

    def _receipt(self, key: str, record: Record) -> None:
        """What is not to come any more has come in (B16)."""
        if not record["OrderedOnDateByDistributor"]:
            return
        received = record["QtyToOrder"] - record["QtyToDeliver"]
        receipt = f"{record['BuyOrderId']}_{key}_{record['ProductId']}"
        gone = received <= 0 or key in self.seen["buy_order_rows"].gone
        removed = (NAME, key) in self.optiply.deleted["buy_order_lines"]
        if received != whole(received) and not gone and not removed:
            self._problem("receipt_lines", receipt, "quantity", "not a whole number, rounded down")
        self.optiply.receipt((NAME, receipt), key, whole(received), None, gone=gone)


def moment(wall: str | None) -> datetime | None:
    """A naive time of Amsterdam's wall clock; of the hour that comes twice, the second."""
    if not wall:
        return None
    return datetime.fromisoformat(wall).replace(tzinfo=AMSTERDAM, microsecond=0, fold=1).astimezone(ZoneInfo("UTC"))


def _records(running: Running, name: str) -> dict[str, Record]:
    return {row.key: dict(row.data) for row in running.world[name]}


SYSTEM = System(
    coupling=NAME,
    sandbox={"seed": 5, "size": 150, "orders": 150, "settings": {"per_month": 1_000_000}},
    changes={
        "new_suppliers": 1, "new_products": 3, "renamed": 3, "prices": 5, "ended_products": 2, "hidden_products": 3,
        "shown_products": 3, "stock": 8, "supplier_prices": 4, "deleted_product_suppliers": 2, "parts": 2,
        "renamed_suppliers": 2, "deleted_products": 2, "new_orders": 4, "shipped_orders": 4, "cancelled_orders": 4,
        "new_invoices": 2, "new_buy_orders": 3, "ordered_drafts": 1, "moved_buy_orders": 2, "receipts": 5,
        "processed_deliveries": 2,        "closed_buy_orders": 2, "deleted_buy_orders": 1,
    },
    expected=Administration,
)  # fmt: skip
