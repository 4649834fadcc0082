"""The operations of the orders API, v0 and 2026-01-01."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.amazon_seller.sandbox import orders
from connectors.amazon_seller.sandbox.pages import page
from connectors.amazon_seller.sandbox.refusals import invalid, iso, listed, moment, number, refused, required
from include.sandbox.answers import json_answer
from include.sandbox.world import Row, World

SERVED = timedelta(days=730)
INCLUDED = (
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES",
)  # fmt: skip


class OrderLists:
    """Answers orders; `delay` = how many seconds a change takes to be told, `gross_items` = what 2026 calls ITEM."""

    def __init__(self, world: World, delay: int, *, gross_items: bool) -> None:
        self._world, self._delay, self._gross_items = world, timedelta(seconds=delay), gross_items

    def v0(self, request: Request) -> Response:
        """GET /orders/v0/orders."""
        wanted = {"MarketplaceId": required(request, "MarketplaceIds", 50)}
        wanted["OrderStatus"] = listed(request, "OrderStatuses", allowed=orders.STATUSES)
        wanted["FulfillmentChannel"] = listed(request, "FulfillmentChannels", allowed=("AFN", "MFN"))
        wanted["AmazonOrderId"] = listed(request, "AmazonOrderIds", 50)
        size = number(request, "MaxResultsPerPage", 100, 100)
        before, rows = self._rows(request, ("CreatedAfter", "CreatedBefore", "LastUpdatedAfter", "LastUpdatedBefore"))
        rows = [r for r in rows if all(not v or r.data["order"][f] in v for f, v in wanted.items())]
        found, token = page(request, self._world, rows, _order, "NextToken", size)
        payload: dict[str, Any] = {"Orders": [orders.header_v0(row.data) for row in found]}
        if token:
            payload["NextToken"] = token
        return json_answer({"payload": {**payload, before[0]: before[1]}})

    def v0_one(self, request: Request) -> Response:
        """GET /orders/v0/orders/{id}."""
        row = self._one(request)
        return json_answer({"payload": orders.header_v0(row.data)}) if row else refused(404)

    def v0_items(self, request: Request) -> Response:
        """GET /orders/v0/orders/{id}/orderItems, two on a page where an order has more than three."""
        row = self._one(request)
        if row is None:
            return refused(404)
        items = orders.items_v0(row.data)
        rows = [Row(item["OrderItemId"], item, row.modified, 0) for item in items]
        size = 2 if len(rows) > 3 else 100
        found, token = page(request, self._world, rows, lambda item: [item.key], "NextToken", size)
        payload: dict[str, Any] = {"AmazonOrderId": row.key, "OrderItems": [item.data for item in found]}
        return json_answer({"payload": {**payload, **({"NextToken": token} if token else {})}})

    def of_2026(self, request: Request) -> Response:
        """GET /orders/2026-01-01/orders."""
        markets = required(request, "marketplaceIds", 50)
        included = frozenset(listed(request, "includedData", allowed=INCLUDED))
        statuses = listed(request, "fulfillmentStatuses")
        by = listed(request, "fulfilledBy", allowed=("AMAZON", "MERCHANT"))
        size = number(request, "maxResultsPerPage", 100, 100)
        before, rows = self._rows(request, ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore"))
        channels = {"AMAZON": "AFN", "MERCHANT": "MFN"}
        rows = [
            row
            for row in rows
            if row.data["order"]["MarketplaceId"] in markets
            and (not statuses or orders.status_2026(row.data["order"]["OrderStatus"]) in statuses)
            and (not by or row.data["order"]["FulfillmentChannel"] in {channels[one] for one in by})
        ]
        found, token = page(request, self._world, rows, _order, "paginationToken", size)
        written = [orders.order_2026(row.data, included, gross_items=self._gross_items) for row in found]
        pagination = {"pagination": {"nextToken": token}} if token else {}
        return json_answer({"orders": written, **pagination, before[0]: before[1]})

    def one_2026(self, request: Request) -> Response:
        """GET /orders/2026-01-01/orders/{id}; that it stands under `order` is from memory."""
        included = frozenset(listed(request, "includedData", allowed=INCLUDED))
        row = self._one(request)
        if row is None:
            return refused(404)
        return json_answer({"order": orders.order_2026(row.data, included, gross_items=self._gross_items)})

    def _one(self, request: Request) -> Row | None:
        row = self._world["orders"].rows.get(request.path_params["id"])
        return row if row and self._is_served(row) else None

    def _is_served(self, row: Row) -> bool:
        return datetime.fromisoformat(row.data["order"]["PurchaseDate"]) > self._world.clock.now() - SERVED

    def _rows(self, request: Request, names: tuple[str, str, str, str]) -> tuple[tuple[str, str], list[Row]]:
        """Return the orders of the stretch of time, oldest change first, and the end that is echoed."""
        created_after, created_before, updated_after, updated_before = (moment(request, name) for name in names)
        if (created_after is None) == (updated_after is None):
            raise invalid(f"Either {names[0]} or {names[2]} is required, and not both.")
        by_change = updated_after is not None
        name, end = (names[3], updated_before) if by_change else (names[1], created_before)
        if (created_before if by_change else updated_before) is not None:
            raise invalid(f"{name} cannot be combined with the other filter.")
        latest = self._world.clock.now() - self._delay
        if end is not None and end > latest:
            raise invalid(f"{name} must be no later than two minutes before the time of the request.")
        start, end = updated_after or created_after or latest, end or latest
        if start > end:
            raise invalid(f"{name} must be later than the beginning.")
        field = "LastUpdateDate" if by_change else "PurchaseDate"

        def passes(row: Row) -> bool:
            at = datetime.fromisoformat(row.data["order"][field]).astimezone(UTC)
            return start <= at <= end and self._is_served(row)

        return (name, iso(end)), sorted(filter(passes, self._world["orders"]), key=_order)


def _order(row: Row) -> list[str]:
    return [row.data["order"]["LastUpdateDate"], row.key]
