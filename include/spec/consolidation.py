"""Which records of several couplings are one Optiply row, and whose word counts for which field."""

from __future__ import annotations

from typing import Literal

from include.spec.validate import Name, Strict

ConsolidatedName = Literal["products", "suppliers"]
MatchKey = Literal["sku", "ean", "name", "global_location_number", "remote_id"]
# What each object's records can be compared by, and which of its fields can come from another source than its base.
MATCH_KEYS: dict[str, tuple[str, ...]] = {
    "products": ("ean", "sku", "remote_id"),
    "suppliers": ("name", "global_location_number", "remote_id"),
}
FIELDS: dict[str, tuple[str, ...]] = {
    "products": (
        "name", "sku_code", "article_code", "ean_code", "price", "unlimited_stock", "stock_level", "status",
        "not_being_bought", "assembled", "stock_measurement_unit", "minimum_stock",
    ),
    "suppliers": ("name", "emails", "delivery_time", "type", "global_location_number", "ignored"),
}  # fmt: skip


class Consolidation(Strict):
    """How the records of several couplings become one row of an object: products or suppliers."""

    match_key: MatchKey
    """Records of different couplings with the same value are one row. Products: ean, sku, remote_id; suppliers: name,
    global_location_number, remote_id."""
    contributors: list[Name] = []
    """Couplings whose records only add fields to the owners' rows and never make a row, in order of their word."""
    fields: dict[str, list[Name]] = {}
    """Field -> couplings; the first that knows it wins. After them, and for every other field: the owners in their
    order."""
