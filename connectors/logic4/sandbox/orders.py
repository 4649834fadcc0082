"""Sell orders and invoices as Logic4 writes them: two endpoints, one shape, rows nested."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.logic4.sandbox.clock import written
from connectors.logic4.sandbox.products import FIRST_PRODUCT, pieces
from include.sandbox.catalogue import CENT, VAT, Article, Catalogue, Sale
from include.sandbox.world import Record

NEW, BUSY, SHIPPED, CANCELLED = 1, 3, 5, 9
STATUSES = {NEW: "Nieuw", BUSY: "In behandeling", SHIPPED: "Verzonden", CANCELLED: "Geannuleerd"}
# Orders and invoices are counted apart, so that the same number means one of each (unverified, the harder case).
FIRST_ORDER = 880_000
_ROWS = {"order": 1_200_000, "invoice": 2_400_000}


class OrderWriter:
    """Writes orders and invoices."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def order(self, sale: Sale, placed: datetime, status: int | None = None) -> Record:
        """Return an order; without `status` an old one has any, by its number."""
        chance = random.Random(f"{self._catalogue.seed}:logic4:{sale.number}")
        fresh = placed > self._catalogue.epoch - timedelta(days=4)
        weights = (50, 30, 15, 5) if fresh else (1, 2, 91, 6)
        chosen = status or chance.choices((NEW, BUSY, SHIPPED, CANCELLED), weights)[0]
        return self._written("order", sale, placed, chosen)

    def invoice(self, sale: Sale, at: datetime, order: int | None) -> Record:
        """Return an invoice, of an order or of a sale over the counter; some of the latter have no delivery day."""
        record = self._written("invoice", sale, at, SHIPPED) | {"InvoiceBelongsToOrderNumber": order}
        if order is not None or sale.number % 5:
            record["DeliveryDate"] = written(
                (at + timedelta(days=1)).replace(hour=22, minute=0, second=0, microsecond=0)
            )
        return record

    def _written(self, kind: str, sale: Sale, placed: datetime, status: int) -> Record:
        rows = list(self._rows(kind, sale, status))
        net = sum((row["Qty"] * row["NettPrice"] for row in rows), Decimal(0)).quantize(CENT)
        gross = (net * VAT).quantize(CENT)
        return {
            "Id": FIRST_ORDER + sale.number,
            "DebtorId": 4400 + sale.number % 60,
            "Totals": {
                "AmountEx": net,
                "AmountIncl": gross,
                "VATPercentage": Decimal("21.0"),
                "ShippingCost": Decimal("0.0"),
                "Calc_TotalPayed": gross if status == SHIPPED else Decimal("0.0"),
                "IsPaid": status == SHIPPED,
            },
            "OrderStatus": {"Id": status, "Value": STATUSES[status]},
            "CreationDate": written(placed),
            "DeliveryDate": None,
            "Reference": f"WEB-{sale.number}" if sale.number % 3 else None,
            "BranchId": 1,
            "InvoiceBelongsToOrderNumber": None,
            "OrderRows": rows,
        }

    def _rows(self, kind: str, sale: Sale, status: int) -> Iterator[Record]:
        """Yield the rows; what is assembled brings its parts as rows of their own, a text has no product."""
        number = _ROWS[kind] + sale.number * 20
        for article_number, quantity in sale.lines:
            article = self._catalogue.article(article_number)
            number += 1
            yield self._row(number, article, quantity, status, discount=10 if sale.number % 6 == 1 else 0)
            if article_number % 25 == 14 and article_number < self._catalogue.size:
                number += 1
                part = self._catalogue.article(article_number + 1)
                yield self._row(number, part, quantity, status) | {"NettPrice": Decimal("0.0"), "IsAssemblyChild": True}
        if sale.number % 20 == 3:
            yield self._row(number + 1, None, 1, status)

    @staticmethod
    def _row(number: int, article: Article | None, quantity: int, status: int, discount: int = 0) -> dict[str, Any]:
        price = article.net_price if article else Decimal("4.95")
        delivered = quantity if status == SHIPPED else 0
        return {
            "Id": number,
            "ProductId": FIRST_PRODUCT + article.number if article else None,
            "ProductCode": article.sku if article else None,
            "Qty": pieces(quantity),
            "NettPrice": (price * (100 - discount) / 100).quantize(Decimal("0.0001")),
            "GrossPrice": price,
            "InclPrice": (price * VAT).quantize(CENT),
            "BuyPrice": article.purchase_price if article else Decimal("0.0"),
            "DiscountPercent": Decimal(discount).quantize(Decimal("0.1")),
            "QtyDeliverd": pieces(delivered),
            "QtyDeliverd_NotInvoiced": Decimal("0.0"),
            "VATPercentage": Decimal("21.0"),
            "WarehouseId": 1,
            "IsAssemblyChild": False,
        }
