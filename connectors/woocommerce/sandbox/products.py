"""Products and variations as WooCommerce writes them. The article's number decides what kind of product it becomes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from include.sandbox.catalogue import CENT, Article
from include.sandbox.world import Record

SITE_ZONE = ZoneInfo("Europe/Amsterdam")
OPTIONS = ("Zwart", "Wit", "Naturel")


def stamp(name: str, at: datetime) -> Record:
    """Return a time in both forms of the API: site time and UTC, both without a zone."""
    gmt = at.replace(microsecond=0, tzinfo=None).isoformat()
    return {name: at.astimezone(SITE_ZONE).replace(microsecond=0, tzinfo=None).isoformat(), f"{name}_gmt": gmt}


def kind(number: int) -> str:
    """Return the product type of an article."""
    if number % 10 == 3:
        return "variable"
    return "grouped" if number % 40 == 11 else "simple"


def status(number: int) -> str:
    """Return the post status of an article: mostly publish."""
    return {14: "draft", 16: "trash", 22: "pending", 52: "private", 44: "draft"}.get(number % 60, "publish")


def product(article: Article, post: int, variations: list[int], grouped: list[int]) -> Record:
    """Return a top-level product; EANs stand in `global_unique_id` or, for older ones, in a plug-in's meta."""
    number, of_kind = article.number, kind(article.number)
    virtual = number % 25 == 7
    managed = of_kind != "grouped" and not virtual and number % 12 != 5 and (of_kind == "simple" or number % 30 == 3)
    quantity: int | Decimal | None = (Decimal(article.stock) + Decimal("0.5")) if number % 70 == 31 else article.stock
    price = "" if of_kind == "grouped" or number % 50 == 29 else str(article.sales_price)
    slug = article.name.lower().replace(" ", "-")
    return {
        "id": post,
        "name": article.name,
        "slug": f"{slug}-{post}",
        "permalink": f"https://winkel.example/product/{slug}-{post}/",
        **stamp("date_created", article.created),
        **stamp("date_modified", article.created),
        "type": of_kind,
        "status": status(number),
        "featured": False,
        "catalog_visibility": "visible",
        "description": f"<p>{article.name}, uit onze collectie {article.group_name.lower()}.</p>\n",
        "sku": article.sku,
        "global_unique_id": article.ean if number % 4 else "",
        **prices(price),
        "date_on_sale_from": None,
        "date_on_sale_to": None,
        "purchasable": price != "",
        "total_sales": article.stock % 97,
        "virtual": virtual,
        "downloadable": virtual,
        "tax_status": "taxable",
        "tax_class": "",
        **stock(quantity if managed else None, managed),
        "backorders": "no",
        "backorders_allowed": False,
        "backordered": False,
        "weight": "" if virtual else str(article.weight.normalize()),
        "dimensions": {"length": "", "width": "", "height": ""},
        "parent_id": 0,
        "categories": [{"id": 9, "name": article.group_name, "slug": article.group_name.lower()}],
        "images": [],
        "attributes": _attributes(variations),
        "default_attributes": [],
        "variations": variations,
        "grouped_products": grouped,
        "meta_data": [
            {"id": post * 2, "key": "_ean", "value": article.ean},
            {"id": post * 2 + 1, "key": "_supplier", "value": {"number": article.supplier, "tags": []}},
        ],
    }


def variation(article: Article, post: int, place: int) -> Record:
    """Return the variation at `place` (0 to 2) of a variable product; the list endpoint names no parent."""
    kinds: dict[int, bool | str] = {3: "parent", 23: False}
    stock_kind = kinds.get(article.number % 30, True)
    price = article.sales_price + place * Decimal("2.50")
    quantity = article.stock if stock_kind == "parent" else (article.stock + place * 7 if stock_kind else None)
    return {
        "id": post,
        **stamp("date_created", article.created),
        **stamp("date_modified", article.created),
        "description": "",
        "sku": f"{article.sku}-{OPTIONS[place][:3].upper()}",
        "global_unique_id": "",
        **prices(str(price.quantize(CENT))),
        "status": "private" if article.number % 50 == 43 and place == 2 else "publish",
        "purchasable": True,
        "virtual": False,
        "downloadable": False,
        **stock(quantity, stock_kind),
        "backorders": "no",
        "weight": "",
        "image": None,
        "attributes": [{"id": 6, "name": "Kleur", "option": OPTIONS[place]}],
        "menu_order": place,
        "meta_data": [],
    }


def prices(price: str) -> Record:
    """Return the price fields; an empty string is a product without a price."""
    return {"price": price, "regular_price": price, "sale_price": "", "on_sale": False}


def stock(quantity: int | Decimal | None, managed: bool | str) -> Record:
    """Return the stock fields; `managed` is true, false or the string "parent"."""
    in_stock = quantity is None or quantity > 0
    return {
        "manage_stock": managed,
        "stock_quantity": quantity,
        "stock_status": "instock" if in_stock else "outofstock",
    }


def _attributes(variations: list[int]) -> list[Record]:
    if not variations:
        return []
    return [{"id": 6, "name": "Kleur", "position": 0, "visible": True, "variation": True, "options": list(OPTIONS)}]
