"""Which members a write may have, and what Exact says where one is missing or wrong."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.exact_online.sandbox.odata import BadQueryError
from include.sandbox.world import Record, World

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"/Date\((-?\d+)\)/")
# What a reference points to.
_TARGETS = {"supplier": "accounts", "item": "items", "warehouse": "warehouses"}
_DUTCH = {
    "Supplier": "Leverancier", "PurchaseOrderLines": "Regels", "Item": "Artikel", "QuantityInPurchaseUnits": "Aantal",
    "PurchaseOrderID": "Inkooporder", "Warehouse": "Magazijn", "WarehouseFrom": "Magazijn van",
    "WarehouseTo": "Magazijn naar", "WarehouseTransferLines": "Regels", "Quantity": "Aantal",
    "PlannedQuantity": "Gepland aantal", "PlannedDate": "Geplande datum",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Entity:
    """`kinds` are the members that can be written, with their type; those in `read_only` are ignored."""

    kinds: Mapping[str, str]
    required: tuple[str, ...]
    read_only: frozenset[str] = frozenset()


LINE = Entity(
    {"Item": "item", "QuantityInPurchaseUnits": "number", "UnitPrice": "number", "ReceiptDate": "date",
     "Notes": "text"},
    ("Item", "QuantityInPurchaseUnits"),
    frozenset({"ID", "LineNumber", "Quantity", "ItemCode", "ItemDescription", "ReceivedQuantity", "InvoicedQuantity",
               "AmountDC", "AmountFC", "Unit", "SupplierItemCode", "Created", "Modified", "Division"}),
)  # fmt: skip
NEW_LINE = dataclasses.replace(
    LINE, kinds={**LINE.kinds, "PurchaseOrderID": "guid"}, required=("PurchaseOrderID", *LINE.required)
)
ORDER = Entity(
    {"Supplier": "supplier", "OrderDate": "date", "ReceiptDate": "date", "YourRef": "text", "Description": "text",
     "Remarks": "text", "Warehouse": "warehouse", "PurchaseAgent": "guid", "PurchaseOrderLines": "lines"},
    ("Supplier", "PurchaseOrderLines"),
    frozenset({"PurchaseOrderID", "OrderNumber", "OrderStatus", "ReceiptStatus", "InvoiceStatus", "ApprovalStatus",
               "SupplierCode", "AmountDC", "AmountFC", "Source", "Created", "Modified", "Division"}),
)  # fmt: skip
TRANSFER_LINE = Entity({"Item": "item", "Quantity": "number"}, ("Item", "Quantity"))
TRANSFER = Entity(
    {"EntryDate": "date", "PlannedReceiptDate": "date", "Description": "text", "Remarks": "text",
     "WarehouseFrom": "warehouse", "WarehouseTo": "warehouse", "WarehouseTransferLines": "transfer lines"},
    ("WarehouseFrom", "WarehouseTo", "WarehouseTransferLines"),
)  # fmt: skip
SHOP_ORDER = Entity(
    {"Item": "item", "PlannedQuantity": "number", "PlannedDate": "date", "EntryDate": "date", "Warehouse": "warehouse",
     "YourRef": "text", "Description": "text"},
    ("Item", "PlannedQuantity", "PlannedDate"),
    frozenset({"ID", "ShopOrderNumber", "Status", "ProducedQuantity", "ItemCode", "Created", "Modified"}),
)  # fmt: skip


def checked(entity: Entity, body: Any, world: World, *, new: bool = True) -> Record:
    """Return the written members as the records hold them. Raises BadQueryError with Exact's words."""
    if not isinstance(body, dict):
        raise BadQueryError("Bad Request - Error processing request stream.")
    for name in body:
        if name not in entity.kinds and name not in entity.read_only:
            raise BadQueryError(f"The property '{name}' does not exist on this type.")
    missing = [name for name in entity.required if body.get(name) in (None, "", [])] if new else []
    if missing:
        raise BadQueryError(f"Verplicht: {_DUTCH[missing[0]]}")
    given = {name: body[name] for name in entity.kinds if name in body}
    return {n: None if v is None else _value(n, entity.kinds[n], v, world) for n, v in given.items()}


def _value(name: str, kind: str, value: Any, world: World) -> Any:
    match kind:
        case "text" if isinstance(value, str):
            return value
        case "number" if type(value) in (int, Decimal) and value >= 0:
            return value
        case "date" if isinstance(value, str):
            return _date(name, value)
        case "guid" | "supplier" | "item" | "warehouse" if isinstance(value, str) and _GUID.fullmatch(value):
            return _reference(name, kind, value.lower(), world)
        case "lines" | "transfer lines" if isinstance(value, list):
            return [checked(LINE if kind == "lines" else TRANSFER_LINE, line, world) for line in value]
    raise BadQueryError(f"Ongeldige waarde: {_DUTCH.get(name, name)}")


def _reference(name: str, kind: str, guid: str, world: World) -> str:
    if kind in _TARGETS:
        row = world[_TARGETS[kind]].rows.get(guid)
        if row is None or (kind == "supplier" and not row.data["IsSupplier"]):
            raise BadQueryError(f"Ongeldige verwijzing: {_DUTCH[name]}")
    return guid


def _date(name: str, text: str) -> str:
    """Return a date as Exact keeps it: the wall clock of the office, written as if it were UTC."""
    if _DATE.fullmatch(text):
        return text
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise BadQueryError(f"Ongeldige datum: {name}") from None
    return f"/Date({int(at.timestamp() * 1000)})/"
