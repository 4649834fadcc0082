"""Orders and shipments as bol.com writes them. Prices include VAT, ids are strings of digits, dates have an offset."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from include.sandbox.catalogue import CENT, Article, Catalogue, Sale
from include.sandbox.world import Record

ZONE = ZoneInfo("Europe/Amsterdam")
FIRST_ORDER, FIRST_ITEM, FIRST_SHIPMENT = 1_043_000_000, 6_042_000_000, 914_000_000
UNKNOWN_SHARE = 0.03


def iso(at: datetime) -> str:
    """Return a time with the Dutch offset of that day."""
    return at.astimezone(ZONE).replace(microsecond=0).isoformat()


def open_quantity(item: Record) -> int:
    """Return how many pieces are neither shipped nor cancelled."""
    return int(item["quantity"] - item["quantityShipped"] - item["quantityCancelled"])


def status(item: Record) -> str:
    """Return an item's fulfilment status; the word for a cancelled one is not documented (unverified)."""
    if open_quantity(item) > 0:
        return "OPEN"
    return "SHIPPED" if item["quantityShipped"] else "CANCELLED"


class OrderWriter:
    """Writes the orders of one retailer, who sells the catalogue's articles and some that the ERP does not have."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def order(self, sale: Sale, placed: datetime, *, fresh: bool) -> tuple[Record, datetime]:
        """Return the order's detail and when it last changed; a `fresh` one is open and unchanged."""
        chance = random.Random(f"{self._catalogue.seed}:bol:{sale.number}")
        methods = chance.choices((("FBR",), ("FBB",), ("FBR", "FBB")), (55, 25, 20))[0]
        sale = dataclasses.replace(sale, placed=placed)
        changes = [placed]
        items = []
        for place, (number, quantity) in enumerate(self._lines(sale, chance)):
            item = self._item(sale, place, self._catalogue.article(number), quantity, methods[place % len(methods)])
            if not fresh:
                changes.append(self._age(item, placed, chance))
            item["latestChangedDateTime"] = iso(changes[-1])
            items.append(item)
        order = {
            "orderId": str(FIRST_ORDER + sale.number),
            "pickupPoint": sale.number % 9 == 0,
            "orderPlacedDateTime": iso(placed),
            "shipmentDetails": _address(sale) | {"email": f"{sale.number}@verkopen.example", "language": "nl"},
            "billingDetails": _address(sale),
            "orderItems": items,
        }
        return order, max(changes)

    def shipments(self, order: Record, shipped_at: datetime, number: Iterable[int]) -> list[Record]:
        """Return one shipment per fulfilment method for the order's shipped items."""
        numbers, found = iter(number), []
        for method in ("FBR", "FBB"):
            items = [i for i in order["orderItems"] if i["quantityShipped"] and i["fulfilment"]["method"] == method]
            if items:
                found.append(_shipment(order, items, FIRST_SHIPMENT + next(numbers), shipped_at))
        return found

    def _lines(self, sale: Sale, chance: random.Random) -> list[tuple[int, int]]:
        """Return what is bought: about 3 % newcomers; the first two newcomers are certainly among the late orders."""
        size, late = self._catalogue.size, self._catalogue.orders - sale.number
        lines = []
        for number, quantity in sale.lines:
            if chance.random() < UNKNOWN_SHARE:
                lines.append((size + 1 + chance.randrange(self._catalogue.newcomers), quantity))
            else:
                lines.append((self._sellable(number), quantity))
        certain = {3: size + 1, 7: size + 2, 5: size + self._catalogue.newcomers}.get(late)
        return [(certain, lines[0][1]), *lines[1:]] if certain else lines

    def _sellable(self, number: int) -> int:
        """Return the article, or the next one that is on sale and whose EAN the ERP knows."""
        size = self._catalogue.size
        for step in range(size):
            candidate = (number - 1 + step) % size + 1
            article = self._catalogue.article(candidate)
            if article.coded and not article.ended:
                return candidate
        return number

    def _item(self, sale: Sale, place: int, article: Article, quantity: int, method: str) -> Record:
        offer = {"offerId": self._catalogue.guid("bol:offer", article.number)}
        if article.number % 10 != 4:
            offer["reference"] = article.sku
        total = article.sales_price * quantity
        return {
            "orderItemId": str(FIRST_ITEM + sale.number * 10 + place),
            "cancellationRequest": False,
            "fulfilment": {
                "method": method,
                "distributionParty": "RETAILER" if method == "FBR" else "BOL",
                "latestDeliveryDate": (sale.placed + timedelta(days=2)).date().isoformat(),
                "timeFrameType": "REGULAR",
            },
            "offer": offer,
            "product": {"ean": article.ean, "title": article.name},
            "quantity": quantity,
            "quantityShipped": 0,
            "quantityCancelled": 0,
            "unitPrice": article.sales_price,
            "totalPrice": total,
            "discounts": [],
            "commission": (total * Decimal("0.12")).quantize(CENT),
            "additionalServices": [],
            "latestChangedDateTime": iso(sale.placed),
        }

    def _age(self, item: Record, placed: datetime, chance: random.Random) -> datetime:
        """Let an item have its history: shipped, cancelled in whole or in part, or still open."""
        recent = placed > self._catalogue.epoch - timedelta(days=4)
        ends = ("open", "request", "shipped", "cancelled", "part")
        end = chance.choices(ends, (55, 8, 30, 4, 3) if recent else (0, 0, 90, 5, 5))[0]
        if end == "open":
            return placed
        quantity = int(item["quantity"])
        cancelled = quantity if end == "cancelled" else int(end == "part" and quantity > 1)
        shipped = quantity - cancelled if end in ("shipped", "part") else 0
        item.update(cancellationRequest=end == "request", quantityCancelled=cancelled, quantityShipped=shipped)
        return min(self._catalogue.epoch, placed + timedelta(minutes=chance.randint(30, 2500)))


def listed(order: Record, items: list[Record]) -> Record:
    """Return an order as the list shows it: ids and quantities, no prices."""
    return {
        "orderId": order["orderId"],
        "orderPlacedDateTime": order["orderPlacedDateTime"],
        "orderItems": [
            {
                "orderItemId": item["orderItemId"],
                "ean": item["product"]["ean"],
                "fulfilmentMethod": item["fulfilment"]["method"],
                "fulfilmentStatus": status(item),
                "quantity": item["quantity"],
                "quantityShipped": item["quantityShipped"],
                "quantityCancelled": item["quantityCancelled"],
                "cancellationRequest": item["cancellationRequest"],
                "latestChangedDateTime": item["latestChangedDateTime"],
            }
            for item in items
        ],
    }


def listed_shipment(shipment: Record) -> Record:
    """Return a shipment as the list shows it."""
    items = [{"orderItemId": i["orderItemId"], "ean": i["product"]["ean"]} for i in shipment["shipmentItems"]]
    return shipment | {
        "shipmentReference": f"S-{shipment['shipmentId'][-6:]}",
        "shipmentItems": items,
        "transport": {"transportId": shipment["transport"]["transportId"]},
    }


def _shipment(order: Record, items: list[Record], number: int, at: datetime) -> Record:
    kept = ("orderItemId", "fulfilment", "offer", "product", "quantity", "quantityShipped", "unitPrice", "commission")
    return {
        "shipmentId": str(number),
        "shipmentDateTime": iso(at),
        "order": {"orderId": order["orderId"], "orderPlacedDateTime": order["orderPlacedDateTime"]},
        "shipmentItems": [{name: item[name] for name in kept} for item in items],
        "transport": {
            "transportId": str(number - 500_000_000),
            "transporterCode": "TNT",
            "trackAndTrace": f"3S{number}",
        },
    }


def _address(sale: Sale) -> Record:
    return {
        "salutation": "FEMALE",
        "firstName": sale.first_name,
        "surname": sale.surname,
        "streetName": "Dorpsstraat",
        "houseNumber": str(sale.number % 200 + 1),
        "zipCode": "1234AB",
        "city": sale.city,
        "countryCode": "NL",
    }
