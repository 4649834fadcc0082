"""The routes of the bol.com Retailer API v10 that a coupling reads, and its token endpoint on the same host."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.bol_com.sandbox import lists
from connectors.bol_com.sandbox.market import Market
from connectors.bol_com.sandbox.problems import MEDIA, problem
from connectors.bol_com.sandbox.webhooks import Keys, NotificationSender, Subscriptions
from include.sandbox.answers import RefusedError, basic_credentials, json_answer, json_body
from include.sandbox.remote import Change, Remote
from include.sandbox.tokens import secret
from include.sandbox.world import Record

TOKEN_SECONDS = 299
# Path, calls, seconds, and the words of the machine-readable list.
LIMITS = {
    "/retailer/orders": (25, 60, "MINUTES"),
    "/retailer/orders/{order-id}": (25, 1, "SECONDS"),
    "/retailer/shipments": (25, 60, "MINUTES"),
    "/retailer/shipments/{shipment-id}": (50, 60, "MINUTES"),
    "/retailer/subscriptions": (10, 1, "SECONDS"),
    "/retailer/subscriptions/signature-keys": (10, 3600, "HOURS"),
}
Handler = Callable[[Request], Response]


class BolCom(Remote):
    """One retailer. `orders_per_minute` and so on change the limits; `retry_after` 0 leaves that header out."""

    settings: ClassVar[Mapping[str, int | str]] = {
        "orders_per_minute": 25,
        "order_per_second": 25,
        "shipments_per_minute": 25,
        "shipment_per_minute": 50,
        "subscriptions_per_second": 10,
        "keys_per_hour": 10,
        # Deliveries are signed with this one of bol.com's keys; those before it are still told.
        "signature_key": 0,
        "retry_after": 1,
        "page_size": 50,
    }
    tested_with: ClassVar[Mapping[str, int | str]] = {
        "orders_per_minute": 10**6,
        "order_per_second": 10**6,
        "shipments_per_minute": 10**6,
        "shipment_per_minute": 10**6,
        "subscriptions_per_second": 10**6,
        "keys_per_hour": 10**6,
        "page_size": 20,
    }
    id_fields = ("orderId", "shipmentId")
    name_fields = ("orderPlacedDateTime",)
    stock_fields = ("quantity",)

    @override
    def build(self) -> None:
        Market(self.world, self.catalogue).build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return Market(self.world, self.catalogue).changes()

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        login, password = self._client()
        extra = {"token_url": f"{base_url}/token"}
        return {"conn_type": "http", "host": base_url, "login": login, "password": password, "extra": extra}

    @override
    def refusal(self, status: int) -> Response:
        return problem(status, "Er is een fout opgetreden.", "/retailer")

    @override
    def records(self, body: Any) -> list[Record]:
        found = body.get("orders", body.get("shipments", [])) if isinstance(body, dict) else []
        return found if isinstance(found, list) else []

    @override
    def emptied(self, _body: Any) -> Any:
        return {}

    @override
    def sender(self) -> NotificationSender:
        return NotificationSender(self.world, self._keys, lambda: self.number("signature_key"))

    @override
    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_route("/token", self._token, ["POST"])
        router.add_route("/retailer/public/ratelimits", self._ratelimits, ["GET"])
        guarded: dict[str, tuple[str, str, Handler]] = {
            "/retailer/orders": ("/retailer/orders", "orders_per_minute", self._orders),
            "/retailer/orders/{id}": ("/retailer/orders/{order-id}", "order_per_second", self._order),
            "/retailer/shipments": ("/retailer/shipments", "shipments_per_minute", self._shipments),
            "/retailer/shipments/{id}": ("/retailer/shipments/{shipment-id}", "shipment_per_minute", self._shipment),
        }
        for path, (limit, setting, handler) in guarded.items():
            router.add_route(path, self._guard(limit, setting, handler), ["GET"])
        for (method, path), act in self._subscriptions().items():
            router.add_route(path, act, [method])
        return router

    def _subscriptions(self) -> dict[tuple[str, str], Callable[[Request], Awaitable[Response]]]:
        """Return the routes of subscriptions; a write has to say bol.com's own media type."""
        root = "/retailer/subscriptions"

        def reading(act: str, limit: str = root, setting: str = "subscriptions_per_second") -> Any:
            async def answer(request: Request) -> Response:
                is_write = request.method in ("POST", "PUT") and act != "test"
                if is_write and MEDIA not in request.headers.get("content-type", ""):
                    return problem(415, "Unsupported media type.", request.url.path)
                body = (await json_body(request) if is_write else None) or {}
                there = Subscriptions(self.world, self.post, self._keys, self.number("signature_key"))
                return await self._guard(limit, setting, lambda given: getattr(there, act)(given, body))(request)

            return answer

        return {
            ("GET", root): reading("list"),
            ("POST", root): reading("create"),
            ("GET", f"{root}/signature-keys"): reading("keys", f"{root}/signature-keys", "keys_per_hour"),
            ("POST", f"{root}/test/{{id}}"): reading("test"),
            ("GET", f"{root}/{{id}}"): reading("one"),
            ("PUT", f"{root}/{{id}}"): reading("update"),
            ("DELETE", f"{root}/{{id}}"): reading("delete"),
        }

    @functools.cached_property
    def _keys(self) -> Keys:
        return Keys(self.world)

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        grant = request.query_params.get("grant_type") or form.get("grant_type", [""])[0]
        if grant != "client_credentials":
            return json_answer({"error": "unsupported_grant_type", "error_description": "Unsupported grant type"}, 400)
        if basic_credentials(request) != self._client():
            return json_answer({"error": "invalid_client", "error_description": "Bad client credentials"}, 401)
        token = self.tokens.issue(TOKEN_SECONDS)
        body = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": "RETAILER"}
        return json_answer(body)

    async def _ratelimits(self, _request: Request) -> Response:
        limits = [
            {
                "baseEndpoint": path,
                "operations": [{"method": "GET", "maxCapacity": calls, "timeToLive": 1, "timeUnit": unit}],
            }
            for path, (calls, _, unit) in LIMITS.items()
        ]
        return json_answer({"rateLimits": limits})

    def _guard(self, limit: str, setting: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Check the media type, the token and the limit, in this order, before `handler` answers."""
        seconds = LIMITS[limit][1]

        async def guarded(request: Request) -> Response:
            path = request.url.path
            if MEDIA not in request.headers.get("accept", ""):
                return problem(406, "No acceptable representation.", path)
            if not self.tokens.good(request.headers.get("authorization")):
                return problem(401, "The JWT is expired or invalid.", path, title="Expired JWT")
            usage = self.limits.take(limit, self.number(setting), seconds)
            left = max(1, round((usage.resets_at - self.world.clock.now()).total_seconds()))
            headers = {
                "X-RateLimit-Limit": str(usage.limit),
                "X-RateLimit-Remaining": str(usage.remaining),
                "X-RateLimit-Reset": str(left),
            }
            if usage.allowed:
                try:
                    response = handler(request)
                except RefusedError as refusal:
                    response = refusal.response
            else:
                response = problem(429, f"Too many requests, retry in {left} seconds.", path)
                if self.number("retry_after"):
                    headers["Retry-After"] = str(left)
            response.headers.update(headers)
            return response

        return guarded

    def _orders(self, request: Request) -> Response:
        return lists.orders(request, self.world, self.number("page_size"))

    def _order(self, request: Request) -> Response:
        return self._one(request, "orders")

    def _shipments(self, request: Request) -> Response:
        return lists.shipments(request, self.world, self.number("page_size"))

    def _shipment(self, request: Request) -> Response:
        return self._one(request, "shipments")

    def _one(self, request: Request, collection: str) -> Response:
        row = self.world[collection].rows.get(request.path_params["id"])
        if row is None:
            return problem(404, f"No {collection[:-1]} found for this id.", request.url.path)
        return json_answer(row.written("detail"), media=MEDIA)

    def _client(self) -> tuple[str, str]:
        return secret(self.world.seed, "bol client id", 32), secret(self.world.seed, "bol client secret", 48)
