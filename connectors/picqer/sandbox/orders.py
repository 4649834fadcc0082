"""Sell orders as Picqer writes them: prices without VAT, lines without an id on older orders."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from connectors.picqer.sandbox.products import MAIN_WAREHOUSE, product_id, wall
from include.sandbox.catalogue import Catalogue, Sale
from include.sandbox.world import Record

STATUSES = {"completed": 72, "processing": 10, "paused": 4, "expected": 3, "concept": 3, "cancelled": 8}
OPEN = ("concept", "expected", "processing", "paused")


def order_id(number: int) -> int:
    """Return the idorder of a sale."""
    return 44000 + number


def order(catalogue: Catalogue, sale: Sale, placed: datetime, status: str | None = None) -> Record:
    """Return the order of a sale; without `status` an old order has any, by the sale's number."""
    chance = random.Random(f"{catalogue.seed}:picqer:{sale.number}")
    chosen = status or chance.choices(list(STATUSES), list(STATUSES.values()))[0]
    changed = placed if status else min(catalogue.epoch, placed + timedelta(minutes=chance.randint(1, 4000)))
    return {
        "idorder": order_id(sale.number),
        "idcustomer": 900 + sale.number % 50,
        "orderid": f"O2026-{sale.number:05d}",
        "deliveryname": f"{sale.first_name} {sale.surname}",
        "reference": f"WEB-{sale.number}" if sale.number % 3 else None,
        "status": chosen,
        "discount": 0,
        "invoiced": False,
        "partialdelivery": False,
        "warehouses": [] if sale.number % 20 == 3 else [19] if sale.number % 20 == 4 else [MAIN_WAREHOUSE],
        "products": [_line(catalogue, sale, place) for place in range(len(sale.lines))],
        "pricelists": [],
        "picklists": [],
        "created": wall(placed),
        "updated": wall(changed),
    }


def _line(catalogue: Catalogue, sale: Sale, place: int) -> Record:
    number, amount = sale.lines[place]
    article = catalogue.article(number)
    identity = {"idorder_product": sale.number * 10 + place} if sale.number > catalogue.orders // 2 else {}
    return {
        **identity,
        "idproduct": product_id(number),
        "idvatgroup": 18,
        "productcode": article.sku,
        "name": article.name,
        "remarks": "",
        "price": article.net_price,
        "amount": amount,
        "weight": int(article.weight * 1000),
    }
