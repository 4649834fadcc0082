"""Purchase orders handled one by one, through the API or by hand in Picqer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from typing_extensions import override

from connectors.picqer.sandbox import purchasing as write
from connectors.picqer.sandbox.receiving import Dock
from include.sandbox.purchases import Purchases
from include.sandbox.world import Record


class Handling(Purchases):
    """Makes, changes and receives single orders at the dock of an account."""

    def __init__(self, dock: Dock) -> None:
        self.dock, self._world, self.orders = dock, dock.world, dock.orders

    def make(self, given: Record, at: datetime) -> Record:
        """Add a concept with the header and the `products` of a request; return it."""
        supplier = self._world["suppliers"].rows.get(str(given.get("idsupplier")))
        lines = [self._new_line(line) for line in given["products"]]
        number = self._world.next_number("purchase_order")
        named = supplier.data["name"] if supplier else given.get("supplier_name")
        record = write.blank_order(number, lines, at) | {name: given[name] for name in write.HEADER if name in given}
        record |= {"supplier_name": named, "idwarehouse": record["idwarehouse"] or self._first_warehouse()}
        return self.orders.put(str(record["idpurchaseorder"]), record).data

    def add_line(self, key: str, given: Record, at: datetime) -> Record:
        """Add a line to an order; return it."""
        line = self._new_line(given)
        self.dock.save(key, at, products=[*self._lines(key), line])
        return line

    def change_line(self, key: str, line_id: str, at: datetime, **new: Any) -> None:
        """Change fields of a line."""
        self.dock.save(key, at, products=[r | new if _id(r) == line_id else r for r in self._lines(key)])

    def remove_line(self, key: str, line_id: str, at: datetime) -> None:
        """Take a line out of an order: it vanishes from the reads."""
        self.dock.save(key, at, products=[r for r in self._lines(key) if _id(r) != line_id])

    @override
    def open(self, order: str) -> Mapping[str, Decimal]:
        return {_id(r): Decimal(max(0, r["amount"] - r["amountreceived"])) for r in self._lines(order)}

    @override
    def receive(self, order: str, amounts: Mapping[str, Decimal]) -> list[str]:
        if self.orders[order].data["status"] != "purchased":
            raise ValueError(f"order {order} is {self.orders[order].data['status']}: only a purchased one is received")
        at = self._now()
        receipt = self.dock.arrive([order], 2, {int(line): int(amount) for line, amount in amounts.items()}, at)
        self.dock.complete(receipt, at)
        return [str(row["idreceipt_product"]) for row in self.dock.receipts[receipt].data["products"]]

    @override
    def cancel(self, order: str) -> None:
        self._changeable(order)
        self.dock.cancel(order, self._now())

    @override
    def resize(self, order: str, line: str, quantity: Decimal) -> None:
        self._changeable(order)
        if line not in map(_id, self._lines(order)):
            raise KeyError(line)
        if quantity:
            self.change_line(order, line, self._now(), amount=int(quantity))
        else:
            self.remove_line(order, line, self._now())

    @override
    def add(self, order: str, product: str, quantity: Decimal) -> str:
        self._changeable(order)
        return _id(self.add_line(order, {"idproduct": int(product), "amount": int(quantity)}, self._now()))

    def _changeable(self, order: str) -> None:
        status = self.orders[order].data["status"]
        if status in ("received", "cancelled"):
            raise ValueError(f"order {order} is {status}")

    def _lines(self, key: str) -> list[Record]:
        lines: list[Record] = self.orders[key].data["products"]
        return lines

    def _new_line(self, given: Record) -> Record:
        """Without a price the product's purchase price holds."""
        product = self._world["products"][str(given["idproduct"])].data
        price = given.get("price")
        price = product["fixedstockprice"] or Decimal(0) if price is None else price
        return write.line_of(self.dock.line_id(), product, given["amount"], price, given.get("delivery_date"))

    def _first_warehouse(self) -> int:
        """The warehouses stand in the order of their priority."""
        first: int = next(iter(self._world["warehouses"])).data["idwarehouse"]
        return first

    def _now(self) -> datetime:
        return self._world.clock.now()


def _id(line: Record) -> str:
    return str(line["idpurchaseorder_product"])
