"""Single buy orders, through the API or by hand in Logic4."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from typing_extensions import override

from connectors.logic4.sandbox.buying import FIRST_BUY_ORDER
from connectors.logic4.sandbox.clock import written
from connectors.logic4.sandbox.company import Company
from connectors.logic4.sandbox.products import pieces
from include.sandbox.purchases import Purchases
from include.sandbox.world import Record

# Rows of the orders that the world starts with have lower numbers.
FIRST_WRITTEN_ROW = 500_000
HEADER = ("CreatedAt", "BranchId", "DatabaseAdministrationId", "Remarks", "FreeValue1", "FreeValue2", "FreeValue3")
ROW = (
    "Price",
    "ExpectedDeliveryDate",
    "OrderedOnDateByDistributor",
    "Description",
    "InternalNote",
    "OrderRowId",
    "OrderId",
)


class Handling(Purchases):
    """Makes, changes and receives single orders of an administration."""

    def __init__(self, company: Company) -> None:
        self.company, self.world = company, company.world
        self.orders, self.rows = company.world["buy_orders"], company.world["buy_order_rows"]

    def make(self, given: Record) -> Record:
        """Add an order with its rows; return its header."""
        now, number = written(self.world.clock.now()), self.world.next_number("buy_order")
        header = {
            "Id": FIRST_BUY_ORDER + number,
            "CreditorId": given["CreditorId"],
            "CreditorCompanyName": self.world["creditors"][str(given["CreditorId"])].data["CompanyName"],
            "CreatedAt": now,
            "LastChangedAt": now,
            "BuyOrderClosed": False,
            "AmountOfRows": 0,
            "BranchId": 1,
            "DatabaseAdministrationId": 1,
            "OrderId": None,
            **dict.fromkeys(("Remarks", "FreeValue1", "FreeValue2", "FreeValue3")),
            **{name: given[name] for name in HEADER if given.get(name) is not None},
        }
        self.orders.put(str(header["Id"]), header)
        for row in given["BuyOrderRows"]:
            self.add_row(header["Id"], row)
        return self.orders[str(header["Id"])].data

    def add_row(self, order: int, given: Record) -> int:
        """Add a row to an order; return its id."""
        product = self.world["products"][str(given["ProductId"])].data
        creditor = self.orders[str(order)].data["CreditorId"]
        offer = self.world["product_suppliers"].rows.get(f"{given['ProductId']}_{creditor}")
        row = {
            "BuyOrderRowId": self.world.next_number("written row", FIRST_WRITTEN_ROW),
            "BuyOrderId": order,
            "ProductId": given["ProductId"],
            "ProductCode": product["ProductCode"],
            "ProductDesc1": product["ProductName1"],
            "ProductDesc2": product["ProductName2"],
            "CreditorProductCode": offer.data["CreditorProductCode"] if offer else None,
            "QtyToOrder": pieces(given["QtyToOrder"]),
            # A number that is not sent is 0 to Logic4: then nothing is awaited.
            "QtyToDeliver": pieces(given.get("QtyToDeliver") or 0),
            **dict.fromkeys(ROW),
            "Price": product["BuyPrice"],
            **{name: given[name] for name in ROW if given.get(name) is not None},
            **dict.fromkeys(("DebtorName", "StandardAmountQTY", "RepackingQty")),
        }
        self.rows.put(str(row["BuyOrderRowId"]), row)
        self.touch(order, AmountOfRows=self.orders[str(order)].data["AmountOfRows"] + 1)
        return int(row["BuyOrderRowId"])

    def change_row(self, row_id: int, **given: Any) -> None:
        """Change members of a row; with another quantity as much more or less is awaited."""
        row = self.rows[str(row_id)].data
        fields = {name: given[name] for name in ROW if name in given}
        if given.get("QtyToOrder") is not None:
            came = row["QtyToOrder"] - row["QtyToDeliver"]
            wanted = pieces(given["QtyToOrder"])
            fields |= {"QtyToOrder": wanted, "QtyToDeliver": max(wanted - came, Decimal("0.0"))}
        self.rows.change(str(row_id), **fields)
        self.touch(row["BuyOrderId"])

    def touch(self, order: int | str, **fields: Any) -> None:
        """Change fields of a header, whose change time moves on."""
        self.orders.change(str(order), **fields, LastChangedAt=written(self.world.clock.now()))

    @override
    def open(self, order: str) -> Mapping[str, Decimal]:
        self.orders[order]  # KeyError for an order that is not there.
        return {row.key: row.data["QtyToDeliver"] for row in self.company.rows_of(order)}

    @override
    def receive(self, order: str, amounts: Mapping[str, Decimal]) -> list[str]:
        self._changeable(order)
        quantities = {row: pieces(amount) for row, amount in amounts.items()}
        if any(not self.rows[row].data["OrderedOnDateByDistributor"] for row in quantities):
            raise ValueError(f"order {order} is a draft: nothing comes in before it is ordered")
        delivery = self.company.receive(order, quantities, self.world.clock.now(), processed=True)
        return [str(row["Id"]) for row in self.world["deliveries"][delivery].data["Rows"]]

    @override
    def cancel(self, order: str) -> None:
        """Logic4 knows no cancelled orders: what is not wanted any more is closed."""
        self._changeable(order)
        self.company.close(order, self.world.clock.now())

    @override
    def resize(self, order: str, line: str, quantity: Decimal) -> None:
        self._changeable(order)
        if quantity:
            self.change_row(int(line), QtyToOrder=quantity)
        else:
            self.rows.remove(line)
            self.touch(order, AmountOfRows=self.orders[order].data["AmountOfRows"] - 1)

    @override
    def add(self, order: str, product: str, quantity: Decimal) -> str:
        self._changeable(order)
        self.world["products"][product]  # KeyError for a product that is not there.
        ordered = written(self.world.clock.now())
        given = {"ProductId": int(product), "QtyToOrder": quantity, "QtyToDeliver": quantity}
        return str(self.add_row(int(order), {**given, "OrderedOnDateByDistributor": ordered}))

    def _changeable(self, order: str) -> None:
        if self.orders[order].data["BuyOrderClosed"]:
            raise ValueError(f"order {order} is closed")
