"""Orders as the orders API of both generations writes them. Prices include VAT, amounts are texts."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.amazon_seller.sandbox import goods
from connectors.amazon_seller.sandbox.refusals import iso
from include.sandbox.catalogue import CENT, Article, Catalogue, Sale
from include.sandbox.world import Record

STATUSES = (
    "PendingAvailability", "Pending", "Unshipped", "PartiallyShipped", "Shipped", "InvoiceUnconfirmed", "Canceled",
    "Unfulfillable",
)  # fmt: skip
UNKNOWN_SHARE = 0.03


def money(amount: Decimal, currency: str) -> Record:
    """Return an amount as v0 writes it."""
    return {"CurrencyCode": currency, "Amount": str(amount.quantize(CENT))}


class OrderWriter:
    """Writes orders: {"order": the header of v0 without its total, "items": its items with their prices}."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def order(self, sale: Sale, placed: datetime, *, fresh: bool) -> tuple[Record, datetime]:
        """Return an order and when it last changed; a `fresh` one is pending or paid."""
        chance = random.Random(f"{self._catalogue.seed}:amazon:{sale.number}")
        market = chance.choices((goods.NL, goods.DE, goods.SE), (70, 25, 5))[0]
        business = sale.number % 11 == 4
        lines = [
            self._item(sale, place, self._article(number, market, chance), quantity, market, business)
            for place, (number, quantity) in enumerate(sale.lines)
        ]
        state, changed = self._state(sale.number, placed, fresh, chance)
        order = {
            "AmazonOrderId": f"405-{1_000_000 + sale.number:07d}-{sale.number * 7919 % 10_000_000:07d}",
            "PurchaseDate": iso(placed),
            "LastUpdateDate": iso(changed),
            "OrderStatus": "Pending",
            "FulfillmentChannel": "MFN" if sale.number % 3 == 0 else "AFN",
            "SalesChannel": market.domain,
            "ShipServiceLevel": "Std Dom",
            "PaymentMethod": "Other",
            "PaymentMethodDetails": ["Standard"],
            "IsReplacementOrder": False,
            "MarketplaceId": market.id,
            "ShipmentServiceLevelCategory": "Standard",
            "OrderType": "StandardOrder",
            "IsBusinessOrder": business,
            "IsPrime": sale.number % 2 == 0,
            "IsPremiumOrder": False,
            "IsSoldByAB": False,
        }
        return advance({"order": order, "items": lines}, state, changed), changed

    def _state(self, number: int, placed: datetime, fresh: bool, chance: random.Random) -> tuple[str, datetime]:
        if fresh:
            return ("Pending" if number % 2 else "Unshipped"), placed
        recent = placed > self._catalogue.epoch - timedelta(days=6)
        shares = (15, 35, 10, 35, 5) if recent else (0, 0, 0, 94, 6)
        state = chance.choices(("Pending", "Unshipped", "PartiallyShipped", "Shipped", "Canceled"), shares)[0]
        hours = timedelta(minutes=chance.randint(30, 2500))
        return state, placed if state in ("Pending", "Unshipped") else min(self._catalogue.epoch, placed + hours)

    def _article(self, number: int, market: goods.Marketplace, chance: random.Random) -> Article:
        """Return the article, or the next one that is listed there; about 3 % are newcomers, known to no shop yet."""
        size = self._catalogue.size
        if chance.random() < UNKNOWN_SHARE:
            return self._catalogue.article(size + 1 + chance.randrange(self._catalogue.newcomers))
        for step in range(size):
            article = self._catalogue.article((number - 1 + step) % size + 1)
            if market in goods.sold_in(article.number) and not article.ended:
                return article
        return self._catalogue.article(number)

    def _item(
        self, sale: Sale, place: int, article: Article, quantity: int, market: goods.Marketplace, business: bool
    ) -> Record:
        names = goods.skus(article)
        total = Decimal(goods.price(article, market)) * quantity
        tax = Decimal(0) if business else total * market.vat / (100 + market.vat)
        return {
            "ASIN": goods.asin(article.number),
            "SellerSKU": names[sale.number % len(names)][0],
            "OrderItemId": f"{5_015_851_000_000 + sale.number * 10 + place:014d}",
            "Title": article.name,
            "QuantityOrdered": quantity,
            "QuantityShipped": 0,
            "ProductInfo": {"NumberOfItems": "1"},
            "ItemPrice": money(total - (total * market.vat / (100 + market.vat) if business else 0), market.currency),
            "ItemTax": money(tax, market.currency),
            "PromotionDiscount": money(Decimal(0), market.currency),
            "IsGift": "false",
            "ConditionId": "New",
            "ConditionSubtypeId": "New",
            "IsTransparency": False,
            "SerialNumberRequired": False,
            "IossNumber": "",
            "BuyerRequestedCancel": {"IsBuyerRequestedCancel": "false", "BuyerCancelReason": ""},
        }


def advance(record: Record, state: str, at: datetime) -> Record:
    """Return the order in another state, changed at `at`."""
    items = [{**item, "QuantityShipped": _shipped(item["QuantityOrdered"], state)} for item in record["items"]]
    shipped = sum(item["QuantityShipped"] for item in items)
    order = {
        **record["order"],
        "OrderStatus": state,
        "LastUpdateDate": iso(at),
        "NumberOfItemsShipped": shipped,
        "NumberOfItemsUnshipped": 0 if state == "Canceled" else sum(i["QuantityOrdered"] for i in items) - shipped,
    }
    return {"order": order, "items": items}


def _shipped(quantity: int, state: str) -> int:
    return {"Shipped": quantity, "PartiallyShipped": quantity // 2}.get(state, 0)


def is_priced(record: Record) -> bool:
    """Whether Amazon tells the money: not while an order is pending."""
    return record["order"]["OrderStatus"] not in ("Pending", "PendingAvailability")


def header_v0(record: Record) -> Record:
    """Return an order as v0 lists it."""
    if not is_priced(record):
        return dict(record["order"])
    items = record["items"]
    currency = items[0]["ItemPrice"]["CurrencyCode"]
    total = sum((Decimal(item["ItemPrice"]["Amount"]) for item in items), Decimal(0))
    return {**record["order"], "OrderTotal": money(total, currency)}


def items_v0(record: Record) -> list[Record]:
    """Return the items as v0 tells them."""
    if is_priced(record):
        return list(record["items"])
    hidden = {"ItemPrice", "ItemTax", "PromotionDiscount"}
    return [{name: value for name, value in item.items() if name not in hidden} for item in record["items"]]


def order_2026(record: Record, included: frozenset[str], *, gross_items: bool) -> Record:
    """Return an order as the API of 2026-01-01 tells it, with its lines; money and status only where asked for."""
    order = record["order"]
    market = goods.MARKETPLACES[order["MarketplaceId"]]
    priced = is_priced(record)
    written: Record = {
        "orderId": order["AmazonOrderId"],
        "orderAliases": [{"aliasId": order["AmazonOrderId"], "aliasType": "SELLER_ORDER_ID"}],
        "createdTime": order["PurchaseDate"],
        "lastUpdatedTime": order["LastUpdateDate"],
        "programs": ["PRIME"] if order["IsPrime"] else [],
        "associatedOrders": [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": market.id, "marketplaceName": market.domain},
    }
    if "PROCEEDS" in included and priced:
        total = header_v0(record)["OrderTotal"]
        written["proceeds"] = {"grandTotal": _money(Decimal(total["Amount"]), total["CurrencyCode"])}
    if "FULFILLMENT" in included:
        written["fulfillment"] = {
            "fulfillmentStatus": status_2026(order["OrderStatus"]),
            "fulfilledBy": "AMAZON" if order["FulfillmentChannel"] == "AFN" else "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
        }
    written["orderItems"] = [_item_2026(item, included, priced, gross_items) for item in record["items"]]
    return written


def status_2026(status: str) -> str:
    """Return v0's status in the words of 2026: cancelled has two L there."""
    return "CANCELLED" if status == "Canceled" else re.sub(r"(?<!^)(?=[A-Z])", "_", status).upper()


def _money(amount: Decimal, currency: str) -> Record:
    return {"amount": str(amount.quantize(CENT)), "currencyCode": currency}


def _item_2026(item: Record, included: frozenset[str], priced: bool, gross: bool) -> Record:
    product: Record = {
        "asin": item["ASIN"],
        "title": item["Title"],
        "sellerSku": item["SellerSKU"],
        "condition": {"conditionType": "NEW", "conditionSubtype": "NEW", "conditionNote": ""},
    }
    written: Record = {"orderItemId": item["OrderItemId"], "quantityOrdered": item["QuantityOrdered"]}
    if priced:
        price, tax = Decimal(item["ItemPrice"]["Amount"]), Decimal(item["ItemTax"]["Amount"])
        currency = item["ItemPrice"]["CurrencyCode"]
        product["price"] = {"unitPrice": _money(price / item["QuantityOrdered"], currency)}
        parts = {"ITEM": price if gross else price - tax, "TAX": tax}
        if "PROCEEDS" in included:
            written["proceeds"] = {
                "proceedsTotal": _money(price, currency),
                "breakdowns": [{"type": kind, "subtotal": _money(part, currency)} for kind, part in parts.items()],
            }
    if "FULFILLMENT" in included:
        shipped = item["QuantityShipped"]
        written["fulfillment"] = {
            "quantityFulfilled": shipped,
            "quantityUnfulfilled": item["QuantityOrdered"] - shipped,
        }
    return {**written, "product": product}
