"""What one seller has at Amazon, made of the catalogue's articles: listings, catalog items and FBA inventory.

About two thirds of the listings are fulfilled by Amazon; one ASIN in ten has a second SKU; every fourth article is
sold in two marketplaces, half of these from one pool that both of them show (Pan-EU), half from two.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from decimal import Decimal

from connectors.amazon_seller.sandbox.refusals import iso
from include.sandbox.catalogue import CENT, Article
from include.sandbox.world import Record


@dataclasses.dataclass(frozen=True)
class Marketplace:
    """A marketplace with its VAT; `rate` = units of its currency for one euro."""

    id: str
    country: str
    domain: str
    currency: str
    vat: int
    rate: Decimal


NL = Marketplace("A1805IZSGTT6HS", "NL", "Amazon.nl", "EUR", 21, Decimal(1))
DE = Marketplace("A1PA6795UKMFR9", "DE", "Amazon.de", "EUR", 19, Decimal(1))
SE = Marketplace("A2NODRKZP88ZB9", "SE", "Amazon.se", "SEK", 25, Decimal("11.25"))
MARKETPLACES = {each.id: each for each in (NL, DE, SE)}


def asin(number: int) -> str:
    """Return the ASIN of an article."""
    return f"B0{number:08d}"


def sku(article: Article) -> str:
    """Return the seller's SKU; sellers do not always write it as their ERP does."""
    return article.sku.lower() if article.number % 10 == 6 else article.sku


def sold_in(number: int) -> list[Marketplace]:
    """Return where an article is listed."""
    if number % 25 == 3:
        return [NL, SE]
    if number % 4 == 0:
        return [NL, DE]
    return [DE] if number % 9 == 5 else [NL]


def skus(article: Article) -> list[tuple[str, bool]]:
    """Return the SKUs of an article, each with whether Amazon fulfils it."""
    own = [(sku(article), article.number % 3 != 0)]
    return [*own, (f"{sku(article)}-FBM", False)] if article.number % 10 == 7 else own


def listing(article: Article, name: str, market: Marketplace, at: datetime, *, fba: bool) -> Record:
    """Return a listing made at `at` as the seller knows it; report and listings API are written from it."""
    incomplete = article.number % 40 == 13
    quantity = None if fba else article.stock // 2
    return {
        "sku": name,
        "marketplaceId": market.id,
        "asin": asin(article.number),
        "itemName": article.name,
        "price": None if incomplete else price(article, market),
        "currency": market.currency,
        "quantity": quantity,
        "channel": "AMAZON_EU" if fba else "DEFAULT",
        "status": "Incomplete" if incomplete else status(quantity),
        "ean": article.ean if article.coded else None,
        "createdDate": iso(at),
        "lastUpdatedDate": iso(at),
    }


def status(quantity: int | None) -> str:
    """Return a complete listing's status: one that is sold out counts as inactive."""
    return "Inactive" if quantity == 0 else "Active"


def price(article: Article, market: Marketplace) -> str:
    """Return the price with VAT in the marketplace's currency."""
    return str((article.sales_price * market.rate).quantize(CENT))


def catalog_item(article: Article) -> Record:
    """Return the catalog's item: one per ASIN, whoever sells it."""
    return {
        "asin": asin(article.number),
        "itemName": article.name,
        "ean": article.ean if article.coded else None,
        "brand": article.group_name,
    }


def summary(article: Article, name: str, market: Marketplace, at: datetime) -> Record:
    """Return the FBA inventory of a SKU as a marketplace shows it."""
    shared = article.number % 8 != 4
    fulfillable = article.stock if shared or market is NL else article.stock // 3 + 1
    inbound, reserved = article.number % 6 * 5, min(article.number % 5, fulfillable)
    record = {
        "asin": asin(article.number),
        "fnSku": f"X00{article.number:07d}",
        "sellerSku": name,
        "condition": "NewItem",
        "inventoryDetails": {
            "fulfillableQuantity": fulfillable,
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": inbound,
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": reserved,
                "pendingCustomerOrderQuantity": reserved,
                "pendingTransshipmentQuantity": 0,
                "fcProcessingQuantity": 0,
            },
            "researchingQuantity": {"totalResearchingQuantity": 0, "researchingQuantityBreakdown": []},
            "unfulfillableQuantity": {"totalUnfulfillableQuantity": 0},
        },
        "lastUpdatedTime": "" if article.number % 12 == 8 else iso(at),
        "productName": article.name,
        "totalQuantity": fulfillable + inbound + reserved,
        "stores": [],
    }
    return {"marketplaceId": market.id, "summary": record}
