"""Single purchase orders, through the API or by hand in Exact, and how their endpoint shows them: with lines inside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from typing_extensions import override

from connectors.exact_online.sandbox.company import Company
from connectors.exact_online.sandbox.odata import date
from connectors.exact_online.sandbox.purchases import (
    CANCELLED,
    COMPLETE,
    FIRST_ORDER,
    HEADER,
    LINE_FIELDS,
    OPEN,
    PARTIAL,
    RATE,
)  # fmt: skip
from include.sandbox.catalogue import CENT
from include.sandbox.purchases import Purchases
from include.sandbox.world import Collection, Record, Row, World


def orders_with_lines(world: World) -> Collection:
    """Return the purchase orders as purchaseorder/PurchaseOrders shows them, made of the rows of their lines."""
    grouped: dict[str, list[Row]] = {}
    for row in world["purchases"]:
        grouped.setdefault(row.data["PurchaseOrderID"], []).append(row)
    found = Collection("purchase_orders", world)
    for key, rows in grouped.items():
        latest = max(rows, key=lambda row: row.version)
        found.rows[key] = Row(key, _shown([row.data for row in rows]), latest.modified, latest.version)
    return found


def _shown(rows: list[Record]) -> Record:
    header = {name: rows[0][name] for name in HEADER}
    return {
        **header,
        # Dates of one length: the earliest is the least.
        "ReceiptDate": min(row["ReceiptDate"] for row in rows),
        "AmountDC": sum(row["AmountDC"] for row in rows),
        "AmountFC": sum(row["AmountFC"] for row in rows),
        "PurchaseOrderLines": [{name: row[name] for name in LINE_FIELDS} for row in rows],
    }


class Handling(Purchases):
    """Makes, changes and receives single orders of a company. Quantities are purchase units."""

    def __init__(self, company: Company) -> None:
        self._company, self.world = company, company.world
        self._rows = company.world["purchases"]

    def rows(self, order: str) -> list[Record]:
        """Return the rows of an order's lines. Raises KeyError."""
        found = [row.data for row in self._rows if row.data["PurchaseOrderID"] == order]
        if not found:
            raise KeyError(order)
        return found

    def make(self, given: Record) -> str:
        """Add an order with its lines; return its guid."""
        world, now = self.world, self.world.clock.now()
        number = world.next_number("purchase")
        today = date(now.replace(hour=0, minute=0, second=0, microsecond=0))
        due = given.get("ReceiptDate") or date(now + timedelta(days=1))
        header: Record = {
            **dict.fromkeys(("YourRef", "Description", "Remarks", "PurchaseAgent")),
            "OrderDate": today,
            "Warehouse": self._company.items.guid("warehouse", "1"),
            **{name: value for name, value in given.items() if name != "PurchaseOrderLines"},
            "PurchaseOrderID": self._company.items.guid("purchase", number),
            "OrderNumber": FIRST_ORDER + number,
            "OrderStatus": OPEN,
            "ReceiptStatus": OPEN,
            "InvoiceStatus": OPEN,
            "ApprovalStatus": 1,
            "Source": 11,
            "ReceiptDate": due,
            "SupplierCode": world["accounts"][given["Supplier"]].data["Code"],
            "Currency": "EUR",
            "DropShipment": False,
            "Division": self._company.division,
            "Created": date(now),
            "Modified": date(now),
        }
        for place, line in enumerate(given["PurchaseOrderLines"], start=1):
            row = header | self._line(header, place, line)
            self._rows.put(row["ID"], row)
        return str(header["PurchaseOrderID"])

    def add_line(self, given: Record) -> str:
        """Add a line to the order that it names; return its guid."""
        rows = self.rows(given["PurchaseOrderID"])
        header = {name: rows[0][name] for name in (*HEADER, "ReceiptDate")}
        row = header | self._line(header, max(row["LineNumber"] for row in rows) + 1, given)
        return self._rows.put(row["ID"], row | {"Modified": date(self.world.clock.now())}).key

    def change_header(self, order: str, **fields: Any) -> None:
        """Change fields of the header, which stand in the rows of all lines; so does a date of receipt."""
        for row in self.rows(order):
            self._save(row, **fields)

    def change_line(self, line: str, **fields: Any) -> None:
        """Change fields of a line; its amounts follow."""
        row = self._rows[line].data
        pieces = row["Quantity"] / Decimal(row["QuantityInPurchaseUnits"])
        new: Record = {name: fields.get(name, row[name]) for name in ("QuantityInPurchaseUnits", "UnitPrice")}
        self._save(row, **fields, **_amounts(new["QuantityInPurchaseUnits"], pieces, new["UnitPrice"]))

    def remove_line(self, line: str) -> None:
        """Delete a line."""
        self._company.buying.remove([self._rows[line].data])

    def remove(self, order: str) -> None:
        """Delete an order."""
        self._company.buying.remove(self.rows(order))

    @override
    def open(self, order: str) -> Mapping[str, Decimal]:
        return {row["ID"]: _open(row) for row in self.rows(order)}

    @override
    def receive(self, order: str, amounts: Mapping[str, Decimal]) -> list[str]:
        rows, now = self.rows(order), self.world.clock.now()
        self._changeable(order)
        arrived = [(row, amounts[row["ID"]]) for row in rows if row["ID"] in amounts]
        receipt = self._company.buying.receive(arrived, now)
        for row, units in arrived:
            pieces = units * row["Quantity"] / row["QuantityInPurchaseUnits"]
            self._save(row, ReceivedQuantity=row["ReceivedQuantity"] + pieces)
        done = all(row["ReceivedQuantity"] >= row["Quantity"] for row in rows)
        self.change_header(order, ReceiptStatus=COMPLETE if done else PARTIAL)
        lines = self.world["receipts"][receipt].data["GoodsReceiptLines"]
        return list(dict.fromkeys(line["ID"] for line in lines))

    @override
    def cancel(self, order: str) -> None:
        self._changeable(order)
        self.change_header(order, OrderStatus=CANCELLED, ReceiptStatus=CANCELLED)

    @override
    def resize(self, order: str, line: str, quantity: Decimal) -> None:
        self._changeable(order)
        if quantity:
            self.change_line(line, QuantityInPurchaseUnits=quantity)
        else:
            self.remove_line(line)

    @override
    def add(self, order: str, product: str, quantity: Decimal) -> str:
        self._changeable(order)
        self.world["items"][product]  # KeyError for what is not there.
        return self.add_line({"PurchaseOrderID": order, "Item": product, "QuantityInPurchaseUnits": quantity})

    def _changeable(self, order: str) -> None:
        header = self.rows(order)[0]
        if CANCELLED in (header["OrderStatus"], header["ReceiptStatus"]) or header["ReceiptStatus"] == COMPLETE:
            raise ValueError(f"order {order} is complete or cancelled")

    def _save(self, row: Record, **fields: Any) -> None:
        self._rows.change(row["ID"], **fields, Modified=date(self.world.clock.now()))

    def _line(self, header: Record, place: int, given: Record) -> Record:
        item = self.world["items"][given["Item"]].data
        offer = self._offer(header["Supplier"], given["Item"])
        pieces = Decimal(offer["PurchaseUnitFactor"] if offer else 1)
        price = given.get("UnitPrice")
        if price is None:
            price = offer["PurchasePrice"] * pieces if offer else item["CostPriceStandard"]
        return {
            "ID": self._company.items.guid("written line", self.world.next_number("written line")),
            "LineNumber": place,
            "Item": given["Item"],
            "ItemCode": item["Code"],
            "ItemDescription": item["Description"],
            "QuantityInPurchaseUnits": given["QuantityInPurchaseUnits"],
            "ReceivedQuantity": Decimal(0),
            "InvoicedQuantity": 0,
            "UnitPrice": price,
            **_amounts(given["QuantityInPurchaseUnits"], pieces, price),
            "Unit": offer["PurchaseUnit"] if offer else item["Unit"],
            "SupplierItemCode": offer["SupplierItemCode"] if offer else None,
            "Notes": given.get("Notes"),
            "ReceiptDate": given.get("ReceiptDate") or header["ReceiptDate"],
        }

    def _offer(self, supplier: str, item: str) -> Record | None:
        offers = (row.data for row in self.world["supplier_items"] if row.data["Supplier"] == supplier)
        return next((offer for offer in offers if offer["Item"] == item), None)


def _amounts(units: Decimal | int, pieces: Decimal, price: Decimal | int) -> Record:
    amount = (units * price * Decimal(1)).quantize(CENT)
    foreign = (amount * RATE).quantize(CENT)
    return {"Quantity": units * pieces, "NetPrice": price, "AmountDC": amount, "AmountFC": foreign}


def _open(row: Record) -> Decimal:
    ordered, units = Decimal(row["Quantity"]), Decimal(row["QuantityInPurchaseUnits"])
    return max(ordered - Decimal(row["ReceivedQuantity"]), Decimal(0)) * units / ordered
