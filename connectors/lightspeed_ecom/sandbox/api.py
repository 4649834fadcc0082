"""The routes of the Lightspeed eCom API that a coupling reads, behind Basic auth, three limits and the language."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.lightspeed_ecom.sandbox import lists
from connectors.lightspeed_ecom.sandbox.shop import Shop
from connectors.lightspeed_ecom.sandbox.webhooks import ShopSender, Webhooks
from include.sandbox.answers import RefusedError, basic_credentials, json_answer, json_body
from include.sandbox.limits import Usage
from include.sandbox.remote import Change, Remote
from include.sandbox.tokens import secret
from include.sandbox.world import Record, Row

# Setting -> seconds, in the order of the headers.
WINDOWS = {"per_five_minutes": 300, "per_hour": 3600, "per_day": 86400}
ROOTS = {"suppliers": "supplier", "products": "product", "variants": "variant", "orders": "order"}
Handler = Callable[[Request], Response]


class LightspeedEcom(Remote):
    """One shop. `languages` are the active ones. The products of a new order are not found `not_yet` times.

    Whether lists after a `since_id` come oldest first is unverified; `since_id_ascends` 0 makes them newest first.
    """

    settings: ClassVar[Mapping[str, int | str]] = {
        "per_five_minutes": 300,
        "per_hour": 3000,
        "per_day": 12000,
        "languages": "nl,en",
        "not_yet": 1,
        "since_id_ascends": 1,
    }
    coupling_settings: ClassVar[Mapping[str, Any]] = {"language": "nl"}
    tested_with: ClassVar[Mapping[str, int | str]] = {
        "per_five_minutes": 10**6,
        "per_hour": 10**6,
        "per_day": 10**6,
    }
    name_fields = ("title",)
    stock_fields = ("stockLevel", "quantityOrdered")

    @override
    def build(self) -> None:
        Shop(self.world, self.catalogue).build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return Shop(self.world, self.catalogue).changes()

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        key, hidden = self._keys()
        return {"conn_type": "http", "host": base_url, "login": key, "password": hidden, "extra": {}}

    @override
    def refusal(self, status: int) -> Response:
        return json_answer({"error": {"code": status, "method": "GET", "request": "/nl", "message": "Error"}}, status)

    @override
    def records(self, body: Any) -> list[Record]:
        found = [body[root] for root in (*ROOTS, "orderProducts") if root in body] if isinstance(body, dict) else []
        return found[0] if found and isinstance(found[0], list) else []

    @override
    def emptied(self, body: Any) -> Any:
        return {root: [] for root in body} if isinstance(body, dict) else body

    @override
    def sender(self) -> ShopSender:
        return ShopSender(self.world)

    @override
    def router(self) -> APIRouter:
        router = APIRouter()
        handlers: dict[str, Handler] = {}
        for root in ROOTS:
            handlers[f"/{root}.json"] = self._list(root)
            handlers[f"/{root}/count.json"] = self._count(root)
            handlers[f"/{root}/{{id}}.json"] = self._single(root)
        handlers["/orders/{id}/products.json"] = self._order_products
        handlers["/{rest:path}"] = _unknown
        webhooks = Webhooks(self.world, self.post, self._keys()[1])
        for method, path, act in (
            ("GET", "/webhooks.json", webhooks.list),
            ("POST", "/webhooks.json", webhooks.create),
            ("PUT", "/webhooks/{id}.json", webhooks.update),
            ("DELETE", "/webhooks/{id}.json", webhooks.delete),
        ):
            router.add_route("/{language}" + path, self._reading(act), [method])
        router.add_route("/{language}/variants/{id}.json", self._stock, ["PUT"])
        for path, handler in handlers.items():
            router.add_route("/{language}" + path, self._guarded(handler), ["GET"])
        return router

    async def _stock(self, request: Request) -> Response:
        """Set a variant's stock, told as a form (API page, section 9)."""
        given = parse_qs((await request.body()).decode("latin-1"))

        def write(request: Request) -> Response:
            row = self._row(request, "variants")
            level = given.get("variant[stockLevel]", [""])[0]
            if not re.fullmatch(r"-?\d+", level):
                return lists.error(request, 400, "Invalid data input")
            Shop(self.world, self.catalogue).count("variants", row, int(level))
            return json_answer({"variant": self.world["variants"][row.key].data})

        return await self._guarded(write)(request)

    def _reading(self, act: Callable[[Request, dict[str, Any]], Response]) -> Callable[[Request], Awaitable[Response]]:
        """Let `act` have the body too."""

        async def reading(request: Request) -> Response:
            body = (await json_body(request) if request.method in ("POST", "PUT") else None) or {}
            return await self._guarded(lambda given: act(given, body))(request)

        return reading

    def _guarded(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Check key and secret, the limits and the language before `handler` answers."""

        async def guarded(request: Request) -> Response:
            if basic_credentials(request) != self._keys():
                return lists.error(request, 401, "Unauthorized")
            usages = [self.limits.look(name, self.number(name), seconds) for name, seconds in WINDOWS.items()]
            spent = [usage.resets_at for usage in usages if not usage.allowed]
            if spent:
                response = lists.error(request, 429, "Too Many Requests")
                response.headers["Retry-After"] = format_datetime(max(spent), usegmt=True)
            else:
                usages = [self.limits.take(name, self.number(name), seconds) for name, seconds in WINDOWS.items()]
                response = self._answered(handler, request)
            response.headers.update(self._counters(usages))
            return response

        return guarded

    def _answered(self, handler: Handler, request: Request) -> Response:
        if request.path_params["language"] not in str(self.set["languages"]).split(","):
            return lists.error(request, 404, "Unknown or inactive language")
        try:
            return handler(request)
        except RefusedError as refusal:
            return refusal.response

    def _counters(self, usages: list[Usage]) -> dict[str, str]:
        now = self.world.clock.now()
        parts = {
            "Limit": [usage.limit for usage in usages],
            "Remaining": [usage.remaining for usage in usages],
            "Reset": [max(0, round((usage.resets_at - now).total_seconds())) for usage in usages],
        }
        return {f"X-RateLimit-{name}": "/".join(map(str, numbers)) for name, numbers in parts.items()}

    def _list(self, root: str) -> Handler:
        ascends = bool(self.number("since_id_ascends"))
        return lambda request: lists.page(request, self.world[root], root, since_id_ascends=ascends)

    def _count(self, root: str) -> Handler:
        return lambda request: lists.count(request, self.world[root])

    def _single(self, root: str) -> Handler:
        return lambda request: json_answer({ROOTS[root]: self._row(request, root).data})

    def _order_products(self, request: Request) -> Response:
        """Answer what is in an order; right after it was placed that is not found (API page, trap 3)."""
        row = self._row(request, "order_products")
        fresh: dict[str, int] = self.world.session.setdefault("fresh", {})
        if fresh.get(row.key, self.number("not_yet")) < self.number("not_yet"):
            fresh[row.key] += 1
            self.world.session_changed = True
            return _unknown(request)
        return lists.slice_of(request, row.data["orderProducts"], "orderProducts")

    def _row(self, request: Request, collection: str) -> Row:
        row = self.world[collection].rows.get(request.path_params["id"])
        if row is None:
            raise RefusedError(_unknown(request))
        return row

    def _keys(self) -> tuple[str, str]:
        return secret(self.world.seed, "lightspeed key", 32), secret(self.world.seed, "lightspeed secret", 32)


def _unknown(request: Request) -> Response:
    return lists.error(request, 404, "Resource not found")
