"""Orders as WooCommerce writes them: line amounts without VAT as strings, one price as a JSON number."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.woocommerce.sandbox.products import stamp
from include.sandbox.catalogue import CENT, VAT, Sale
from include.sandbox.world import Record, World

STATUSES = {
    "completed": 55, "processing": 15, "cancelled": 7, "refunded": 5, "pending": 5, "on-hold": 4, "failed": 4,
    "trash": 2, "checkout-draft": 2, "afgehaald": 1,
}  # fmt: skip
SHIPPING = Decimal("4.95")


class Till:
    """Writes orders for the products that a world has."""

    def __init__(self, world: World, epoch: datetime) -> None:
        self._world, self._epoch = world, epoch

    def order(self, sale: Sale, placed: datetime, status: str | None = None) -> tuple[Record, datetime]:
        """Return the order and its time of change; without `status` an old order has any, by the sale's number."""
        chance = random.Random(f"{self._world.seed}:woocommerce:{sale.number}")
        chosen = status or chance.choices(list(STATUSES), list(STATUSES.values()))[0]
        modified = placed if status else min(self._epoch, placed + timedelta(minutes=chance.randint(1, 2000)))
        post = self._world.next_number("post")
        lines = [self._line(number, quantity, chance) for number, quantity in sale.lines]
        net = sum((Decimal(line["total"]) for line in lines), Decimal("0.00"))
        tax = sum((Decimal(line["total_tax"]) for line in lines), Decimal("0.00"))
        shipping_tax = (SHIPPING * (VAT - 1)).quantize(CENT)
        done = chosen in ("completed", "refunded")
        order = {
            "id": post,
            "parent_id": 0,
            "number": str(post),
            "order_key": f"wc_order_{chance.getrandbits(48):012x}",
            "created_via": "checkout",
            "version": "8.9.1",
            "status": chosen,
            "currency": "EUR",
            **stamp("date_created", placed),
            **stamp("date_modified", modified),
            "discount_total": "0.00",
            "discount_tax": "0.00",
            "shipping_total": str(SHIPPING),
            "shipping_tax": str(shipping_tax),
            "cart_tax": str(tax),
            "total": str(net + tax + SHIPPING + shipping_tax),
            "total_tax": str(tax + shipping_tax),
            "prices_include_tax": True,
            "customer_id": 0,
            "payment_method": "ideal",
            **_maybe("date_paid", placed if done or chosen == "processing" else None),
            **_maybe("date_completed", modified if done else None),
            "billing": _address(sale) | {"email": f"klant{sale.number}@example.com"},
            "shipping": _address(sale),
            "meta_data": [],
            "line_items": lines,
            "tax_lines": [],
            "shipping_lines": [],
            "fee_lines": [],
            "coupon_lines": [],
            "refunds": [{"id": post * 3, "reason": "", "total": f"-{net}"}] if chosen == "refunded" else [],
        }
        return order, modified

    def _line(self, number: int, quantity: int, chance: random.Random) -> Record:
        products, variations = self._world["products"], self._world["variations"]
        if number % 40 == 11:
            number += 1  # Nobody can buy a grouped product itself.
        parent = products.rows.get(str(self._world.facts["post_of"].get(str(number))))
        sold, variation = parent, 0
        if parent is not None and parent.data["variations"]:
            variation = chance.choice(parent.data["variations"])
            sold = variations[str(variation)]
        gone = parent is None or sold is None or chance.random() < 0.02
        gross = Decimal(sold.data["price"] or "10.00") if sold is not None else Decimal("10.00")
        price = (gross / VAT).quantize(CENT)
        total = price * quantity
        tax = (total * (VAT - 1)).quantize(CENT)
        return {
            "id": self._world.next_number("line"),
            "name": parent.data["name"] if parent is not None else "Vervallen artikel",
            "product_id": 0 if gone or parent is None else parent.data["id"],
            "variation_id": 0 if gone else variation,
            "quantity": quantity,
            "tax_class": "",
            "subtotal": str(total),
            "subtotal_tax": str(tax),
            "total": str(total),
            "total_tax": str(tax),
            "taxes": [{"id": 75, "total": str(tax), "subtotal": str(tax)}],
            "meta_data": [],
            "sku": None if gone or sold is None else sold.data["sku"],
            "price": price,
        }


def _maybe(name: str, at: datetime | None) -> Record:
    return stamp(name, at) if at else {name: None, f"{name}_gmt": None}


def _address(sale: Sale) -> Record:
    return {"first_name": sale.first_name, "last_name": sale.surname, "city": sale.city, "country": "NL"}
