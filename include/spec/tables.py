"""Which Optiply tables an object is written to."""

from __future__ import annotations

# Parents before what refers to them; an object's lines belong to it.
TABLES: dict[str, tuple[str, ...]] = {
    "suppliers": ("suppliers",),
    "products": ("products",),
    "supplier_products": ("supplier_products",),
    "product_compositions": ("product_compositions",),
    "sell_orders": ("sell_orders", "sell_order_lines"),
    "buy_orders": ("buy_orders", "buy_order_lines"),
    "receipt_lines": ("receipt_lines",),
}
