"""The records of the sandbox, made from the catalogue, and how they change."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from include.sandbox.catalogue import Article, Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Record, World

STOCK_PERIOD_DAYS = 30


class Shop:
    """One account: only the collections of `streams` are filled."""

    def __init__(self, world: World, catalogue: Catalogue, streams: Sequence[str]) -> None:
        self._world, self._catalogue, self._streams = world, catalogue, streams

    def build(self) -> None:
        """Fill the empty world."""
        for supplier in self._catalogue.suppliers:
            record = {"name": supplier.name, "email": supplier.email, "lead_days": supplier.lead_days}
            self._put("suppliers", supplier.number, record, self._catalogue.epoch - timedelta(days=400))
        for article in self._catalogue.articles():
            self._article(article)
        for number in range(1, self._catalogue.orders + 1):
            self._sell_order(number)
        for number in range(1, self._catalogue.orders // 4 + 1):
            self._buy_order(number)

    def changes(self) -> Mapping[str, Change]:
        """Return what can change, where its stream is served."""
        every: dict[str, tuple[str, Change]] = {
            "new_products": ("products", self._new_products),
            "renamed": ("products", self._changing("products", _renamed)),
            "stock": ("products", self._changing("products", _restocked)),
            "deleted_products": ("products", self._removing("products")),
            "renamed_suppliers": ("suppliers", self._changing("suppliers", _renamed)),
            "deleted_supplier_products": ("supplier_products", self._removing("supplier_products")),
            "new_orders": ("sell_orders", self._new_orders),
            "completed_orders": ("sell_orders", self._changing("sell_orders", _completed)),
            "deleted_orders": ("sell_orders", self._removing("sell_orders")),
            "new_buy_orders": ("buy_orders", self._new_buy_orders),
            "deleted_receipts": ("receipt_lines", self._removing("receipt_lines")),
        }
        return {name: change for name, (stream, change) in every.items() if stream in self._streams}

    def _put(self, stream: str, number: int, fields: Record, at: datetime) -> str:
        """Serve a record; times are written in UTC."""
        if stream in self._streams:
            record = {"id": number, **fields, "created_at": _written(at), "updated_at": _written(at)}
            self._world[stream].put(str(number), record, at)
        return str(number)

    def _article(self, article: Article) -> str:
        product = {
            "name": article.name,
            "sku": article.sku,
            "ean": article.ean if article.coded else None,
            "price": article.net_price,
            "stock": article.stock,
            "active": not article.ended,
            "assembled": article.number % 20 == 0,
        }
        offer = {
            "product_id": article.number,
            "supplier_id": article.supplier,
            "sku": f"S-{article.sku}",
            "price": article.purchase_price,
            "minimum_quantity": 1,
            "lot_size": 6 if article.number % 3 == 0 else 1,
            "preferred": True,
        }
        key = self._put("products", article.number, product, article.created)
        self._put("supplier_products", article.number, offer, article.created)
        if article.number % 20 == 0:
            parts = {"composed_id": article.number, "part_id": article.number - 1, "quantity": 2}
            self._put("product_compositions", article.number, parts, article.created)
        return key

    def _sell_order(self, number: int, placed: datetime | None = None) -> str:
        sale = self._catalogue.sale("bigcommerce", number)
        lines = []
        for place, (article_number, quantity) in enumerate(sale.lines, 1):
            article = self._catalogue.article(article_number)
            line = {"id": number * 100 + place, "product_id": article_number, "sku": article.sku, "ean": article.ean}
            lines.append({**line, "quantity": quantity, "total": article.net_price * quantity})
        record = {
            "status": ("completed", "completed", "open", "cancelled")[number % 4],
            "customer": {"name": f"{sale.first_name} {sale.surname}", "city": sale.city},
            "lines": lines,
        }
        return self._put("sell_orders", number, record, placed or sale.placed)

    def _buy_order(self, number: int, placed: datetime | None = None) -> str:
        article = self._catalogue.article(number % self._catalogue.size + 1)
        at = placed or self._catalogue.epoch - timedelta(days=STOCK_PERIOD_DAYS, hours=-number)
        quantity, received = 10 + number % 5, (0, 4, 10 + number % 5)[number % 3]
        line = {"id": number * 100 + 1, "product_id": article.number, "quantity": quantity, "received": received}
        record = {
            "supplier_id": article.supplier,
            "reference": f"Optiply {number}",
            "expected_at": _written(at + timedelta(days=7)),
            "lines": [{**line, "total": article.purchase_price * Decimal(quantity)}],
        }
        if received:
            receipt = {"buy_order_line_id": number * 100 + 1, "quantity": received, "received_at": _written(at)}
            self._put("receipt_lines", number, receipt, at)
        return self._put("buy_orders", number, record, at)

    def _new_products(self, _chance: random.Random, count: int) -> list[str]:
        return [self._article(self._catalogue.article(self._next("products"))) for _ in range(count)]

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        return [self._sell_order(self._next("sell_orders"), self._world.clock.now()) for _ in range(count)]

    def _new_buy_orders(self, _chance: random.Random, count: int) -> list[str]:
        return [self._buy_order(self._next("buy_orders"), self._world.clock.now()) for _ in range(count)]

    def _next(self, stream: str) -> int:
        collection = self._world[stream]
        return max([0, *map(int, collection.rows), *map(int, collection.gone)]) + 1

    def _changing(self, stream: str, fields: Callable[[Record], Record]) -> Change:
        def change(chance: random.Random, count: int) -> list[str]:
            keys = pick(chance, list(self._world[stream].rows), count)
            for key in keys:
                row = self._world[stream][key]
                self._world[stream].change(key, **fields(row.data), updated_at=_written(self._world.clock.now()))
            return keys

        return change

    def _removing(self, stream: str) -> Change:
        def remove(chance: random.Random, count: int) -> list[str]:
            keys = pick(chance, list(self._world[stream].rows), count)
            for key in keys:
                self._world[stream].remove(key)
            return keys

        return remove


def _renamed(data: Record) -> Record:
    return {"name": f"{data['name']} II"}


def _restocked(data: Record) -> Record:
    return {"stock": data["stock"] + 7}


def _completed(_data: Record) -> Record:
    return {"status": "completed"}


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
