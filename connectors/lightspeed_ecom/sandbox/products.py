"""Suppliers, products and variants as Lightspeed eCom writes them, with its noise spread over the catalogue."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from connectors.lightspeed_ecom.sandbox.wire import iso, list_reference, older, reference
from include.sandbox.catalogue import CENT, VAT, Article, Supplier
from include.sandbox.world import Record

OPTIONS = ("Klein", "Middel", "Groot")
COLLI: tuple[int | bool, ...] = (0, 1, 6, 12, False)


def has_options(number: int) -> bool:
    """Say whether the article is sold in three variants; all others have one."""
    return number % 8 == 3


def supplier(source: Supplier, number: int, at: datetime) -> Record:
    """Write a supplier, in the snake case that this endpoint alone has; each fourth has no title."""
    return {
        "id": number,
        "createdAt": iso(at),
        "updatedAt": iso(at),
        "title": "" if source.number % 4 == 2 else source.name,
        "attention_of": "",
        "street": "Dorpsstraat",
        "street2": "",
        "number": str(source.number),
        "extension": "",
        "zip_code": "1234AB",
        "city": source.city,
        "region": "",
        "country_id": 151,
    }


def product(article: Article, number: int, supplier_id: int) -> Record:
    """Write the parent: title, visibility and supplier."""
    hidden = article.ended or article.number % 13 == 5
    shown = "auto" if article.number % 17 == 2 else "visible"
    return {
        "id": number,
        "createdAt": iso(article.created),
        "updatedAt": iso(article.created),
        "isVisible": not hidden,
        "visibility": "hidden" if hidden else shown,
        "hasMatrix": False,
        "data01": "",
        "data02": "",
        "data03": "",
        "url": article.sku.lower(),
        "title": article.name,
        "fulltitle": f"{article.group_name} {article.name}",
        "description": "",
        "content": "",
        "set": False,
        "brand": reference("brands", 9),
        "supplier": reference("suppliers", None if article.number % 11 == 4 else supplier_id),
        "deliverydate": False,
        "image": False,
        "images": False,
        "type": False,
        "variants": list_reference("variants", f"product={number}"),
    }


def variant(article: Article, number: int, product_id: int, place: int, at: datetime) -> Record:
    """Write a variant: codes, prices, stock. `place` 0 is the default one; each ninth article is of an older shop."""
    several = has_options(article.number)
    price = article.net_price + Decimal(place * 5)
    weight = int(article.weight * 1000)
    fields: Record = {
        "priceExcl": price,
        "priceIncl": (price * VAT).quantize(CENT),
        "priceCost": _cost(article),
        "oldPriceExcl": 0,
        "oldPriceIncl": 0,
        "stockTracking": _tracking(article.number),
        "stockLevel": _stock(article, place),
        "stockAlert": 5,
        "stockMinimum": 0,
        "stockSold": 0,
        "stockBuyMininum": 1,
        "stockBuyMinimum": 1,
        "stockBuyMaximum": 10000,
        "weight": weight,
        "weightValue": str(article.weight),
        "weightUnit": "kg",
        "volume": 0,
        "colli": COLLI[article.number % len(COLLI)],
    }
    return {
        "id": number,
        "createdAt": iso(at),
        "updatedAt": iso(at),
        "isDefault": place == 0,
        "sortOrder": place + 1,
        "articleCode": f"ART-{article.number}" + (f"-{place + 1}" if several else ""),
        "ean": article.ean if article.coded and place == 0 else "",
        "sku": False if article.number % 21 == 20 else article.sku + (f"-{place + 1}" if several else ""),
        "hs": None,
        "tax": reference("taxes", 2),
        "taxType": None,
        **(older(fields) if article.number % 9 == 6 else fields),
        "sizeX": 0,
        "sizeY": 0,
        "sizeZ": 0,
        "matrix": False,
        "title": OPTIONS[place] if several else (article.colour.title() if article.number % 2 else ""),
        "options": [],
        "additionalcost": False,
        "image": False,
        "product": reference("products", product_id),
    }


def _cost(article: Article) -> Decimal | int | bool:
    if article.number % 14 == 9:
        return False
    return 0 if article.number % 19 == 3 else article.purchase_price


def _tracking(number: int) -> str:
    if number % 10 == 7:
        return "disabled"
    return "indicator" if number % 23 == 8 else "enabled"


def _stock(article: Article, place: int) -> int | bool:
    """Return the stock; some were sold below zero, and a few levels are `false` although stock is tracked."""
    if article.number % 37 == 10:
        return False
    if article.number % 10 == 7:
        return 0
    return -3 if article.number % 29 == 1 else article.stock + place
