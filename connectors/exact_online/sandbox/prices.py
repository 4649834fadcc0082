"""Price lists and purchase prices as Exact Online writes them. The article's number decides what it has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.exact_online.sandbox.items import ItemWriter, per_purchase_unit, unit
from connectors.exact_online.sandbox.odata import date
from include.sandbox.catalogue import CENT, Article, Catalogue
from include.sandbox.world import Record

DISCOUNT, NEW_PRICE = 1, 2
BASIC, OFFER = 1, 2


class PriceWriter:
    """Writes the price lists B2B and VIP of one division, and what its suppliers ask."""

    def __init__(self, catalogue: Catalogue, items: ItemWriter, division: int) -> None:
        self._catalogue, self._items, self._division = catalogue, items, division

    def periods(self) -> Iterator[Record]:
        """Return the periods: the basic ones of both lists, and special offers of B2B, one of which is over."""
        epoch = self._catalogue.epoch
        for name, kind, start, end in (
            ("B2B basic", BASIC, epoch - timedelta(days=400), None),
            ("VIP basic", BASIC, epoch - timedelta(days=400), None),
            ("B2B offer", OFFER, epoch - timedelta(days=5), epoch + timedelta(days=36_500)),
            ("B2B past", OFFER, epoch - timedelta(days=60), epoch - timedelta(days=30)),
        ):
            yield {
                "ID": self._items.guid("price period", name),
                "PriceList": self._items.guid("price list", name[:3]),
                "Type": kind,
                "Currency": "EUR",
                "Division": self._division,
                "StartDate": date(start),
                "EndDate": date(end),
                "Created": date(epoch - timedelta(days=400)),
                "Modified": date(epoch - timedelta(days=400)),
            }

    def in_lists(self, article: Article) -> Iterator[Record]:
        """Return an article's rows in the price lists; each fourth article is in none."""
        number, net = article.number, article.net_price

        def share(part: str) -> Decimal:
            return (net * Decimal(part)).quantize(CENT)

        if number % 4 == 0:
            yield self._in_list(article, "B2B basic", NEW_PRICE, new=share("0.85"))
            yield self._in_list(article, "B2B basic", NEW_PRICE, new=share("0.5"), quantity=10)
        elif number % 4 == 1:
            yield self._in_list(article, "B2B basic", DISCOUNT, discount=Decimal("0.1"), base=net)
        elif number % 4 == 2:
            own = self._items.guid("price in list", f"{number}:base")
            yield self._in_list(article, "B2B basic", DISCOUNT, discount=Decimal("0.2"), base=share("0.95"), own=own)
        if number % 8 == 0:
            yield self._in_list(article, "B2B offer", NEW_PRICE, new=share("0.7"))
        if number % 8 == 1:
            yield self._in_list(article, "B2B past", NEW_PRICE, new=share("0.1"))
        if number % 5 == 0:
            yield self._in_list(article, "VIP basic", NEW_PRICE, new=share("0.6"))

    def _in_list(
        self,
        article: Article,
        period: str,
        method: int,
        *,
        new: Decimal | None = None,
        discount: Decimal = Decimal(0),
        base: Decimal | None = None,
        own: str | None = None,
        quantity: int = 1,
    ) -> Record:
        return {
            "ID": self._items.guid("price in list", f"{article.number}:{period}:{quantity}"),
            "Item": self._items.guid("item", article.number),
            "ItemCode": article.sku,
            "ItemDescription": article.name,
            "PriceListCode": period[:3],
            "PriceListPeriod": self._items.guid("price period", period),
            "EntryMethod": method,
            "NewPrice": new,
            "Discount": discount,
            "BasePrice": own,
            "BasePriceAmount": base if base is not None else article.net_price,
            "Quantity": quantity,
            "NumberOfItemsPerUnit": 1,
            "Unit": unit(article.number),
            "Division": self._division,
            "Created": date(article.created),
            "Modified": date(article.created),
        }

    def purchase_prices(self, article: Article) -> Iterator[Record]:
        """Return what the main supplier asks for a purchase unit: now, for some once, and for ten at a time."""
        number, boxed = article.number, per_purchase_unit(article.number)
        price = (article.purchase_price * boxed * Decimal("0.98")).quantize(CENT)
        if number % 15 == 4:
            return
        since = article.created
        if number % 6 == 2:
            turn = self._catalogue.epoch - timedelta(days=number % 60 + 5)
            yield self._purchase_price(article, "old", price + 1, since, until=turn)
            since = turn + timedelta(days=1)
        yield self._purchase_price(article, "now", price, since)
        if number % 6 == 1:
            yield self._purchase_price(article, "ten", price - Decimal("0.01"), since, quantity=10)

    def _purchase_price(
        self,
        article: Article,
        kind: str,
        price: Decimal,
        since: datetime,
        *,
        until: datetime | None = None,
        quantity: int = 1,
    ) -> Record:
        boxed = per_purchase_unit(article.number)
        return {
            "ID": self._items.guid("purchase price", f"{article.number}:{kind}"),
            "Account": self._items.guid("supplier", article.supplier),
            "AccountName": self._catalogue.suppliers[article.supplier - 1].name,
            "Item": self._items.guid("item", article.number),
            "ItemCode": article.sku,
            "ItemDescription": article.name,
            "Price": price,
            "Quantity": quantity,
            "NumberOfItemsPerUnit": boxed,
            "DefaultItemUnit": unit(article.number),
            "Unit": "box" if boxed > 1 else unit(article.number),
            "Currency": "EUR",
            "Division": self._division,
            "StartDate": date(since),
            "EndDate": date(until),
            "Created": date(since),
            "Modified": date(since),
        }
