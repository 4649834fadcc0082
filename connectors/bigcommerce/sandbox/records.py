"""Records as the BigCommerce API writes them: V3 with ISO times and numbers, V2 with mail times and texts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime

from connectors.bigcommerce.sandbox.proof import STORE_HASH
from include.sandbox.catalogue import VAT, Article, Sale
from include.sandbox.world import Record

STATUSES = {
    0: "Incomplete",
    2: "Shipped",
    4: "Refunded",
    5: "Cancelled",
    6: "Declined",
    7: "Awaiting Payment",
    10: "Completed",
    11: "Awaiting Fulfillment",
}
# Which status the order of a number has: mostly completed and shipped ones.
TURNS = (10, 2, 10, 11, 5, 10, 2, 4, 10, 7, 6, 0)


def has_options(number: int) -> bool:
    """Whether the article of this number is sold in two sizes."""
    return number % 5 == 0


def tracking(number: int) -> str:
    """Return how stock is kept: per variant, per product (one level for all its variants), or not at all."""
    if number % 7 == 0:
        return "none"
    return "variant" if has_options(number) and number % 30 else "product"


def product(article: Article, at: datetime) -> Record:
    """Return a product that was added `at` a time."""
    number, options = article.number, has_options(article.number)
    stock = 0 if tracking(number) == "none" else article.stock
    return {
        "id": number,
        "name": article.name,
        "type": "physical",
        "sku": article.sku,
        "description": "",
        "price": article.net_price,
        "sale_price": 0,
        "calculated_price": article.net_price,
        "inventory_level": stock,
        "inventory_tracking": tracking(number),
        "is_visible": not article.ended,
        "availability": "available",
        "upc": "",
        "gtin": "" if options or not article.coded else article.ean,
        "base_variant_id": None if options else number * 10,
        "date_created": iso(at),
        "date_modified": iso(at),
    }


def variants(article: Article) -> list[Record]:
    """Return a product's variants; one without options has its base variant only."""
    number = article.number
    if not has_options(number):
        level = 0 if tracking(number) == "none" else article.stock
        code = article.ean if article.coded else ""
        # The base variant mirrors what its product says.
        return [_variant(number * 10, article, article.sku, article.net_price, level, code, [])]
    levels = (article.stock // 2, article.stock - article.stock // 2) if tracking(number) == "variant" else (0, 0)
    sizes = [{"id": 1, "label": "S", "option_id": 7, "option_display_name": "Maat"}]
    large = [{"id": 2, "label": "L", "option_id": 7, "option_display_name": "Maat"}]
    code = article.ean if article.coded else ""
    return [
        # No price of its own: the product's counts.
        _variant(number * 10, article, f"{article.sku}-S", None, levels[0], code, sizes),
        _variant(number * 10 + 1, article, f"{article.sku}-L", article.net_price + 5, levels[1], "", large),
    ]


def _variant(
    key: int, article: Article, sku: str, price: Decimal | None, level: int, code: str, options: list[Record]
) -> Record:
    return {
        "id": key,
        "product_id": article.number,
        "sku": sku,
        "sku_id": key + 5000 if options else None,
        "price": price,
        "calculated_price": price if price is not None else article.net_price,
        "upc": "",
        "gtin": code,
        "inventory_level": level,
        "purchasing_disabled": False,
        "option_values": options,
    }


def order(number: int, sale: Sale, at: datetime, lines: list[Record]) -> Record:
    """Return an order as V2 lists it: amounts as texts, times as mails write them."""
    status = TURNS[number % len(TURNS)]
    place = f"/orders/{number}/products"
    return {
        "id": number,
        "customer_id": 0,
        "date_created": mail(at),
        "date_modified": mail(at),
        "date_shipped": mail(at) if status in (2, 10) else "",
        "status_id": status,
        "status": STATUSES[status],
        "subtotal_ex_tax": money(sum((Decimal(line["total_ex_tax"]) for line in lines), Decimal())),
        "items_total": sum(line["quantity"] for line in lines),
        "currency_code": "EUR",
        "is_deleted": False,
        "billing_address": {"first_name": sale.first_name, "last_name": sale.surname, "city": sale.city},
        "products": {"url": f"https://api.bigcommerce.com/stores/{STORE_HASH}/v2{place}", "resource": place},
    }


def line(key: int, order_number: int, article: Article, quantity: int) -> Record:
    """Return an order product."""
    return {
        "id": key,
        "order_id": order_number,
        "product_id": article.number,
        "variant_id": article.number * 10,
        "name": article.name,
        "sku": article.sku + ("-S" if has_options(article.number) else ""),
        "upc": "",
        "type": "physical",
        "price_ex_tax": money(article.net_price),
        "price_inc_tax": money(article.sales_price),
        "total_ex_tax": money(article.net_price * quantity),
        "total_inc_tax": money(article.net_price * quantity * VAT),
        "quantity": quantity,
        "is_refunded": False,
        "quantity_refunded": 0,
        "parent_order_product_id": None,
    }


def free_line(key: int, order_number: int) -> Record:
    """Return a custom product: typed in by the merchant, in no catalogue."""
    ids = {"id": key, "order_id": order_number, "product_id": 0, "variant_id": 0, "name": "Graveren", "sku": ""}
    amounts = {"price_ex_tax": "10.0000", "price_inc_tax": "12.1000", "total_ex_tax": "10.0000"}
    return {**ids, "upc": "", "type": "physical", **amounts, "quantity": 1, "is_refunded": False}


def money(amount: Decimal) -> str:
    """Write an amount as V2 does: a text with four decimals."""
    return f"{amount:.4f}"


def iso(at: datetime) -> str:
    """Write a time as V3 does."""
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def mail(at: datetime) -> str:
    """Write a time as V2 does, RFC-2822."""
    return format_datetime(at.replace(microsecond=0))
