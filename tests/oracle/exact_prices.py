"""Which price of an Exact Online company counts today: of its price rows, price lists and purchase prices."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.tables import Seen, exact_date

Record = Mapping[str, Any]
NEW_PRICE = 2


@dataclasses.dataclass(frozen=True)
class Prices:
    """The prices seen, by the coupling's settings and the day."""

    settings: Mapping[str, Any]
    seen: Mapping[str, Seen]
    today: date

    def selling(self, item: str) -> Decimal | None:
        """Per unit of the item: the list's where the coupling takes a list that has the item, else the general one."""
        general = self._general(item)
        if self.settings["price.source"] != "price_list":
            return general
        periods = self.seen["price_periods"].present()
        listed = [
            (periods[row["PriceListPeriod"]], row)
            for row in self.seen["list_prices"].present().values()
            if row["Item"] == item and row["PriceListCode"] == self.settings["price.price_list"]
            and row["Quantity"] <= 1 and self._is_valid(periods[row["PriceListPeriod"]])
        ]  # fmt: skip
        if not listed:
            return general
        # A special offer (type 2) comes before the basic price of the list.
        _, row = max(listed, key=lambda pair: (pair[0]["Type"], exact_date(pair[0]["StartDate"])))
        if row["EntryMethod"] == NEW_PRICE:
            return Decimal(str(row["NewPrice"]))
        base = Decimal(str(row["BasePriceAmount"])) if row["BasePrice"] else general
        return None if base is None else base * (1 - Decimal(str(row["Discount"])))

    def _general(self, item: str) -> Decimal | None:
        """The general price of one piece."""
        rows = self.seen["prices"].present().values()
        valid = [row for row in rows if row["Item"] == item and row["Account"] is None and row["Quantity"] == 1]
        return max(self._started(valid), default=(None, None))[1]

    def buying(self, offer: Record) -> Decimal | None:
        """Per unit of the item: a purchase price counts units of many, as that of a supplier item does (B10)."""
        if self.settings["supplier_products.price"] == "default":
            return Decimal(str(offer["PurchasePrice"])) / Decimal(str(offer["PurchaseUnitFactor"] or 1))
        rows = self.seen["purchase_prices"].present().values()
        valid = [
            {**row, "Price": Decimal(str(row["Price"])) / Decimal(str(row["NumberOfItemsPerUnit"]))}
            for row in rows
            if row["Item"] == offer["Item"] and row["Account"] == offer["Supplier"] and row["Quantity"] <= 1
        ]
        return max(self._started(valid), default=(None, None))[1]

    def _started(self, rows: list[Any]) -> Iterator[tuple[Any, Decimal | None]]:
        for row in rows:
            if self._is_valid(row):
                yield exact_date(row["StartDate"]), Decimal(str(row["Price"]))

    def _is_valid(self, period: Record) -> bool:
        start, end = exact_date(period["StartDate"]), exact_date(period["EndDate"])
        return (start is None or start.date() <= self.today) and (end is None or end.date() >= self.today)
