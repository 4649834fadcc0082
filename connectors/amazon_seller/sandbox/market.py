"""One seller at Amazon: how the account starts and what happens over time."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.amazon_seller.sandbox import goods
from connectors.amazon_seller.sandbox.orders import OrderWriter, advance
from connectors.amazon_seller.sandbox.refusals import iso
from include.sandbox.catalogue import Article, Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Record, Row, World


class Market:
    """Builds listings, inventory and orders and lets them change; orders are never deleted."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self.world, self.catalogue, self.writer = world, catalogue, OrderWriter(catalogue)

    def build(self) -> None:
        """Fill the world."""
        for article in self.catalogue.articles():
            if not article.ended:
                self._list(article, article.created)
        for number in range(1, self.catalogue.orders + 1):
            sale = self.catalogue.sale("amazon", number)
            order, changed = self.writer.order(sale, sale.placed, fresh=False)
            self.world["orders"].put(order["order"]["AmazonOrderId"], order, changed)
        self.world.facts |= {"sale": self.catalogue.orders + 1, "article": self.catalogue.size + 1}

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name."""
        return {
            "new_listings": self._new_listings,
            "renamed": self._each(lambda _: True, self._rename),
            "prices": self._each(lambda row: row.data["price"] is not None, self._reprice),
            "own_stock": self._each(lambda row: row.data["channel"] == "DEFAULT", self._restock),
            "fba_stock": self._fba_stock,
            "ended_listings": self._each(lambda _: True, self._end),
            "new_orders": self._new_orders,
            "paid_orders": self._orders(("Pending",), "Unshipped"),
            "shipped_orders": self._orders(("Unshipped", "PartiallyShipped"), "Shipped"),
            "cancelled_orders": self._orders(("Pending", "Unshipped"), "Canceled"),
        }

    def _list(self, article: Article, at: datetime) -> list[str]:
        """List an article at `at` under its SKUs in its marketplaces, with the stock at Amazon."""
        world, keys = self.world, []
        world["catalog"].put(goods.asin(article.number), goods.catalog_item(article), at)
        for market in goods.sold_in(article.number):
            for name, fba in goods.skus(article):
                key = f"{name}|{market.id}"
                keys.append(key)
                world["listings"].put(key, goods.listing(article, name, market, at, fba=fba), at)
                if fba:
                    world["inventory"].put(key, goods.summary(article, name, market, at), at)
        return keys

    def _new_listings(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            article = self.catalogue.article(self.world.next_number("article"))
            added += self._list(article, self.world.clock.now())
        return added

    def _each(self, where: Callable[[Row], bool], act: Callable[[str, Record], None]) -> Change:
        """Change some listings that pass `where`."""

        def change(chance: random.Random, count: int) -> list[str]:
            candidates = [row.key for row in self.world["listings"] if where(row)]
            chosen = pick(chance, candidates, count)
            for key in chosen:
                act(key, self.world["listings"][key].data)
            return chosen

        return change

    def _amend(self, key: str, **fields: object) -> None:
        self.world["listings"].change(key, **fields, lastUpdatedDate=iso(self.world.clock.now()))

    def _rename(self, key: str, data: Record) -> None:
        self._amend(key, itemName=f"{data['itemName']} (nieuw)")

    def _reprice(self, key: str, data: Record) -> None:
        euros, _, cents = data["price"].partition(".")
        self._amend(key, price=f"{int(euros) + 3}.{cents}")

    def _restock(self, key: str, data: Record) -> None:
        quantity = 0 if data["quantity"] and data["quantity"] % 3 == 0 else (data["quantity"] or 0) + 7
        state = data["status"] if data["status"] == "Incomplete" else goods.status(quantity)
        self._amend(key, quantity=quantity, status=state)

    def _end(self, key: str, _data: Record) -> None:
        self.world["listings"].remove(key)
        if key in self.world["inventory"]:
            self.world["inventory"].remove(key)

    def _fba_stock(self, chance: random.Random, count: int) -> list[str]:
        """Sell or receive pieces of some SKUs; all marketplaces that show the same pool show the new figures."""
        inventory = self.world["inventory"]
        chosen = pick(chance, [row.key for row in inventory], count)
        for key in chosen:
            before = inventory[key].data["summary"]
            same = [
                row.key
                for row in inventory
                if row.data["summary"]["sellerSku"] == before["sellerSku"]
                and row.data["summary"]["inventoryDetails"] == before["inventoryDetails"]
            ]
            pieces = chance.choice((-1, 1, 4, 9))
            for other in same:
                self._move(other, pieces)
        return chosen

    def _move(self, key: str, pieces: int) -> None:
        data = copy.deepcopy(self.world["inventory"][key].data)
        details = data["summary"]["inventoryDetails"]
        pieces = max(pieces, -int(details["fulfillableQuantity"]))
        details["fulfillableQuantity"] += pieces
        data["summary"]["totalQuantity"] += pieces
        if data["summary"]["lastUpdatedTime"]:
            data["summary"]["lastUpdatedTime"] = iso(self.world.clock.now())
        self.world["inventory"].change(key, **data)

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            sale = self.catalogue.sale("amazon", self.world.next_number("sale"))
            order, changed = self.writer.order(sale, self.world.clock.now(), fresh=True)
            added.append(self.world["orders"].put(order["order"]["AmazonOrderId"], order, changed).key)
        return added

    def _orders(self, states: tuple[str, ...], state: str) -> Change:
        """Bring some orders from one of `states` into another."""

        def change(chance: random.Random, count: int) -> list[str]:
            orders = self.world["orders"]
            chosen = pick(chance, [row.key for row in orders if row.data["order"]["OrderStatus"] in states], count)
            for key in chosen:
                orders.change(key, **advance(orders[key].data, state, self.world.clock.now()))
            return chosen

        return change
