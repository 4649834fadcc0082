"""What is bought and what comes in: purchase orders, receipts, reverts, and orders that Picqer makes by itself."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from connectors.picqer.sandbox import purchasing as write
from connectors.picqer.sandbox.products import kind, wall
from include.sandbox.catalogue import Article, Catalogue, Supplier
from include.sandbox.remote import Change, pick
from include.sandbox.world import Record, World

HISTORY_DAYS = 140


class Dock:
    """Builds the purchase orders of an account and lets goods come in. Rows of version 1 count once completed."""

    def __init__(self, world: World, catalogue: Catalogue, *, fulfilment: bool) -> None:
        self.world, self.catalogue, self.fulfilment = world, catalogue, fulfilment
        self.orders, self.receipts = world["purchase_orders"], world["receipts"]

    def build(self) -> None:
        """Fill the world: one order in ten of each stage, the receipts of both versions mixed."""
        count = max(20, self.catalogue.size // 6)
        for number in range(1, count + 1):
            at = self.catalogue.epoch - timedelta(days=(count - number + 1) * HISTORY_DAYS / count, hours=-9)
            key, stage = self.order(at), number % 10
            if stage:
                self.purchase(key, at)
            if stage == 1:
                self.cancel(key, at)
            if stage in (4, 5):
                self.receive([key], 2, 2, at)
            if stage == 5:
                self.revert(f"{self.receipts[self.last_receipt()].data['products'][0]['idreceipt_product']}", at)
            if stage in (6, 7):
                self.receive([key], 1, 2 if stage == 6 else 1, at)
            if stage == 7:
                self.complete(self.last_receipt(), at + timedelta(hours=2))
            if stage == 9:
                self.receive([str(int(key) - 1), key], 2, 1, at)
                self.complete(self.last_receipt(), at + timedelta(hours=2))

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name."""
        world = self.world
        return {
            "purchased_orders": self._each("concept", self.purchase),
            "removed_purchase_lines": self._each("untouched with lines", self._remove_line),
            "cancelled_purchase_orders": self._each("untouched", self.cancel),
            "receipts": self._each("open", lambda key, at: self.receive([key], 2, 1 + int(key) % 2, at)),
            "completed_receipts": self._each("receiving", self.complete),
            "reverted_receipts": self._each("reversible", self.revert),
            "unordered_receipts": lambda chance, count: [self._unordered(chance) for _ in range(count)],
            "new_purchase_orders": lambda _, count: [self._bought(world.clock.now()) for _ in range(count)],
        }

    def order(self, at: datetime) -> str:
        """Add a concept for a few articles of one supplier; return its id."""
        number = self.world.next_number("purchase_order")
        supplier, articles = self._assortment[number // 2 % len(self._assortment)]
        chosen = [articles[(number + place) % len(articles)] for place in range(min(3, len(articles)))]
        # The same product may stand on two lines.
        chosen += chosen[:1] if number % 9 == 4 else []
        lines = [(self.line_id(), article, 6 * (1 + article.number % 4)) for article in chosen]
        named_only = self.fulfilment or number % 15 == 13
        record = write.purchase_order(number, supplier, lines, at, named_only=named_only)
        return self.orders.put(str(record["idpurchaseorder"]), record).key

    def purchase(self, key: str, at: datetime, due: str | None = None) -> None:
        """Send the order to the supplier, who delivers on the day `due` or after a week."""
        due = due or (at + timedelta(days=7)).date().isoformat()
        self.save(key, at, status="purchased", purchased_at=wall(at), purchased_by_iduser=4, delivery_date=due)

    def cancel(self, key: str, at: datetime) -> None:
        """Cancel an order."""
        self.save(key, at, status="cancelled")

    def receive(self, keys: list[str], version: int, part: int, at: datetime) -> None:
        """Let one `part`-th of what is open come in; several orders make one receipt that names none of them."""
        amounts = {
            line["idpurchaseorder_product"]: (line["amount"] - line["amountreceived"]) // part
            for key in keys
            for place, line in enumerate(self.orders[key].data["products"])
            if part == 1 or place == 0
        }
        self.arrive(keys, version, amounts, at)

    def arrive(self, keys: list[str], version: int, amounts: Mapping[int, int], at: datetime) -> str:
        """Make a receipt of what comes in by line; rows of version 1 wait for its completion. Return its id."""
        orders = [self.orders[key].data for key in keys]
        receipt = write.receipt(self.world.next_number("receipt"), version, orders, at)
        rows: list[Record] = []
        for order in orders:
            for line in order["products"]:
                amount = amounts.get(line["idpurchaseorder_product"], 0)
                if version == 1:
                    rows.append(write.row_of_version_1(self._row_id(), order, line, amount))
                    continue
                # Two places in the warehouse are two rows.
                shares = (amount // 2, amount - amount // 2) if amount > 6 else (amount,)
                rows += [write.row_of_version_2(self._row_id(), order, line, n, at) for n in shares if n]
        self.receipts.put(str(receipt["idreceipt"]), receipt)
        self._save_receipt(str(receipt["idreceipt"]), rows, at)
        if version == 2:
            self._book(rows, "amount", 1, at)
        return str(receipt["idreceipt"])

    def complete(self, key: str, at: datetime) -> None:
        """Complete a receipt; rows of version 1 enter the stock now."""
        data = self.receipts[key].data
        by = {"iduser": 4, "name": "Magazijn"}
        self.receipts.change(key, status="completed", completed_at=wall(at), completed_by=by, updated=wall(at))
        if data["version"] == 1:
            self._book(data["products"], "amount_receiving", 1, at)

    def revert(self, row_id: str, at: datetime) -> None:
        """Take a row of version 2 back."""
        key, row = next(found for found in self._rows() if str(found[1]["idreceipt_product"]) == row_id)
        reverted = row | {"reverted_at": wall(at), "reverted_by_iduser": 4}
        self._save_receipt(key, [reverted if r is row else r for r in self.receipts[key].data["products"]], at)
        self._book([row], "amount", -1, at)

    def last_receipt(self) -> str:
        """Return the id of the newest receipt."""
        return next(reversed(self.receipts.rows))

    def _bought(self, at: datetime) -> str:
        key = self.order(at)
        self.purchase(key, at)
        return key

    def _unordered(self, chance: random.Random) -> str:
        """Receive what nobody ordered: Picqer makes a purchase order for it by itself."""
        at = self.world.clock.now()
        key = self._bought(at)
        first = self.orders[key].data["products"][:1]
        self.save(key, at, products=[first[0] | {"amount": chance.randint(1, 9)}])
        self.receive([key], 2, 1, at)
        receipt = self.last_receipt()
        self._save_receipt(
            receipt, [r | {"added_by_receipt": True} for r in self.receipts[receipt].data["products"]], at
        )
        return key

    def _remove_line(self, key: str, at: datetime) -> None:
        self.save(key, at, products=self.orders[key].data["products"][:-1])

    def _book(self, rows: list[Record], field: str, sign: int, at: datetime) -> None:
        """Add what came to the lines; an order with nothing left to come is received, and open again after a revert."""
        for key in dict.fromkeys(str(row["idpurchaseorder"]) for row in rows):
            came: dict[int, int] = {}
            for row in rows:
                came[row["idpurchaseorder_product"]] = came.get(row["idpurchaseorder_product"], 0) + sign * row[field]
            lines = [
                line | {"amountreceived": line["amountreceived"] + came.get(line["idpurchaseorder_product"], 0)}
                for line in self.orders[key].data["products"]
            ]
            done = all(line["amountreceived"] >= line["amount"] for line in lines)
            status, completed = ("received", wall(at)) if done else ("purchased", None)
            user = 4 if done else None
            self.save(key, at, products=lines, status=status, completed_at=completed, completed_by_iduser=user)

    def _each(self, which: str, act: Callable[[str, datetime], None]) -> Change:
        def change(chance: random.Random, count: int) -> list[str]:
            chosen = pick(chance, self._candidates(which), count)
            for key in chosen:
                act(key, self.world.clock.now())
            return chosen

        return change

    def _candidates(self, which: str) -> list[str]:
        if which == "reversible":
            return [str(row["idreceipt_product"]) for _, row in self._rows() if not row.get("reverted_at", "-")]
        if which == "receiving":
            return [row.key for row in self.receipts if row.data["status"] == "processing" and row.data["version"] == 1]
        orders = {row.key: row.data for row in self.orders if row.data["status"] in ("concept", "purchased")}
        if which in ("concept", "open"):
            status = "concept" if which == "concept" else "purchased"
            busy = {
                str(r["idpurchaseorder"])
                for key in self._candidates("receiving")
                for r in self.receipts[key].data["products"]
            }
            return [key for key, order in orders.items() if order["status"] == status and key not in busy]
        touched = {str(row["idpurchaseorder"]) for _, row in self._rows()}
        least = 2 if which == "untouched with lines" else 1
        return [key for key, order in orders.items() if key not in touched and len(order["products"]) >= least]

    def _rows(self) -> list[tuple[str, Record]]:
        return [(receipt.key, row) for receipt in self.receipts for row in receipt.data["products"]]

    def save(self, key: str, at: datetime, **fields: object) -> None:
        """Change fields of an order."""
        self.orders.change(key, **fields, updated=wall(at))

    def _save_receipt(self, key: str, rows: list[Record], at: datetime) -> None:
        field = "amount" if self.receipts[key].data["version"] == 2 else "amount_receiving"
        count = sum(row[field] for row in rows if not row.get("reverted_at"))
        self.receipts.change(key, products=rows, amount_received=count, updated=wall(at))

    @functools.cached_property
    def _assortment(self) -> list[tuple[Supplier, list[Article]]]:
        """The suppliers that deliver something, with what they deliver: no compositions, nothing of unlimited stock."""
        found: dict[int, list[Article]] = {}
        for article in self.catalogue.articles():
            if kind(article.number) == "normal":
                found.setdefault(article.supplier, []).append(article)
        return [(one, found[one.number]) for one in self.catalogue.suppliers if one.number in found]

    def line_id(self) -> int:
        """Return the id of the next line."""
        return self.world.next_number("purchase_line", 30001)

    def _row_id(self) -> int:
        return self.world.next_number("receipt_row", 51001)
