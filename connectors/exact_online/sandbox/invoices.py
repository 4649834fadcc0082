"""Sales invoices as the sync endpoint writes them: one row per line, with the header's fields in each."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.exact_online.sandbox.items import ItemWriter
from connectors.exact_online.sandbox.odata import date
from include.sandbox.catalogue import Catalogue
from include.sandbox.world import Record

DRAFT, UNPAID, PROCESSED = 10, 20, 50


class InvoiceWriter:
    """Writes invoices of sales orders, and those of the counter, which have no order."""

    def __init__(self, catalogue: Catalogue, items: ItemWriter, division: int) -> None:
        self._catalogue, self._items, self._division = catalogue, items, division

    def of_order(self, order: Record, lines: list[Record], invoiced: datetime) -> list[Record]:
        """Return the rows of the invoice of a delivered sales order."""
        header = self._header(f"order:{order['OrderNumber']}", order["OrderNumber"] % 1_000_000, invoiced, PROCESSED)
        known = {"SalesOrder": order["OrderID"], "SalesOrderNumber": order["OrderNumber"]}
        copied = ("Item", "ItemCode", "Quantity", "NetPrice", "AmountDC", "AmountFC", "LineNumber")
        return [
            header
            | known
            | {name: line[name] for name in copied}
            | {"ID": self._items.guid("invoice line", line["ID"])}
            for line in lines
        ]

    def of_counter(self, number: int, invoiced: datetime, status: int | None = None) -> list[Record]:
        """Return the rows of an invoice without an order; some have a line of text only, and some are drafts."""
        state = status or (DRAFT if number % 12 == 5 else UNPAID if number % 4 == 1 else PROCESSED)
        header = self._header(f"counter:{number}", 900_000 + number, invoiced, state)
        header |= {"SalesOrder": None, "SalesOrderNumber": None}
        rows = []
        for place, (sold, quantity) in enumerate(self._catalogue.sale("exact counter", number).lines):
            article = self._catalogue.article(sold)
            amount = article.net_price * quantity
            rows.append(
                header
                | {
                    "Item": self._items.guid("item", sold),
                    "ItemCode": article.sku,
                    "Quantity": quantity,
                    "NetPrice": article.net_price,
                    "AmountDC": amount,
                    "AmountFC": amount,
                    "LineNumber": place + 1,
                    "ID": self._items.guid("invoice line", f"counter:{number}:{place}"),
                }
            )
        if number % 5 == 0:
            text = {"Item": None, "ItemCode": None, "LineNumber": len(rows) + 1, "AmountDC": 0, "AmountFC": 0}
            rows.append(rows[0] | text | {"ID": self._items.guid("invoice line", f"counter:{number}:text")})
        return rows

    def _header(self, name: str, number: int, invoiced: datetime, status: int) -> Record:
        return {
            "InvoiceID": self._items.guid("invoice", name),
            "InvoiceNumber": 24_000_000 + number,
            "InvoiceDate": date(invoiced.replace(hour=0, minute=0, second=0, microsecond=0)),
            "Status": status,
            "Currency": "EUR",
            "OrderedBy": self._items.guid("customer", number % 20 + 1),
            "CostCenter": None,
            "Division": self._division,
            "Created": date(invoiced),
            "Modified": date(invoiced + timedelta(minutes=5)),
        }
