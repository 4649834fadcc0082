"""The canonical columns of each Optiply table as mappings give them, and what a coupling's YAML may do to them.

A test holds them against the `int_<table>__mapped` models and the Optiply tables.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Type = Literal["text", "number", "boolean", "moment", "texts"]

_KEY = "it is a key: rows are found again by it"
_PARENT = "it names the row's parent"
_DELETION = "deletions follow the record in the remote (B3)"
_CLOCK = "it is the remote's own clock"
_INNER = "it is a step of the mapping and no column of Optiply"


@dataclasses.dataclass(frozen=True)
class Column:
    """One column: `fixed` says why no override may set it, `needed` why it may not be skipped; empty = it may.

    `has_default`: a row that is created without a value gets a default, so an override without one holds the row back.
    """

    type: Type
    fixed: str = ""
    needed: str = ""
    has_default: bool = False

    @property
    def when_empty(self) -> Literal["blocked", "warning"]:
        """How serious it is when an override takes the value away."""
        return "blocked" if self.has_default or self.needed else "warning"


_NEEDED = "Optiply demands it"
_KEYS: Mapping[str, Column] = MappingProxyType(
    {
        "webshop_id": Column("number", _KEY),
        "coupling_id": Column("number", _KEY),
        "remote_id": Column("text", _KEY),
        "root_key": Column("text", _KEY),
        "created_at": Column("moment", _CLOCK),
        "updated_at": Column("moment", _CLOCK),
        "deleted_at": Column("moment", _DELETION),
        "problems": Column("texts", _INNER),
    }
)
TEXT, NUMBER, MOMENT = Column("text"), Column("number"), Column("moment")
_DEFAULTED_FLAG = Column("boolean", has_default=True)
_INNER_FLAG = Column("boolean", _INNER)

TABLES: Mapping[str, Mapping[str, Column]] = {
    "suppliers": {
        **_KEYS,
        "name": Column("text", needed="without it the supplier's id would become its name"),
        "emails": Column("texts", "no function makes a list of texts", has_default=True),
        "delivery_time": NUMBER,
        "type": Column("text", has_default=True),
        "global_location_number": TEXT,
        "ignored": _DEFAULTED_FLAG,
    },
    "products": {
        **_KEYS,
        "name": Column("text", needed=_NEEDED),
        "sku_code": TEXT,
        "article_code": TEXT,
        "ean_code": TEXT,
        "price": NUMBER,
        "unlimited_stock": _DEFAULTED_FLAG,
        "stock_level": Column("number", has_default=True),
        "status": Column("text", needed="without it no product would be created"),
        "not_being_bought": _DEFAULTED_FLAG,
        "assembled": _DEFAULTED_FLAG,
        "stock_measurement_unit": TEXT,
        "minimum_stock": NUMBER,
    },
    "supplier_products": {
        **_KEYS,
        "product_remote_id": Column("text", _PARENT),
        "supplier_remote_id": Column("text", _PARENT),
        "name": Column("text", needed="without it the product's name would be written"),
        "sku_code": TEXT,
        "ean_code": TEXT,
        "article_code": TEXT,
        "price": NUMBER,
        "minimum_purchase_quantity": NUMBER,
        "lot_size": NUMBER,
        "delivery_time": NUMBER,
        "weight": NUMBER,
        "maps_preferred": _INNER_FLAG,
        "is_main": _INNER_FLAG,
        "status": Column("text", needed=_NEEDED),
    },
    "product_compositions": {
        **{name: column for name, column in _KEYS.items() if name != "created_at"},
        "composed_remote_id": Column("text", _PARENT),
        "part_remote_id": Column("text", _PARENT),
        "part_quantity": Column("number", needed=_NEEDED),
        "batch_quantity": NUMBER,
    },
    "sell_orders": {
        **_KEYS,
        "placed": Column("moment", needed=_NEEDED),
        "completed": MOMENT,
        "is_in_scope": _INNER_FLAG,
    },
    "sell_order_lines": {
        **{name: column for name, column in _KEYS.items() if name not in ("created_at", "problems")},
        "order_remote_id": Column("text", _PARENT),
        "position": Column("number", _INNER),
        "product_remote_id": Column("text", _PARENT),
        "product_ean": Column("text"),
        "product_sku": Column("text"),
        "quantity": Column("number", needed=_NEEDED),
        "subtotal_value": Column("number", needed=_NEEDED),
    },
    "buy_orders": {
        **_KEYS,
        "supplier_remote_id": Column("text", _PARENT),
        "supplier_name": Column("text", _PARENT),
        "placed": Column("moment", needed=_NEEDED),
        "completed": MOMENT,
        "completes_by_receipt": _INNER_FLAG,
        "expected_delivery_date": MOMENT,
        "assembly": _DEFAULTED_FLAG,
        "reference": Column("text", "it is Optiply's own id of the order (B15)"),
    },
    "buy_order_lines": {
        **{name: column for name, column in _KEYS.items() if name != "created_at"},
        "order_remote_id": Column("text", _PARENT),
        "position": Column("number", _INNER),
        "product_remote_id": Column("text", _PARENT),
        "quantity": Column("number", needed=_NEEDED),
        "quantity_open": Column("number", needed="without it the order would never be completed"),
        "subtotal_value": Column("number", needed=_NEEDED),
        "expected_delivery_date": MOMENT,
    },
    "receipt_lines": {
        **{name: column for name, column in _KEYS.items() if name != "created_at"},
        "buy_order_line_remote_id": Column("text", _PARENT),
        "quantity": Column("number", needed=_NEEDED),
        "maps_returns": _INNER_FLAG,
        "occurred": Column("moment", has_default=True),
    },
}
"""Table -> its columns."""

LINES: Mapping[str, str] = {"sell_orders": "sell_order_lines", "buy_orders": "buy_order_lines"}
"""Object -> the table of its lines, whose overrides stand under `lines`."""


def settable(table: str) -> list[str]:
    """Return the columns that an override may set."""
    return [name for name, column in TABLES[table].items() if not column.fixed]


def skippable(table: str) -> list[str]:
    """Return the columns that may be skipped."""
    return [name for name in settable(table) if not TABLES[table][name].needed]
