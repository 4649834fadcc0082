"""Accounts, warehouses and sales orders as Exact Online writes them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.exact_online.sandbox.items import WAREHOUSES, ItemWriter
from connectors.exact_online.sandbox.odata import date
from include.sandbox import words
from include.sandbox.catalogue import CENT, VAT, Catalogue, Sale, Supplier
from include.sandbox.world import Record

OPEN, PARTIAL, COMPLETE, CANCELLED = 12, 20, 21, 45
FIRST_CUSTOMER = 1000


class TradeWriter:
    """Writes the records of one division around buying and selling."""

    def __init__(self, catalogue: Catalogue, division: int) -> None:
        self._catalogue, self._division = catalogue, division
        self.items = ItemWriter(catalogue, division)
        self.customers = max(20, catalogue.orders // 5)

    def customer_guid(self, number: int) -> str:
        """Return the account of a customer; each tenth one is a supplier that buys here too."""
        if number % 10 == 0:
            return self.items.guid("supplier", number // 10 % len(self._catalogue.suppliers) + 1)
        return self.items.guid("customer", number)

    def supplier(self, supplier: Supplier) -> Record:
        """Return a supplier of crm/Accounts; one in seventeen has ended."""
        ended = self._catalogue.epoch - timedelta(days=40) if supplier.number % 17 == 9 else None
        return self._account(
            self.items.guid("supplier", supplier.number), supplier.number, supplier.name, supplier.city,
            email=supplier.email if supplier.number % 8 else None, lead=supplier.lead_days, ended=ended,
        )  # fmt: skip

    def customer(self, number: int) -> Record:
        """Return a customer of crm/Accounts."""
        chance = random.Random(f"{self._catalogue.seed}:exact:customer:{number}")
        name = f"{chance.choice(words.FIRST_NAMES)} {chance.choice(words.SURNAMES)}"
        city, email = chance.choice(words.CITIES), f"klant{number}@example.com"
        return self._account(self.items.guid("customer", number), FIRST_CUSTOMER + number, name, city, email=email)

    def _account(
        self,
        guid: str,
        code: int,
        name: str,
        city: str,
        *,
        email: str | None,
        lead: int | None = None,
        ended: datetime | None = None,
    ) -> Record:
        created = self._catalogue.epoch - timedelta(days=900, minutes=code)
        return {
            "ID": guid,
            "Code": f"{code:>18}",
            "Name": name,
            "City": city,
            "Country": "NL ",
            "Email": email,
            "IsSupplier": lead is not None,
            "IsSales": lead is None,
            "Status": "C" if lead is None else "A",
            "PurchaseLeadDays": lead,
            "Division": self._division,
            "StartDate": date(created),
            "EndDate": date(ended),
            "Created": date(created),
            "Modified": date(created),
        }

    def warehouse(self, place: int) -> Record:
        """Return a warehouse; the first one is the main one."""
        code, name = WAREHOUSES[place]
        created = date(self._catalogue.epoch - timedelta(days=1500))
        return {
            "ID": self.items.guid("warehouse", code),
            "Code": code,
            "Description": name,
            "Main": int(place == 0),
            "Division": self._division,
            "Created": created,
            "Modified": created,
        }

    def sales_order(self, sale: Sale, placed: datetime, status: int | None = None) -> tuple[Record, list[Record]]:
        """Return header and lines; without `status` an old order has any, by the sale's number."""
        chance = random.Random(f"{self._catalogue.seed}:exact:{sale.number}")
        fresh = placed > self._catalogue.epoch - timedelta(days=5)
        chosen = (
            status
            or chance.choices((OPEN, PARTIAL, COMPLETE, CANCELLED), (55, 20, 20, 5) if fresh else (2, 3, 90, 5))[0]
        )
        modified = placed if status else min(self._catalogue.epoch, placed + timedelta(minutes=chance.randint(1, 4000)))
        guid = self.items.guid("sales order", sale.number)
        lines = [self._line(sale, guid, place, chosen) for place in range(len(sale.lines))]
        net = sum((line["AmountDC"] for line in lines), Decimal("0.00"))
        gross = (net * VAT).quantize(CENT)
        header = {
            "ID": guid,
            "OrderID": guid,
            "OrderNumber": 20260000 + sale.number,
            "Status": chosen,
            "DeliveryStatus": chosen,
            "OrderDate": date(placed.replace(hour=0, minute=0, second=0, microsecond=0)),
            "AmountDC": gross,
            "AmountFC": gross,
            "AmountFCExclVat": net,
            "Currency": "EUR",
            "OrderedBy": self.customer_guid(chance.randint(1, self.customers)),
            "WarehouseID": self.items.guid("warehouse", "1"),
            "WarehouseCode": "1",
            "YourRef": f"WEB-{sale.number}" if sale.number % 3 else None,
            "Division": self._division,
            "Created": date(placed),
            "Modified": date(modified),
        }
        return header, lines

    def _line(self, sale: Sale, order: str, place: int, status: int) -> Record:
        number, quantity = sale.lines[place]
        article = self._catalogue.article(number)
        amount = article.net_price * quantity
        return {
            "ID": self.items.guid("sales order line", f"{sale.number}:{place}"),
            "OrderID": order,
            "OrderNumber": 20260000 + sale.number,
            "LineNumber": place + 1,
            "Item": self.items.guid("item", number),
            "ItemCode": article.sku,
            "Description": article.name,
            "Quantity": quantity,
            "QuantityDelivered": delivered(status, quantity),
            "QuantityInvoiced": 0,
            "NetPrice": article.net_price,
            "UnitPrice": article.net_price,
            "AmountDC": amount,
            "AmountFC": amount,
            "VATPercentage": Decimal("0.21"),
            "UseDropShipment": int(sale.number % 40 == 7),
            "CostCenter": None,
            "Division": self._division,
        }


def delivered(status: int, quantity: int) -> int:
    """Return how many pieces are delivered at an order's status."""
    return {COMPLETE: quantity, PARTIAL: quantity // 2}.get(status, 0)
