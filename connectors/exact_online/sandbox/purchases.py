"""Purchase orders, goods receipts and goods sent back, as Exact Online writes them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.exact_online.sandbox.items import ItemWriter, per_purchase_unit
from connectors.exact_online.sandbox.odata import date
from include.sandbox.catalogue import HISTORY_DAYS, Catalogue
from include.sandbox.world import Record

OPEN, PARTIAL, COMPLETE, CANCELLED = 10, 20, 30, 40
FIRST_ORDER = 30_000_000
RATE = Decimal("1.08")
"""Units of the order's currency per euro."""
HEADER = (
    "PurchaseOrderID", "OrderNumber", "OrderStatus", "ReceiptStatus", "InvoiceStatus", "ApprovalStatus", "Source",
    "OrderDate", "Supplier", "SupplierCode", "Warehouse", "YourRef", "Description", "Remarks", "PurchaseAgent",
    "Currency", "DropShipment", "Division", "Created", "Modified",
)  # fmt: skip
LINE_FIELDS = (
    "ID", "PurchaseOrderID", "LineNumber", "Item", "ItemCode", "ItemDescription", "Quantity", "QuantityInPurchaseUnits",
    "ReceivedQuantity", "InvoicedQuantity", "UnitPrice", "NetPrice", "AmountDC", "AmountFC", "Unit", "SupplierItemCode",
    "Notes", "ReceiptDate", "Modified",
)  # fmt: skip
"""The fields of a row that are the order's, and those that are the line's."""


def boxes(line: Record) -> int:
    """Return how many purchase units of a line are still to be received."""
    pieces = line["Quantity"] // line["QuantityInPurchaseUnits"]
    return int((line["Quantity"] - line["ReceivedQuantity"]) // pieces)


class PurchaseWriter:
    """Writes the buying of one division. The sync endpoint has one row per line, with the header's fields in each."""

    def __init__(self, catalogue: Catalogue, items: ItemWriter, division: int) -> None:
        self._catalogue, self._items, self._division = catalogue, items, division
        self.orders = max(24, catalogue.orders // 6)

    def placed(self, number: int) -> datetime:
        """Return when an order of the past was placed: they are spread over the history."""
        age = timedelta(days=HISTORY_DAYS) * (1 - number / (self.orders + 1))
        return self._catalogue.epoch - age

    def status(self, number: int, placed: datetime) -> int:
        """Return the receipt status of an order of the past."""
        chance = random.Random(f"{self._catalogue.seed}:exact purchase:{number}")
        fresh = placed > self._catalogue.epoch - timedelta(days=15)
        weights = (55, 30, 10, 5) if fresh else (8, 12, 72, 8)
        return chance.choices((OPEN, PARTIAL, COMPLETE, CANCELLED), weights)[0]

    def order(self, number: int, placed: datetime, status: int) -> list[Record]:
        """Return the rows of an order; each seventh has its first article twice."""
        bought = self._catalogue.sale("exact purchase", number).lines
        bought = (*bought, bought[0]) if number % 7 == 3 else bought
        supplier = self._catalogue.article(bought[0][0]).supplier
        days = self._catalogue.suppliers[supplier - 1].lead_days
        changed = placed if status == OPEN else placed + timedelta(days=days)
        header: Record = {
            "PurchaseOrderID": self._items.guid("purchase", number),
            "OrderNumber": FIRST_ORDER + number,
            "OrderStatus": CANCELLED if status == CANCELLED else OPEN,
            "ReceiptStatus": status,
            "InvoiceStatus": OPEN,
            "ApprovalStatus": 1,
            "OrderDate": date(placed.replace(hour=0, minute=0, second=0, microsecond=0)),
            "ReceiptDate": date(placed + timedelta(days=days)),
            "Supplier": self._items.guid("supplier", supplier),
            "SupplierCode": f"{supplier:>18}",
            "Warehouse": self._items.guid("warehouse", "1"),
            # Optiply's export writes its id into both; a person writes what he likes.
            "YourRef": (str(812_000 + number), None, f"PO {number}")[number % 3],
            "Description": f"Optiply {812_000 + number}" if number % 3 == 0 else None,
            "Remarks": None,
            "PurchaseAgent": None,
            "Source": 11 if number % 3 == 0 else 1,
            "Currency": "EUR",
            "DropShipment": False,
            "Division": self._division,
            "Created": date(placed),
            "Modified": date(min(changed, self._catalogue.epoch) if placed < self._catalogue.epoch else placed),
        }
        rows = [header | self._line(number, place, *one) for place, one in enumerate(bought)]
        for place, row in enumerate(rows):
            if status == COMPLETE or (status == PARTIAL and place == 0):
                whole = row["QuantityInPurchaseUnits"]
                got = whole if status == COMPLETE else max(1, whole // 2)
                row["ReceivedQuantity"] = got * row["Quantity"] // whole
        return rows

    def _line(self, number: int, place: int, article_number: int, units: int) -> Record:
        article, pieces = self._catalogue.article(article_number), per_purchase_unit(article_number)
        net = article.purchase_price * pieces
        return {
            "ID": self._items.guid("purchase line", f"{number}:{place}"),
            "LineNumber": place + 1,
            "Item": self._items.guid("item", article_number),
            "ItemCode": article.sku,
            "ItemDescription": article.name,
            "Quantity": units * pieces,
            "QuantityInPurchaseUnits": units,
            "ReceivedQuantity": 0,
            "InvoicedQuantity": 0,
            "UnitPrice": net,
            "NetPrice": net,
            "AmountDC": net * units,
            "AmountFC": (net * units * RATE).quantize(Decimal("0.01")),
            "Unit": "box" if pieces > 1 else "pc",
            "SupplierItemCode": None,
            "Notes": None,
        }

    def receipt(self, number: int, arrived: Sequence[tuple[Record, Decimal | int]], at: datetime) -> Record:
        """Return a goods receipt of so many purchase units of each line; each fifth was put away in two places.

        The line's ID then stands there twice, once with a location and once without (API page, trap 9).
        """
        lines: list[Record] = []
        for place, (line, units) in enumerate(arrived):
            parts = [units - 1, 1] if number % 5 == 0 and units > 1 else [units]
            shelves = [self._items.guid("location", number), None][-len(parts) :]
            for part, shelf in zip(parts, shelves, strict=True):
                lines.append(self._receipt_line(number, place, line, part, at) | {"Location": shelf})
        return {
            "ID": self._items.guid("receipt", number),
            "ReceiptNumber": 40_000_000 + number,
            "ReceiptDate": date(at.replace(hour=0, minute=0, second=0, microsecond=0)),
            "Supplier": arrived[0][0]["Supplier"],
            "SupplierCode": arrived[0][0]["SupplierCode"],
            "Warehouse": arrived[0][0]["Warehouse"],
            "Description": None,
            "Division": self._division,
            "Created": date(at),
            "Modified": date(at),
            "GoodsReceiptLines": lines,
        }

    def _receipt_line(self, number: int, place: int, line: Record, units: Decimal | int, at: datetime) -> Record:
        return {
            "ID": self._items.guid("receipt line", f"{number}:{place}"),
            "GoodsReceiptID": self._items.guid("receipt", number),
            "LineNumber": place + 1,
            "PurchaseOrderID": line["PurchaseOrderID"],
            "PurchaseOrderLineID": line["ID"],
            "PurchaseOrderNumber": line["OrderNumber"],
            "Item": line["Item"],
            "ItemCode": line["ItemCode"],
            "ItemUnitCode": line["Unit"],
            "QuantityOrdered": line["QuantityInPurchaseUnits"],
            "QuantityReceived": units,
            "Created": date(at),
            "Modified": date(at),
        }

    def sent_back(self, number: int, line: Record, at: datetime) -> Record:
        """Return a line of goods sent back: one purchase unit."""
        return {
            "ID": self._items.guid("sent back", number),
            "EntryID": self._items.guid("return", number),
            "GoodsReceiptLineID": None,
            "PurchaseOrderLineID": line["ID"],
            "PurchaseOrderNumber": line["OrderNumber"],
            "Item": line["Item"],
            "ItemCode": line["ItemCode"],
            "ReceivedQuantity": line["ReceivedQuantity"] * line["QuantityInPurchaseUnits"] // line["Quantity"],
            "ReturnQuantity": 1,
            "Division": self._division,
            "Created": date(at),
            "Modified": date(at),
        }
