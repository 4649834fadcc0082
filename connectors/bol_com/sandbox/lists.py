"""The order list and the shipment list with their filters. Past the last page the answer is `{}`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.bol_com.sandbox.orders import ZONE, listed, listed_shipment, open_quantity, status
from connectors.bol_com.sandbox.problems import MEDIA, bad_parameter
from include.sandbox.answers import array, json_answer
from include.sandbox.world import JSON, Record, Row, World

HISTORY = timedelta(days=92)
MAXIMUM_INTERVAL = 60
# Open orders are those without shipped and cancelled items; cancelled ones show with ALL only.
STATUSES: dict[str, Callable[[Record], bool]] = {
    "OPEN": lambda item: open_quantity(item) > 0,
    "SHIPPED": lambda item: status(item) == "SHIPPED",
    "ALL": lambda _: True,
}


def orders(request: Request, world: World, size: int) -> Response:
    """Answer one page of orders, with the items that pass the filters."""
    method = _choice(request, "fulfilment-method", "FBR", {"FBR", "FBB", "ALL"})
    wanted = _choice(request, "status", "OPEN", set(STATUSES))
    name, changed = _changed(request, world)

    def items(row: Row) -> list[Record]:
        found = row.data["orderItems"]
        return [i for i in found if method in ("ALL", i["fulfilment"]["method"]) and STATUSES[wanted](i)]

    rows = world["orders"].view(
        ("list", method, wanted, name), lambda row: any(map(changed, items(row))), _placed, descending=True
    )
    how = ("list", method, wanted)

    def written(row: Row) -> bytes:
        return row.written(how, lambda data: JSON.encode(listed(data, items(row))))

    page = [written(row) for row in _page(request, rows, size)]
    return _answer("orders", page)


def shipments(request: Request, world: World, size: int) -> Response:
    """Answer one page of the shipments of the last three months, newest first; there is no fulfilment method ALL."""
    method = _choice(request, "fulfilment-method", "FBR", {"FBR", "FBB"})
    order = request.query_params.get("order-id")
    since = world.clock.now() - HISTORY

    def passes(row: Row) -> bool:
        data = row.data
        of_method = data["shipmentItems"][0]["fulfilment"]["method"] == method
        return of_method and row.modified >= since and order in (None, data["order"]["orderId"])

    name = ("list", method, order, since.date())
    rows = world["shipments"].view(name, passes, lambda row: (row.modified, row.key), descending=True)
    page = [row.written("list", lambda data: JSON.encode(listed_shipment(data))) for row in _page(request, rows, size)]
    return _answer("shipments", page)


def _placed(row: Row) -> tuple[datetime, str]:
    return datetime.fromisoformat(row.data["orderPlacedDateTime"]), row.key


def _changed(request: Request, world: World) -> tuple[Any, Callable[[Record], bool]]:
    """Return the filter on an item's last change, and a name that tells it apart."""
    path, now = request.url.path, world.clock.now()
    minutes, day = (request.query_params.get(name) for name in ("change-interval-minute", "latest-change-date"))
    if minutes is not None:
        if not minutes.isdigit() or not 1 <= int(minutes) <= MAXIMUM_INTERVAL:
            raise bad_parameter(path, "change-interval-minute", f"Must be between 1 and {MAXIMUM_INTERVAL}.")
        since = now - timedelta(minutes=int(minutes))
        return since, lambda item: _last_change(item) >= since
    if day is not None:
        try:
            wanted = date.fromisoformat(day)
        except ValueError:
            raise bad_parameter(path, "latest-change-date", "Must be a date as YYYY-MM-DD.") from None
        if wanted < (now - HISTORY).astimezone(ZONE).date():
            raise bad_parameter(path, "latest-change-date", "Must be at most 3 months in the past.")
        return wanted, lambda item: item["latestChangedDateTime"][:10] == day
    oldest = (now - HISTORY).replace(minute=0, second=0, microsecond=0)
    return oldest, lambda item: _last_change(item) >= oldest


def _last_change(item: Record) -> datetime:
    return datetime.fromisoformat(item["latestChangedDateTime"])


def _choice(request: Request, name: str, default: str, allowed: set[str]) -> str:
    chosen = request.query_params.get(name, default)
    if chosen not in allowed:
        raise bad_parameter(request.url.path, name, f"Must be one of {', '.join(sorted(allowed))}.")
    return chosen


def _page(request: Request, rows: list[Row], size: int) -> list[Row]:
    text = request.query_params.get("page", "1")
    if not text.isdigit() or int(text) < 1:
        raise bad_parameter(request.url.path, "page", "Must be a number from 1.")
    return rows[(int(text) - 1) * size : int(text) * size]


def _answer(member: str, page: list[bytes]) -> Response:
    body = b'{"' + member.encode() + b'":' + array(page) + b"}" if page else b"{}"
    return json_answer(body, media=MEDIA)
