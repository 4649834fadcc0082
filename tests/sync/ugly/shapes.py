"""All shapes, and how many records of an object each connector contributes."""

from __future__ import annotations

from tests.sync.ugly.shop_shapes import SHOPS
from tests.sync.ugly.suite_shapes import SUITES

PER_OBJECT = 10_000
SHARES = {
    "suppliers": ("picqer", "logic4", "exact_online", "lightspeed_ecom"),
    "products": (
        "picqer",
        "logic4",
        "exact_online",
        "lightspeed_ecom",
        "bigcommerce",
        "magento",
        "woocommerce",
        "amazon_seller",
    ),
    "supplier_products": ("picqer", "logic4", "exact_online", "lightspeed_ecom"),
    "product_compositions": ("picqer", "logic4", "exact_online"),
    "sell_orders": (
        "picqer",
        "logic4",
        "exact_online",
        "lightspeed_ecom",
        "bigcommerce",
        "magento",
        "woocommerce",
        "amazon_seller",
        "bol_com",
    ),
    "buy_orders": ("picqer", "logic4", "exact_online"),
    "receipt_lines": ("picqer", "logic4", "exact_online"),
}
SHAPES = SUITES | SHOPS


def records_of(connector: str, wanted: str, per_object: int) -> int:
    """Return how many records a connector contributes to an object."""
    return -(-per_object // len(SHARES[wanted]))
