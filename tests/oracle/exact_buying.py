"""What the purchase orders and receipts of an Exact Online company must become: examples 4, 27 and 29."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.oracle.exact_units import Units
from tests.oracle.tables import BoughtLine, Optiply, Seen, Since, exact_date, optiply_id, whole

Record = Mapping[str, Any]
CANCELLED = "40"


@dataclasses.dataclass(frozen=True)
class Buying:
    """Computes from the rows seen: `purchases` has one per line, `receipts` hold their lines, `sent_back` returns."""

    optiply: Optiply
    settings: Mapping[str, Any]
    name: str
    seen: Mapping[str, Seen]

    def map(self) -> None:
        orders: dict[str, list[Record]] = {}
        for row in self.seen["purchases"].records.values():
            orders.setdefault(row["PurchaseOrderID"], []).append(row)
        for key, rows in orders.items():
            self._order(key, rows)
        self._made("assembly_orders", "OrderStatus", (50,), "OrderDate", "AssemblyDate")
        self._made("shop_orders", "Status", (30, 40), "EntryDate", "PlannedDate")
        for key, record in self.seen["receipts"].records.items():
            self._receipt(record, gone=key in self.seen["receipts"].gone)
        for key, record in self.seen["sent_back"].records.items():
            # What went back counts below zero (API page, section 10).
            quantity = self._pieces(record["PurchaseOrderLineID"], -Decimal(str(record["ReturnQuantity"])))
            self.optiply.receipt(
                (self.name, key), record["PurchaseOrderLineID"], quantity, exact_date(record["Created"]),
                gone=key in self.seen["sent_back"].gone, returns=True,
            )  # fmt: skip

    def _order(self, key: str, rows: list[Record]) -> None:
        live = [row for row in rows if row["ID"] not in self.seen["purchases"].gone]
        statuses = self.settings["buy_orders.completed_statuses"]
        row = (live or rows)[0]
        changed = max(filter(None, (exact_date(each["Modified"]) for each in rows)))
        complete = str(row["OrderStatus"]) in statuses or str(row["ReceiptStatus"]) in statuses
        cancelled = str(row["OrderStatus"]) == CANCELLED and not complete
        exported = (row["Description"] or "").startswith("Optiply ")
        header = {
            "placed": exact_date(row["OrderDate"]),
            "completed": changed if complete else None,
            "expected_delivery_date": max(
                filter(None, (exact_date(each["ReceiptDate"]) for each in live)), default=None
            ),
            "reference": optiply_id(row["Description"] if exported else row["YourRef"]),
            "created_at": exact_date(row["Created"]),
        }
        lines = [self._line(each) for each in live]
        self.optiply.buy_order((self.name, key), row["Supplier"], header, lines, gone=cancelled or not live)

    def _made(self, kind: str, status: str, complete: tuple[int, ...], placed: str, planned: str) -> None:
        """What the company makes itself is bought of the item's main supplier, at cost; one item per order."""
        setting = {"assembly_orders": "buy_orders.assembly_orders", "shop_orders": "buy_orders.production_orders"}[kind]
        for key, row in self.seen[kind].records.items() if self.settings[setting] else ():
            item = self.seen["items"].records.get(row["Item"], {})
            # Assembly orders tell no time of change.
            told = exact_date(row["Modified"]) if "Modified" in row else Since(self.optiply.now)
            header = {
                "placed": exact_date(row[placed]),
                "completed": told if row[status] in complete else None,
                "expected_delivery_date": exact_date(row[planned]),
                "assembly": True,
                "reference": optiply_id(row.get("YourRef")),
                "created_at": exact_date(row.get("Created")),
            }
            product = (self.name, row["Item"])
            cost = Decimal(str(item["CostPriceStandard"])) if item else None
            line = BoughtLine(
                f"{key}_{row['Item']}",
                product if product in self.optiply.tables["products"] else None,
                whole(row["PlannedQuantity"] * self._factor(row)),
                None if cost is None else cost * row["PlannedQuantity"],
                expected=exact_date(row[planned]),
            )
            gone = key in self.seen[kind].gone
            self.optiply.buy_order((self.name, key), self._supplier(row["Item"]), header, [line], gone=gone)

    def _supplier(self, item: str) -> str | None:
        offers = [(not row["MainSupplier"], key, row["Supplier"])
                  for key, row in self.seen["supplier_items"].present().items() if row["Item"] == item]  # fmt: skip
        own: str | None = self.settings["buy_orders.assembly_supplier"]
        return min(offers)[2] if offers else own

    def _line(self, row: Record) -> BoughtLine:
        product = (self.name, row["Item"])
        known = product in self.optiply.tables["products"]
        amount = Decimal(str(row["AmountFC" if self.settings["buy_orders.foreign_currency"] else "AmountDC"]))
        return BoughtLine(
            row["ID"],
            product if known else None,
            whole(row["Quantity"] * self._factor(row)),
            amount,
            expected=exact_date(row["ReceiptDate"]),
        )

    def _receipt(self, record: Record, *, gone: bool) -> None:
        """A line that lies in several places stands there once per place (API page, trap 9)."""
        lines: dict[str, list[Record]] = {}
        for line in record["GoodsReceiptLines"]:
            lines.setdefault(line["ID"], []).append(line)
        for key, parts in lines.items():
            ordered, units = (
                parts[0]["PurchaseOrderLineID"],
                sum(Decimal(str(part["QuantityReceived"])) for part in parts),
            )
            occurred = exact_date(parts[0]["Created"])
            self.optiply.receipt((self.name, key), ordered, self._pieces(ordered, Decimal(units)), occurred, gone=gone)

    def _pieces(self, line: str, units: Decimal) -> int:
        """Receipts count purchase units; the order's line knows how many pieces one of them is (B10)."""
        ordered = self.seen["purchases"].records.get(line)
        if ordered is None:
            return whole(units)
        pieces = Decimal(str(ordered["Quantity"])) / Decimal(str(ordered["QuantityInPurchaseUnits"]))
        return whole(units * pieces * self._factor(ordered))

    def _factor(self, row: Record) -> Decimal:
        return Units(self.settings, self.seen["items"]).factor(row["Item"])
