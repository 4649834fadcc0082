"""Products, parts and suppliers as Picqer writes them. The article's number decides what kind of product it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from include.sandbox.catalogue import Article, Supplier
from include.sandbox.world import Record

ACCOUNT_ZONE = ZoneInfo("Europe/Amsterdam")
WAREHOUSES = {18: "Hoofdmagazijn", 19: "Winkel", 20: "Retouren"}
MAIN_WAREHOUSE = 18
COMPOSED = ("virtual_composition", "composition_with_stock")
ABSURD_PRICE = Decimal("99999999.99")


def wall(at: datetime) -> str:
    """Return a time as Picqer writes it: the account's clock, without a zone."""
    return at.astimezone(ACCOUNT_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def product_id(number: int) -> int:
    """Return the idproduct of an article."""
    return 8000 + number


def supplier_id(number: int) -> int:
    """Return the idsupplier of a supplier."""
    return 50 + number


def kind(number: int) -> str:
    """Return the product type of an article."""
    return {4: "virtual_composition", 14: "composition_with_stock", 7: "unlimited_stock"}.get(number % 25, "normal")


def part_numbers(number: int, last: int) -> list[tuple[int, int]]:
    """Return articles and amounts inside a composed article; one composition in three has no parts (yet)."""
    if kind(number) not in COMPOSED or number % 3 == 0 or number + 2 > last:
        return []
    return [(number + 1, 1 + number % 4), (number + 2, 1)]


def product(article: Article, lead_days: int, *, fulfilment: bool) -> Record:
    """Return a product; every fifteenth has no supplier, like all those of a fulfilment account."""
    number, of_kind = article.number, kind(article.number)
    created = wall(article.created)
    tag = {"idtag": 7, "title": "Breekbaar", "color": "#aa0000"}
    return {
        "idproduct": product_id(number),
        "idvatgroup": 18,
        "name": article.name,
        "price": ABSURD_PRICE if number % 60 == 33 else article.net_price,
        "fixedstockprice": None if number % 50 == 41 else article.purchase_price,
        "idsupplier": None if fulfilment or number % 15 == 8 else supplier_id(article.supplier),
        "productcode": article.sku,
        "productcode_supplier": f"L{article.supplier}-{number}" if number % 6 else None,
        "deliverytime": {0: None, 1: 0, 2: 400}.get(number % 40, lead_days),
        "description": "",
        "barcode": article.ean if article.coded else "",
        "type": of_kind,
        "unlimitedstock": of_kind == "unlimited_stock",
        "weight": int(article.weight * 1000),
        "length": None,
        "width": None,
        "height": None,
        "minimum_purchase_quantity": 6 if number % 4 == 0 else None,
        "purchase_in_quantities_of": {0: 12, 1: 0}.get(number % 8),
        "hs_code": None,
        "country_of_origin": "NL",
        "active": not article.ended,
        "assembled": False,
        "idfulfilment_customer": 3 if fulfilment else None,
        "pricelists": [],
        "productfields": [{"idproductfield": 3, "title": "Collectie", "value": article.group_name}],
        "images": [],
        "stock": positions(article),
        # A PHP array: an object with keys, a list without.
        "tags": {"Breekbaar": tag} if number % 3 == 0 else [],
        "analysis_pick_amount_per_day": Decimal("1.4"),
        "created": created,
        "updated": created,
    }


def positions(article: Article) -> list[Record]:
    """Return the stock per warehouse; free stock is below zero where more is sold than there is."""
    number = article.number
    if kind(number) in ("unlimited_stock", "virtual_composition"):
        return []
    reserved = article.stock + 3 if number % 40 == 6 else min(article.stock, number % 7)
    found = [position(18, article.stock, reserved)]
    if number % 3 == 0:
        found.append(position(19, article.stock // 4, 0))
    if number % 11 == 0:
        found.append(position(20, number % 5, 0))
    return found


def position(warehouse: int, stock: int, reserved: int) -> Record:
    """Return the stock of a product in one warehouse."""
    return {
        "idwarehouse": warehouse,
        "stock": stock,
        "reserved": reserved,
        "reservedbackorders": 0,
        "reservedpicklists": reserved,
        "reservedallocations": 0,
        "freestock": stock - reserved,
        "freepickablestock": stock - reserved,
    }


def virtual_stock(parts: Iterable[Record], stock_of: dict[int, int]) -> list[Record]:
    """Return the stock of a virtual composition: as many as its parts in the main warehouse make."""
    able = [max(0, stock_of.get(part["idproduct"], 0)) // part["amount"] for part in parts]
    return [position(MAIN_WAREHOUSE, min(able), 0)] if able else []


def part(identity: int, article: Article, amount: int) -> Record:
    """Return one part of a composed product."""
    return {
        "idproduct_part": identity,
        "idproduct": product_id(article.number),
        "amount": amount,
        "productcode": article.sku,
        "name": article.name,
    }


def supplier(given: Supplier) -> Record:
    """Return a supplier; some have several addresses in one field, or none."""
    emails = {3: f"{given.email}, inkoop@voorbeeld.example", 5: "bel ons", 0: None}
    return {
        "idsupplier": supplier_id(given.number),
        "name": given.name,
        "contactname": None,
        "address": "Dorpsstraat 1",
        "address2": None,
        "zipcode": "1234AB",
        "city": given.city,
        "region": None,
        "country": "NL",
        "telephone": None,
        "emailaddress": emails.get(given.number % 8, given.email),
        "remarks": None,
        "language": "nl",
    }
