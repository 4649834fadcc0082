"""Orders and their products as Lightspeed eCom writes them: two records, of which the second is a list of its own."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.lightspeed_ecom.sandbox.wire import iso, list_reference, older, reference
from include.sandbox.catalogue import CENT, VAT, Sale
from include.sandbox.world import Record, Row, World

STATUSES = {
    "completed_shipped": 50, "completed": 8, "completed_picked_up": 4, "processing_awaiting_shipment": 12,
    "processing_awaiting_payment": 5, "processing_awaiting_pickup": 2, "processing_ready_for_pickup": 2,
    "new": 4, "on_hold": 4, "cancelled": 9,
}  # fmt: skip


class Till:
    """Writes orders for the variants that a world has."""

    def __init__(self, world: World, epoch: datetime) -> None:
        self._world, self._epoch = world, epoch

    def place(self, sale: Sale, placed: datetime, status: str | None = None) -> Row:
        """Put an order and its products into the world; without `status` an old order has any."""
        chance = random.Random(f"{self._world.seed}:lightspeed:{sale.number}")
        chosen = status or chance.choices(list(STATUSES), list(STATUSES.values()))[0]
        changed = placed if status else min(self._epoch, placed + timedelta(minutes=chance.randint(1, 2000)))
        number = self._world.next_number("order")
        lines = [self._line(article, quantity, sale, chance) for article, quantity in sale.lines]
        net = sum((Decimal(line["priceExcl"]) for line in lines), Decimal("0.00"))
        order = _order(sale, number, chosen, net)
        order |= {"createdAt": iso(placed), "updatedAt": iso(changed)}
        self._world["order_products"].put(str(number), {"orderProducts": lines}, changed)
        return self._world["orders"].put(str(number), order, changed)

    def _line(self, article: int, quantity: int, sale: Sale, chance: random.Random) -> Record:
        variants = self._world.facts["variants_of"].get(str(article), [])
        there = [str(number) for number in variants if str(number) in self._world["variants"]]
        sold = self._world["variants"][chance.choice(there)].data if there else None
        gone = sold is None or chance.random() < 0.03
        data: Record = sold or {}
        unit = Decimal(data.get("priceExcl", "10.00"))
        total = unit * quantity
        parent = data["product"]["resource"]["id"] if sold else None
        number = self._world.next_number("line")
        amounts: Record = {
            "quantityOrdered": quantity,
            "quantityInvoiced": quantity,
            "quantityShipped": quantity,
            "quantityRefunded": 0,
            "quantityReturned": 0,
        }
        prices: Record = {
            "priceCost": data.get("priceCost", False),
            "basePriceExcl": unit,
            "basePriceIncl": _gross(unit),
            "priceExcl": total,
            "priceIncl": _gross(total),
            "discountExcl": 0,
            "discountIncl": 0,
        }
        tax = {"name": "BTW", "rate": Decimal("0.21"), "amount": _gross(total) - total}
        return {
            "id": number,
            "supplierTitle": "",
            "brandTitle": "Acme",
            "productTitle": self._title(parent),
            "variantTitle": data.get("title", ""),
            "taxRate": Decimal("0.21"),
            "taxRates": [tax],
            **(older(amounts) if sale.number % 9 == 6 else amounts),
            "articleCode": data.get("articleCode", ""),
            "ean": data.get("ean", ""),
            "sku": data.get("sku", ""),
            "weight": None,
            "volume": 0,
            "colli": data.get("colli", False),
            **(older(prices) if sale.number % 9 == 6 else prices),
            "customFields": False,
            "product": reference("products", None if gone else parent),
            # A variant that was deleted is `false` (API page, trap 5).
            "variant": reference("variants", None if gone else data["id"]),
        }

    def _title(self, product: int | None) -> str:
        row = self._world["products"].rows.get(str(product))
        return str(row.data["title"]) if row else "Vervallen artikel"


def _gross(value: Decimal) -> Decimal:
    return (value * VAT).quantize(CENT)


def _order(sale: Sale, number: int, status: str, net: Decimal) -> dict[str, Any]:
    return {
        "id": number,
        "createdAt": None,
        "updatedAt": None,
        "number": f"ORD{number:05d}",
        "status": status,
        "customStatusId": None,
        "channel": "main",
        "referralId": False,
        "priceCost": 0,
        "priceExcl": net,
        "priceIncl": _gross(net),
        "weight": 0,
        "volume": 0,
        "colli": 0,
        "gender": False,
        "birthDate": False,
        "email": f"klant{sale.number}@example.com",
        "firstname": sale.first_name,
        "lastname": sale.surname,
        "addressShippingCompany": False,
        "addressShippingCountry": {"id": 150, "code": "nl", "code3": "nld", "title": "Netherlands"},
        "paymentStatus": "cancelled" if status == "cancelled" else "paid",
        "shipmentId": "core|85518|424529",
        "shipmentStatus": "shipped" if status == "completed_shipped" else "not_shipped",
        "shipmentPriceExcl": 0,
        "shipmentPriceIncl": 0,
        "isDiscounted": False,
        "discountType": "amount",
        "discountAmount": 0,
        "discountPercentage": 0,
        "taxRates": [{"name": "BTW", "rate": Decimal("0.21"), "amount": _gross(net) - net}],
        "shippingDate": None,
        "deliveryDate": None,
        "memo": "",
        "customer": reference("customers", 900 + sale.number),
        "products": list_reference(f"orders/{number}/products"),
    }
