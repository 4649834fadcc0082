"""Pages of the BigCommerce API."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.world import Row

MOST = 100


def page(request: Request, rows: list[Row]) -> dict[str, Any]:
    """Return the records on page `page` (from 1) of `limit` records, and how many there are in all."""
    size = _number(request, "limit", 50, 1, MOST)
    first = (_number(request, "page", 1, 1) - 1) * size
    return {"items": [row.data for row in rows[first : first + size]], "total": len(rows)}


def _number(request: Request, name: str, default: int, least: int, most: int | None = None) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or int(text) < least or (most is not None and int(text) > most):
        raise RefusedError(json_answer({"error": f"{name} is out of bounds"}, 400))
    return int(text)
