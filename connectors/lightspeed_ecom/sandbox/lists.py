"""List requests: their parameters, checked, and one page of rows by them. Errors have one envelope for all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.lightspeed_ecom.sandbox.wire import referred
from include.sandbox.answers import RefusedError, array, json_answer
from include.sandbox.world import JSON, Collection, Record, Row

DEFAULT_LIMIT, LIMIT = 50, 250
# Parameter -> field, and whether it is the earliest one.
TIMES = {
    "created_at_min": ("createdAt", True), "created_at_max": ("createdAt", False),
    "updated_at_min": ("updatedAt", True), "updated_at_max": ("updatedAt", False),
}  # fmt: skip


def error(request: Request, status: int, message: str) -> Response:
    """Answer an error (the page calls this shape unverified)."""
    told = {"code": status, "method": request.method, "request": request.url.path, "message": message}
    return json_answer({"error": told}, status)


@dataclasses.dataclass(frozen=True)
class Filters:
    """Which rows a request asks for; `name` tells apart every different choice."""

    name: tuple[Any, ...]
    where: Callable[[Row], bool]
    since_id: int | None


def filters(request: Request) -> Filters:
    """Read the filters that lists and counts share. Refuses with 400."""
    times = [(*TIMES[name], _time(request, name)) for name in TIMES if name in request.query_params]
    since_id = _number(request, "since_id", None, 0, None)
    product = _number(request, "product", None, 1, None)

    def passes(row: Row) -> bool:
        data = row.data
        if since_id is not None and data["id"] <= since_id:
            return False
        if product is not None and referred(data.get("product")) != product:
            return False
        return all(data[field] >= at if earliest else data[field] <= at for field, earliest, at in times)

    return Filters((since_id, product, *times), passes, since_id)


def page(request: Request, collection: Collection, root: str, *, since_id_ascends: bool) -> Response:
    """Answer one page, newest first; after `since_id` the oldest first. Past the end the list is empty."""
    asked = filters(request)
    limit = _number(request, "limit", DEFAULT_LIMIT, 1, LIMIT) or DEFAULT_LIMIT
    number = _number(request, "page", 1, 1, None) or 1
    ascending = since_id_ascends and asked.since_id is not None
    rows = collection.view(
        (ascending, *asked.name), asked.where, _by_id if ascending else _by_age, descending=not ascending
    )
    names = tuple(filter(None, request.query_params.get("fields", "").split(",")))
    chosen = rows[(number - 1) * limit : number * limit]
    written = [row.written(names, lambda data: JSON.encode(_only(data, names))) for row in chosen]
    return json_answer(b'{"' + root.encode() + b'":' + array(written) + b"}")


def slice_of(request: Request, records: list[Record], root: str) -> Response:
    """Answer one page of records that hang on another record."""
    limit = _number(request, "limit", DEFAULT_LIMIT, 1, LIMIT) or DEFAULT_LIMIT
    number = _number(request, "page", 1, 1, None) or 1
    return json_answer({root: records[(number - 1) * limit : number * limit]})


def count(request: Request, collection: Collection) -> Response:
    """Answer how many rows pass the filters."""
    asked = filters(request)
    return json_answer({"count": sum(1 for row in collection if asked.where(row))})


def _by_id(row: Row) -> int:
    return int(row.data["id"])


def _by_age(row: Row) -> tuple[str, int]:
    return str(row.data["createdAt"]), int(row.data["id"])


def _only(data: Record, names: tuple[str, ...]) -> Record:
    return {name: data[name] for name in names if name in data} if names else data


def _time(request: Request, name: str) -> str:
    """Read `YYYY-MM-DD HH:MM:SS` as UTC and return it as bodies hold it."""
    try:
        moment = datetime.strptime(request.query_params[name], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise RefusedError(error(request, 400, f"Invalid value for {name}")) from None
    return moment.isoformat()


def _number(request: Request, name: str, default: int | None, least: int, most: int | None) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
        raise RefusedError(error(request, 400, f"Invalid value for {name}"))
    return int(text)
