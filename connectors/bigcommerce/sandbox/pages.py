"""Pages and filters of the BigCommerce API."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from starlette.requests import Request

from connectors.bigcommerce.sandbox.proof import refusal
from include.sandbox.answers import RefusedError
from include.sandbox.world import Row

MOST, DEFAULT = 250, 50


def cut(request: Request, rows: list[Row]) -> tuple[list[Row], int, int]:
    """Return the rows on page `page` (from 1) of `limit` rows, and these two numbers."""
    size, number = _number(request, "limit", DEFAULT, MOST), _number(request, "page", 1, 10**9)
    return rows[(number - 1) * size : number * size], number, size


def page_v3(request: Request, rows: list[Row]) -> dict[str, Any]:
    """Return a page with its totals as V3 answers it."""
    found, number, size = cut(request, rows)
    pages = -(-len(rows) // size)
    counts = {"total": len(rows), "count": len(found), "per_page": size, "current_page": number, "total_pages": pages}
    return {"data": [row.data for row in found], "meta": {"pagination": counts}}


def only(request: Request, known: Container[str]) -> None:
    """Refuse a query parameter that the endpoint does not have."""
    for name in request.query_params:
        if name not in known:
            status = 400 if "/v2/" in request.url.path else 422
            words = f"The filter(s): {name} are not valid filter parameter(s)."
            raise RefusedError(refusal(status, words, request))


def since(request: Request, name: str) -> datetime | None:
    """Return the time in a parameter: ISO-8601 or RFC-2822, UTC where it tells no zone."""
    text = request.query_params.get(name)
    if text is None:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise RefusedError(refusal(400, f"The field '{name}' is invalid.", request))


def _number(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise RefusedError(refusal(400, f"The field '{name}' is invalid.", request))
    return int(text)
