"""The routes of the Selling Partner API that a coupling reads, the login with Amazon and the storage of reports."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.amazon_seller.sandbox import gate
from connectors.amazon_seller.sandbox.market import Market
from connectors.amazon_seller.sandbox.notifications import BridgeSender, Notifications
from connectors.amazon_seller.sandbox.order_lists import OrderLists
from connectors.amazon_seller.sandbox.refusals import refused
from connectors.amazon_seller.sandbox.reports import Reports
from connectors.amazon_seller.sandbox.searches import Searches
from include.sandbox.answers import RefusedError
from include.sandbox.catalogue import Catalogue
from include.sandbox.remote import Change, Remote
from include.sandbox.world import Record, World

SELLER = "A3TH9S8BH6GOGM"
TOKENS = ("NextToken", "paginationToken", "nextToken", "pageToken")
Handler = Callable[[Request], Response | Awaitable[Response]]


class AmazonSeller(Remote):
    """One seller's account in three marketplaces.

    `limits` 0 switches the token buckets off. `report_polls` = looks until a report is done, `report_outcome` = DONE,
    CANCELLED or FATAL, `report_cache_minutes` = for how long an identical order gets the same data. `delay_seconds` =
    after which a changed order is told. `item_subtotals` = net or gross: what 2026 calls ITEM in the EU is not
    documented. `denied` = path below which a role is missing.
    """

    settings: ClassVar[Mapping[str, int | str]] = {
        "limits": 1,
        "report_polls": 2,
        "report_outcome": "DONE",
        "report_cache_minutes": 0,
        "gzip": 1,
        "delay_seconds": 120,
        "inventory_page": 50,
        "reachable": 1000,
        "item_subtotals": "net",
        "denied": "",
        # What the rule in EventBridge calls, and with which key.
        "bridge_address": "http://127.0.0.1:9/",
        "bridge_key": "",
    }
    coupling_settings: ClassVar[Mapping[str, Any]] = {
        "marketplaces": ["A1805IZSGTT6HS", "A1PA6795UKMFR9", "A2NODRKZP88ZB9"],
        "seller_id": "A3TH9S8BH6GOGM",
        "sell_orders.pull_all_orders": True,
    }
    tested_with: ClassVar[Mapping[str, int | str]] = {
        "limits": 0,
        "report_polls": 0,
        "delay_seconds": 0,
        "inventory_page": 20,
    }
    id_fields = ("AmazonOrderId", "orderId", "OrderItemId", "sellerSku", "sku", "asin")
    name_fields = ("productName", "Title", "SalesChannel")
    stock_fields = ("totalQuantity",)
    page_parameter = None

    def __init__(self, world: World, catalogue: Catalogue, settings: Mapping[str, int | str] | None = None) -> None:
        super().__init__(world, catalogue, settings)
        gross = self.set["item_subtotals"] == "gross"
        self._orders = OrderLists(world, self.number("delay_seconds"), gross_items=gross)
        self._searches = Searches(world, SELLER, self.number("reachable"), self.number("inventory_page"))
        polls, cache = self.number("report_polls"), self.number("report_cache_minutes")
        packed = bool(self.number("gzip"))
        self._requests = itertools.count(1)
        self._reports = Reports(world, polls, str(self.set["report_outcome"]), cache, packed=packed)

    @override
    def build(self) -> None:
        Market(self.world, self.catalogue).build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return Market(self.world, self.catalogue).changes()

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        login, password = gate.client(self.world.seed)
        extra = {"refresh_token": gate.refresh_token(self.world.seed), "token_url": f"{base_url}/auth/o2/token"}
        return {"conn_type": "http", "host": base_url, "login": login, "password": password, "extra": extra}

    @override
    def refusal(self, status: int) -> Response:
        return refused(status)

    @override
    def records(self, body: Any) -> list[Record]:
        if not isinstance(body, dict):
            return []
        inside = body.get("payload", body)
        for name in ("Orders", "OrderItems", "inventorySummaries", "orders", "items"):
            if isinstance(inside, dict) and isinstance(inside.get(name), list):
                return list(inside[name])
        return []

    @override
    def emptied(self, body: Any) -> Any:
        for name in ("Orders", "OrderItems", "inventorySummaries"):
            if name in body.get("payload", {}):
                return {"payload": {name: []}}
        return {name: [] for name in ("orders", "items") if name in body}

    @override
    def repeated(self, body: Any, url: str) -> Any:
        """Give the token of this very page as the next one."""
        query = parse_qs(urlsplit(url).query)
        token = next((query[name][0] for name in TOKENS if name in query), None)
        if token and "NextToken" in body.get("payload", {}):
            body["payload"]["NextToken"] = token
        elif token and "pagination" in body:
            body["pagination"]["nextToken"] = token
        return body

    @override
    def sender(self) -> BridgeSender:
        return BridgeSender(self.world, SELLER, lambda name: str(self.set[name]))

    @override
    def router(self) -> APIRouter:
        orders, searches, reports = self._orders, self._searches, self._reports
        listing = "/listings/2021-08-01/items/{seller}"
        catalog, report = "/catalog/2022-04-01/items", "/reports/2021-06-30"
        operations: dict[str, tuple[str, Handler]] = {
            "/orders/v0/orders": ("getOrders", orders.v0),
            "/orders/v0/orders/{id}": ("getOrder", orders.v0_one),
            "/orders/v0/orders/{id}/orderItems": ("getOrderItems", orders.v0_items),
            "/orders/2026-01-01/orders": ("searchOrders", orders.of_2026),
            "/orders/2026-01-01/orders/{id}": ("getOrder2026", orders.one_2026),
            "/fba/inventory/v1/summaries": ("getInventorySummaries", searches.inventory),
            listing: ("searchListingsItems", searches.listing_items),
            listing + "/{sku:path}": ("getListingsItem", searches.listing_item),
            catalog: ("searchCatalogItems", searches.catalog),
            catalog + "/{asin}": ("getCatalogItem", searches.catalog_one),
            report + "/reports/{id}": ("getReport", reports.look),
            report + "/documents/{id}": ("getReportDocument", reports.document),
            "/sellers/v1/marketplaceParticipations": ("getMarketplaceParticipations", searches.participations),
        }
        router = APIRouter()
        router.add_route("/auth/o2/token", self._login, ["POST"])
        router.add_route("/tortuga/{id}", reports.file, ["GET"])
        router.add_route(report + "/reports", self._guard("createReport", reports.create), ["POST"])
        notifications, subscriptions = Notifications(self.world, self.post), "/notifications/v1/subscriptions/{type}"
        router.add_route(subscriptions, self._guard("createSubscription", notifications.subscribe), ["POST"])
        router.add_route(
            subscriptions + "/{id}", self._guard("deleteSubscription", notifications.unsubscribe), ["DELETE"]
        )
        operations[subscriptions] = ("getSubscription", notifications.look)
        for path, (operation, handler) in operations.items():
            router.add_route(path, self._guard(operation, handler), ["GET"])
        return router

    async def _login(self, request: Request) -> Response:
        return await gate.login(request, self.world, self.tokens)

    def _guard(self, operation: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Check token, role and bucket, in this order; 403 and 429 come without the header of the rate."""
        rate = f"{gate.BUCKETS[operation].rate:g}"

        async def guarded(request: Request) -> Response:
            try:
                gate.check_token(request, self.tokens, str(self.set["denied"]))
            except RefusedError as refusal:
                return self._signed(refusal.response)
            if self.number("limits") and not gate.take(self.world, operation):
                return self._signed(refused(429))
            try:
                answer = handler(request)
                response = await answer if inspect.isawaitable(answer) else answer
            except RefusedError as refusal:
                response = refusal.response
            response.headers["x-amzn-RateLimit-Limit"] = rate
            return self._signed(response)

        return guarded

    def _signed(self, response: Response) -> Response:
        response.headers["x-amzn-RequestId"] = self.catalogue.guid("request", next(self._requests))
        return response
