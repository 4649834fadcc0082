"""A row that a landed record must become, by the model reference.

A row says of which object it is, why it is out of scope if it is, what its columns must hold as far as they come from
one field, and which other rows it needs. Where a mapping joins several endpoints, only the columns of one are told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tests.sync.ugly.rules import Told

Docs = Mapping[str, Mapping[str, tuple[Any, str]]]
"""Stream -> key -> the landed document and its root."""
MISSING = Told(None, blocks=True)


@dataclasses.dataclass(frozen=True)
class Row:
    """`out`: why it is rightly in neither place; `order`: the order of a line; `needs`: rows that must be stored."""

    object: str
    remote_id: str
    columns: Mapping[str, Told] = dataclasses.field(default_factory=dict)
    out: str | None = None
    needs: tuple[tuple[str, str | None], ...] = ()
    order: str | None = None
    product: str | None = None


def line(of: str, remote_id: str, order: str, product: str | None, pieces: Told, value: Told) -> Row:
    """A line of a sell or buy order."""
    columns = {"quantity": pieces, "subtotal_value": value} | ({} if product else {"product_id": MISSING})
    return Row(of, remote_id, columns, needs=(("products", product),) if product else (), order=order, product=product)


def objects(value: Any) -> list[dict[str, Any]]:
    """What a list holds; a single object stands for a list of one (lax JSON paths)."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def deep(doc: Any, *steps: str) -> Any:
    for step in steps:
        doc = doc.get(step) if isinstance(doc, dict) else None
    return doc
