"""What bralex's bol.com shop must become (examples 33 to 36); its Exact Online company is in exact_online.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from include.sandbox import Running
from tests.oracle.exact_online import BRALEX as EXACT
from tests.oracle.exact_online import Company
from tests.oracle.tables import Key, Line, Optiply, Seen, money, utc

BOL = "bralex__bol_com"
Record = Mapping[str, Any]

__all__ = ["BOL", "EXACT", "Company", "Marketplace"]


@dataclasses.dataclass
class Marketplace:
    """The bol.com account, matched to the company's products by EAN."""

    optiply: Optiply
    settings: Mapping[str, Any]
    orders: Seen = dataclasses.field(default_factory=Seen)

    def pulled(self, market: Running) -> None:
        """The list shows the orders of the last three months; detail calls follow its news."""
        self.orders.some({row.key: dict(row.data) for row in _recent(market)})
        self.optiply.forget_problems(BOL)
        for key, record in self.orders.records.items():
            self._order(key, record)

    def _order(self, key: str, record: Record) -> None:
        items = [item for item in record["orderItems"] if item["quantity"] > item["quantityCancelled"]]
        placed = utc(record["orderPlacedDateTime"])
        shipped = all(
            item["quantityShipped"] + item["quantityCancelled"] >= item["quantity"] for item in record["orderItems"]
        )
        changes = [utc(item["latestChangedDateTime"]) for item in record["orderItems"]]
        header = {"placed": placed, "completed": max(filter(None, changes)) if shipped else None}
        lines = [self._line(item) for item in items if not item["cancellationRequest"]]
        if items and not lines and (BOL, key) not in self.optiply.tables["sell_orders"]:
            return
        self.optiply.order((BOL, key), header, lines, cancelled=not items)

    def _line(self, item: Record) -> Line:
        found = self._matches(item["product"]["ean"])
        quantity = item["quantity"] - item["quantityCancelled"]
        value = Decimal(str(item["unitPrice"])) * quantity
        if self.settings["vat_basis"] == "gross":
            value = money(value / (1 + Decimal(str(self.settings["vat_rate"])) / 100))
        why_not = "no match" if not found else "ambiguous match"
        return Line(item["orderItemId"], found[0] if len(found) == 1 else None, quantity, value, why_not)

    def _matches(self, ean: str) -> list[Key]:
        """Compare as zero-padded GTIN with the primary coupling's enabled products (B14)."""
        wanted = ean.strip().zfill(14)
        return [
            key
            for key, row in self.optiply.tables["products"].items()
            if key[0] == EXACT
            and row["ean_code"]
            and row["ean_code"].zfill(14) == wanted
            and row["status"] == "enabled"
            and key not in self.optiply.deleted["products"]
        ]


def _recent(market: Running) -> Iterator[Any]:
    """Orders older than three months are out of the list's reach."""
    now = market.world.clock.now()
    for row in market.world["orders"]:
        changes = [utc(item["latestChangedDateTime"]) for item in row.data["orderItems"]]
        if any(change and (now - change).total_seconds() <= 92 * 86400 for change in changes):
            yield row
