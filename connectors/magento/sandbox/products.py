"""Products and their stock as Magento writes them. The article's number decides what kind of product it becomes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from include.sandbox.catalogue import VAT, Article
from include.sandbox.world import Record

OPTIONS = ("Zwart", "Wit", "Naturel")
NUMBER = Decimal("0.0001")


def stamp(at: datetime) -> str:
    """Return a time as all of Magento's: UTC, with a blank, without a zone."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def kind(number: int) -> str:
    """Return the type_id of an article."""
    if number % 10 == 3:
        return "configurable"
    if number % 40 in (11, 31):
        return "bundle" if number % 40 == 11 else "grouped"
    return "virtual" if number % 25 == 7 else "simple"


def is_fixed(number: int) -> bool:
    """Return whether a bundle has a price of its own, and parts that nobody can choose."""
    return number % 80 == 11


def sku(article: Article) -> str:
    """Return the SKU; shops put blanks, slashes, quotes and percent signs into them."""
    odd = {4: "/A 1", 12: ' 5"', 20: "%2F", 28: "+é"}
    return article.sku + odd.get(article.number % 36, "")


def price(article: Article) -> Decimal:
    """Return the catalogue price, without VAT in this shop."""
    return (article.sales_price / VAT).quantize(NUMBER)


def product(article: Article, identity: int, place: int | None = None) -> Record:
    """Return a product; with a place (0 to 2) the simple product of a configurable one."""
    number, type_id = article.number, kind(article.number) if place is None else "simple"
    name = article.name if place is None else f"{article.name} {OPTIONS[place]}"
    value = {"configurable": Decimal(0), "grouped": Decimal(0)}.get(type_id, price(article) + (place or 0))
    return {
        "id": identity,
        "sku": sku(article) if place is None else f"{sku(article)}-{OPTIONS[place][:3].upper()}",
        "name": f" {name} " if number % 33 == 8 else name,
        "attribute_set_id": 4,
        # A bundle adds up its parts and has no price of its own.
        **({} if type_id == "bundle" else {"price": value}),
        "status": 2 if number % 60 in (14, 44) else 1,
        "visibility": 4 if place is None else 1,
        "type_id": type_id,
        "created_at": stamp(article.created),
        "updated_at": stamp(article.created),
        "weight": article.weight,
        "extension_attributes": {"website_ids": [1], "category_links": [{"position": 0, "category_id": "9"}]},
        "product_links": [],
        "options": [],
        "media_gallery_entries": [],
        "tier_prices": [],
        "custom_attributes": _attributes(article, place),
    }


def _attributes(article: Article, place: int | None) -> list[Record]:
    codes = [{"attribute_code": "ean", "value": article.ean}] if article.coded and place is None else []
    return [
        *codes,
        {"attribute_code": "tax_class_id", "value": "2"},
        {"attribute_code": "category_ids", "value": ["9"]},
    ]


def stock(article: Article, identity: int, place: int | None = None) -> Record:
    """Return the stock status: outside what can be sold, inside the record of the legacy stock."""
    number = article.number
    quantity: int | Decimal = article.stock + 7 * (place or 0)
    if number % 70 == 30:
        quantity += Decimal("0.5")
    managed = kind(number) in ("simple", "configurable") and number % 12 != 5
    held = reserved(number)
    return {
        "product_id": identity,
        "stock_id": 1,
        "qty": quantity - held if managed else 0,
        "stock_status": int(quantity > held or not managed),
        "stock_item": {
            "item_id": identity,
            "product_id": identity,
            "stock_id": 1,
            "qty": quantity if managed else 0,
            "is_in_stock": quantity > 0 or not managed,
            "is_qty_decimal": not isinstance(quantity, int),
            "use_config_min_qty": True,
            "min_qty": 0,
            "use_config_backorders": True,
            "backorders": 0,
            "use_config_manage_stock": managed,
            "manage_stock": managed,
            "low_stock_date": None,
            "stock_status_changed_auto": 0,
        },
    }


def reserved(number: int) -> int:
    """Return how many pieces of an article are sold and not sent yet; more than there are, for some."""
    return (0, 3, 0, 1, 25)[number % 5]


def sources(article: Article, name: str, quantity: int | Decimal) -> list[Record]:
    """Return the source items of a product; the legacy stock knows the source `default` only."""
    items = [{"sku": name, "source_code": "default", "quantity": quantity, "status": int(quantity > 0)}]
    if article.number % 3 == 0:
        east = article.stock % 11
        items.append({"sku": name, "source_code": "east", "quantity": east, "status": int(east > 0)})
    return items
