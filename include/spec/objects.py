"""The objects of the Optiply model, in the order in which they need each other."""

from __future__ import annotations

from typing import Literal

OBJECTS = (
    "suppliers",
    "products",
    "supplier_products",
    "product_compositions",
    "sell_orders",
    "buy_orders",
    "receipt_lines",
)
ObjectName = Literal[
    "suppliers",
    "products",
    "supplier_products",
    "product_compositions",
    "sell_orders",
    "buy_orders",
    "receipt_lines",
]
