"""Orders as Magento writes them: amounts in the shop's and the order's currency, configurable lines twice."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.magento.sandbox.products import is_fixed, kind, stamp
from include.sandbox.catalogue import CENT, VAT, Sale
from include.sandbox.world import Record, World

STATES = {
    "complete": 55, "processing": 14, "new": 8, "canceled": 7, "closed": 5, "pending_payment": 5, "holded": 3,
    "payment_review": 3,
}  # fmt: skip
STATUSES = {"new": "pending"}
DOLLAR = Decimal("1.08")


class Till:
    """Writes orders for the products that a world has."""

    def __init__(self, world: World, epoch: datetime) -> None:
        self._world, self._epoch = world, epoch

    def order(self, sale: Sale, placed: datetime, state: str | None = None) -> tuple[Record, datetime]:
        """Return the order and its time of change; without `state` an old order has any, by the sale's number."""
        chance = random.Random(f"{self._world.seed}:magento:{sale.number}")
        chosen = state or chance.choices(list(STATES), list(STATES.values()))[0]
        changed = placed if state else min(self._epoch, placed + timedelta(minutes=chance.randint(1, 2000)))
        identity = self._world.next_number("order")
        rate = DOLLAR if sale.number % 13 == 5 else Decimal(1)
        dates = {"created_at": stamp(placed), "updated_at": stamp(changed)}
        items: list[Record] = []
        for number, quantity in sale.lines:
            items += self._lines(number, quantity, chance, {"order_id": identity, **dates}, rate)
        net = sum((item["base_row_total"] for item in items if item["parent_item_id"] is None), Decimal("0.00"))
        tax = (net * (VAT - 1)).quantize(CENT)
        return {
            "entity_id": identity,
            "increment_id": f"{identity:09d}",
            "store_id": 2 if sale.number % 9 == 0 else 1,
            "state": chosen,
            # Shops give states names of their own.
            "status": "afgehaald" if chosen == "complete" and sale.number % 7 == 2 else STATUSES.get(chosen, chosen),
            **dates,
            "customer_is_guest": 1,
            "customer_email": f"klant{sale.number}@example.com",
            "base_currency_code": "EUR",
            "order_currency_code": "EUR" if rate == 1 else "USD",
            "subtotal": (net * rate).quantize(CENT),
            "base_subtotal": net,
            "tax_amount": (tax * rate).quantize(CENT),
            "shipping_amount": Decimal("4.95"),
            "grand_total": ((net + tax + Decimal("4.95")) * rate).quantize(CENT),
            "discount_amount": 0,
            "total_qty_ordered": sum(item["qty_ordered"] for item in items if item["parent_item_id"] is None),
            "ext_order_id": None,
            "items": items,
            "billing_address": {"country_id": "NL", "city": sale.city, "lastname": sale.surname},
            "payment": {"method": "ideal"},
            "status_histories": [],
            "extension_attributes": {"shipping_assignments": []},
        }, changed

    def _lines(self, number: int, quantity: int, chance: random.Random, head: Record, rate: Decimal) -> list[Record]:
        """Return the lines of one thing sold: one, a configurable product's two, or a bundle's several."""
        if kind(number) == "grouped":
            number += 1  # What is sold of a group are its members.
        facts, products = self._world.facts, self._world["products"]
        found = products.rows.get(str(facts["id_of"].get(str(number))))
        if found is None or chance.random() < 0.02:
            # The line of a product that was deleted keeps its id and SKU.
            old = {"id": 900_000 + number, "sku": f"OUD-{number}", "name": "Vervallen artikel", "type_id": "simple"}
            return [self._line(old, quantity, Decimal("10.00"), head, rate)]
        data = found.data
        children = [products[str(child)].data for child in facts["children"].get(found.key, ())]
        if not children:
            return [self._line(data, quantity, data.get("price", Decimal(0)), head, rate)]
        if data["type_id"] == "configurable":
            child = chance.choice(children)
            parent = self._line(data | {"sku": child["sku"]}, quantity, child["price"], head, rate)
            return [parent, self._line(child, quantity, Decimal(0), head, rate, parent)]
        # Every other bundle has a price of its own; the parts of the others have theirs.
        fixed = is_fixed(number)
        prices = [Decimal(0) if fixed else child["price"] for child in children]
        whole = Decimal("75.00") if fixed else sum((2 * each for each in prices), Decimal(0))
        parent = self._line(data, quantity, whole, head, rate)
        parts = zip(children, prices, strict=True)
        return [parent, *(self._line(c, 2 * quantity, p, head, rate, parent) for c, p in parts)]

    def _line(
        self, sold: Record, quantity: int, price: Decimal, head: Record, rate: Decimal, parent: Record | None = None
    ) -> Record:
        total = (price * quantity).quantize(CENT)
        line = {
            "item_id": self._world.next_number("item"),
            **head,
            "parent_item_id": parent["item_id"] if parent else None,
            "product_id": sold["id"],
            "product_type": sold["type_id"],
            "sku": sold["sku"],
            "name": sold["name"],
            "qty_ordered": quantity,
            "qty_canceled": 0,
            "qty_refunded": 0,
            "price": (price * rate).quantize(CENT),
            "base_price": price,
            "row_total": (total * rate).quantize(CENT),
            "base_row_total": total,
            "tax_percent": 21,
            "discount_amount": 0,
        }
        if parent is not None:
            line["parent_item"] = {k: parent[k] for k in ("item_id", "product_type", "base_row_total")}
        return line
