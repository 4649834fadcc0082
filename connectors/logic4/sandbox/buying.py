"""Buy orders, their rows and deliveries as Logic4 writes them."""

from __future__ import annotations

import dataclasses
import random
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.logic4.sandbox.clock import written
from connectors.logic4.sandbox.products import FIRST_CREDITOR, FIRST_PRODUCT, pieces
from include.sandbox.catalogue import Catalogue
from include.sandbox.world import Record

FIRST_BUY_ORDER, FIRST_ROW, FIRST_DELIVERY = 60_000, 70_000, 9_000
HISTORY_DAYS = 60


@dataclasses.dataclass(frozen=True)
class BuyOrder:
    """A header and its rows."""

    header: Record
    rows: list[Record]


class BuyOrderWriter:
    """Writes the records around buying."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.past = max(20, catalogue.size // 4)

    def placed(self, number: int) -> datetime:
        """Return when an old order was placed."""
        return self._catalogue.epoch - timedelta(days=HISTORY_DAYS * (self.past - number + 1) / self.past)

    def buy_order(self, number: int, at: datetime, articles: list[int], *, draft: bool = False) -> BuyOrder:
        """Return an open order of some of `articles`; each fourth one was made by Optiply and says so in Remarks."""
        chance = random.Random(f"{self._catalogue.seed}:logic4 buy order:{number}")
        chosen = chance.sample(articles, min(len(articles), chance.choice((1, 2, 2, 3, 4))))
        if number % 12 == 7:
            chosen.append(chosen[0])
        supplier = self._catalogue.article(chosen[0]).supplier
        rows = [self._row(number, place, article, at, draft=draft) for place, article in enumerate(chosen, start=1)]
        header = {
            "Id": FIRST_BUY_ORDER + number,
            "CreditorId": FIRST_CREDITOR + supplier,
            "CreditorCompanyName": self._catalogue.suppliers[supplier - 1].name,
            "CreatedAt": written(at),
            "LastChangedAt": written(at),
            "BuyOrderClosed": False,
            "AmountOfRows": len(rows),
            "BranchId": 1,
            "DatabaseAdministrationId": 1,
            "OrderId": None,
            "Remarks": f"op-{812000 + number}" if number % 4 == 0 else ("Spoed!" if number % 5 == 0 else None),
            "FreeValue1": None,
            "FreeValue2": None,
            "FreeValue3": None,
        }
        return BuyOrder(header, rows)

    def _row(self, number: int, place: int, article_number: int, at: datetime, *, draft: bool) -> Record:
        article = self._catalogue.article(article_number)
        quantity = pieces(6 * ((article_number + place) % 4 + 1))
        return {
            "BuyOrderRowId": FIRST_ROW + number * 10 + place,
            "BuyOrderId": FIRST_BUY_ORDER + number,
            "ProductId": FIRST_PRODUCT + article_number,
            "ProductCode": article.sku,
            "ProductDesc1": article.name,
            "ProductDesc2": None,
            "CreditorProductCode": f"L{article.supplier}-{article_number}",
            "QtyToOrder": quantity,
            "QtyToDeliver": quantity,
            "Price": article.purchase_price,
            "ExpectedDeliveryDate": written(_midnight(at + timedelta(days=7))) if place % 3 else None,
            "OrderedOnDateByDistributor": None if draft else written(at),
            "OrderRowId": None,
            "OrderId": None,
            "DebtorName": None,
            "Description": None,
            "StandardAmountQTY": None,
            "RepackingQty": None,
            "InternalNote": None,
        }

    def delivery(
        self,
        number: int,
        header: Record,
        received: list[tuple[Record, Decimal]],
        at: datetime,
        processed: bool | None = None,
    ) -> Record:
        """Return a delivery of some rows; if nobody says so, one in six is announced and not processed yet."""
        processed = number % 6 != 5 if processed is None else processed
        return {
            "BuyOrderDeliveryId": FIRST_DELIVERY + number,
            "DateTimeCreated": written(at),
            "DateTimeProcessed": written(at + timedelta(minutes=15)) if processed else None,
            "StatusId": 2 if processed else 1,
            "TypeId": 1,
            "SupplierId": header["CreditorId"],
            "BuyOrderId": header["Id"],
            "Remarks": None,
            "Description": None,
            "BranchId": 1,
            "PickingListNumber": None,
            "Rows": [
                {
                    "Id": (FIRST_DELIVERY + number) * 10 + place,
                    "BuyOrderRowId": row["BuyOrderRowId"],
                    "OrderId": None,
                    "ProductId": row["ProductId"],
                    "ProductCode": row["ProductCode"],
                    "VendorCode": None,
                    "ProductCodeSupplier": row["CreditorProductCode"],
                    "Qty_Delivered": quantity,
                    "BuyPrice": row["Price"],
                    "StockLocationId": 77,
                    "Remarks": None,
                }
                for place, (row, quantity) in enumerate(received, start=1)
            ],
        }


def _midnight(at: datetime) -> datetime:
    """Return some midnight of the office: 22:00 UTC in summer, 23:00 in winter, whatever the wall clock makes of it."""
    return at.replace(hour=22, minute=0, second=0, microsecond=0)
