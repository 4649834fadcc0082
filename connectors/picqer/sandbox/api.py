"""The routes of the Picqer API v1 that a coupling uses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.picqer.sandbox.account import Account
from connectors.picqer.sandbox.handling import Handling
from connectors.picqer.sandbox.ordering import NOT_FOUND, Desk, error
from connectors.picqer.sandbox.webhooks import AccountSender, Webhooks
from include.sandbox.answers import RefusedError, array, basic_credentials, json_answer
from include.sandbox.remote import Change, Remote
from include.sandbox.tokens import secret
from include.sandbox.world import JSON, Collection, Record, Row

ROOT = "/api/v1"
PAGE = 100
RATE_LIMIT, NO_RIGHT = 28, 31
Handler = Callable[[Request], Awaitable[Response]]


class Picqer(Remote):
    """A Picqer account. `account` fulfilment = the key of a client of Picqer Fulfilment.

    `demand` = the name of a field that the account wants on each new purchase order, and that the API has no word for.
    """

    settings: ClassVar[Mapping[str, int | str]] = {"per_minute": 500, "account": "normal", "demand": ""}
    tested_with: ClassVar[Mapping[str, int | str]] = {"per_minute": 10**6}
    id_fields = ("idproduct", "idorder", "idpurchaseorder", "idreceipt", "idsupplier")
    page_parameter = "offset"

    @override
    def build(self) -> None:
        self._account().build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return self._account().changes()

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        return {"conn_type": "http", "host": base_url, "login": "", "password": self._key(), "extra": {}}

    @override
    def refusal(self, status: int) -> Response:
        return error(RATE_LIMIT if status == 429 else 1, "Er is iets misgegaan", status)

    @override
    def router(self) -> APIRouter:
        handlers: dict[str, Handler] = {
            "/suppliers": self._suppliers,
            "/suppliers/{key}": self._single("suppliers"),
            "/products": self._products,
            "/products/{key}": self._single("products"),
            "/products/{key}/parts": self._parts,
            "/orders": self._orders,
            "/orders/{key}": self._single("orders"),
            "/purchaseorders": self._changed("purchase_orders"),
            "/purchaseorders/{key}": self._single("purchase_orders"),
            "/receipts": self._changed("receipts"),
            "/receipts/{key}": self._single("receipts"),
            "/warehouses": self._warehouses,
        }
        router = APIRouter()
        for path, handler in handlers.items():
            router.add_route(ROOT + path, self._guarded(handler), ["GET"])
        for method, path in self._desk().handlers():
            router.add_route(ROOT + path, self._guarded(self._write(method, path)), [method])
        for (method, path), act in Webhooks(self.world, self.post).handlers().items():
            router.add_route(ROOT + path, self._guarded(act), [method])
        router.add_route(ROOT + "/{rest:path}", self._guarded(self._nothing), ["GET", "POST", "PUT", "DELETE"])
        return router

    @override
    def sender(self) -> AccountSender:
        return AccountSender(self.world)

    @override
    def purchases(self) -> Handling:
        return Handling(self._account().dock)

    def _desk(self) -> Desk:
        return Desk(self.purchases(), str(self.set["demand"]))

    def _write(self, method: str, path: str) -> Handler:
        async def write(request: Request) -> Response:
            return await self._desk().handlers()[method, path](request)

        return write

    def _account(self) -> Account:
        return Account(self.world, self.catalogue, fulfilment=self.set["account"] == "fulfilment")

    def _key(self) -> str:
        return secret(self.world.seed, "api key")

    def _guarded(self, handler: Handler) -> Handler:
        """Check the key and the limit; tell with each answer what is left of it."""

        async def guarded(request: Request) -> Response:
            given = basic_credentials(request)
            if given is None or given[0] != self._key():
                return json_answer({"error": True, "errormessage": "Invalid API key"}, 401)
            usage = self.limits.take("minute", self.number("per_minute"), 60)
            try:
                if usage.allowed:
                    answer = await handler(request)
                else:
                    answer = error(RATE_LIMIT, "Rate limit exceeded", 429)
            except RefusedError as refusal:
                answer = refusal.response
            answer.headers["X-RateLimit-Remaining"] = str(usage.remaining)
            return answer

        return guarded

    async def _suppliers(self, request: Request) -> Response:
        if self.set["account"] == "fulfilment":
            return error(NO_RIGHT, "Je hebt geen rechten voor deze functie", 403)
        return _page(request, self.world["suppliers"], "all", None)

    async def _products(self, request: Request) -> Response:
        """List the active products or, if asked, the inactive ones, never both."""
        asked = request.query_params
        active = asked.get("inactive", "false").lower() not in ("true", "1")
        exact = {name: asked[name] for name in ("productcode", "type", "idsupplier") if name in asked}
        ids = set(filter(None, asked.get("idproducts", "").split(",")))

        def where(row: Row) -> bool:
            data = row.data
            fits = all(str(data[name]) == value for name, value in exact.items())
            return data["active"] is active and fits and (not ids or row.key in ids)

        return _page(request, self.world["products"], (active, *exact.items(), *sorted(ids)), where)

    async def _parts(self, request: Request) -> Response:
        """Answer the parts; error 20 for a product without any."""
        rows = self._account().parts_of(request.path_params["key"])
        if not rows:
            return _not_found()
        if _offset(request):
            return json_answer(b"[]")
        return json_answer(array(row.written("part", _part) for row in rows))

    async def _orders(self, request: Request) -> Response:
        """List the orders that were created since; nothing here tells which ones changed."""
        asked = request.query_params
        since, status = asked.get("sincedate", ""), asked.get("status")
        first, last = int(asked.get("sinceid", "0")), int(asked.get("beforeid", "0"))

        def where(row: Row) -> bool:
            data = row.data
            inside = data["idorder"] > first and (not last or data["idorder"] < last)
            return data["created"] >= since and inside and status in (None, data["status"])

        return _page(request, self.world["orders"], (since, first, last, status), where)

    def _changed(self, name: str) -> Handler:
        async def listing(request: Request) -> Response:
            after = request.query_params.get("updated_after", "")
            return _page(request, self.world[name], after, lambda row: str(row.data["updated"]) >= after)

        return listing

    def _single(self, name: str) -> Handler:
        async def single(request: Request) -> Response:
            if name == "suppliers" and self.set["account"] == "fulfilment":
                return error(NO_RIGHT, "Je hebt geen rechten voor deze functie", 403)
            row = self.world[name].rows.get(request.path_params["key"])
            return _not_found() if row is None else json_answer(row.written())

        return single

    async def _warehouses(self, request: Request) -> Response:
        return _page(request, self.world["warehouses"], "all", None)

    async def _nothing(self, _request: Request) -> Response:
        return _not_found()


def _not_found() -> Response:
    return error(NOT_FOUND, "Niet gevonden", 404)


def _offset(request: Request) -> int:
    text = request.query_params.get("offset", "0")
    return int(text) if text.isdigit() else 0


def _page(request: Request, rows: Collection, name: Any, where: Callable[[Row], bool] | None) -> Response:
    """Answer a bare array of 100 at most, the newest first: a new row shifts all others."""
    found = rows.view(name, where, lambda row: int(row.key), descending=True)
    start = _offset(request)
    return json_answer(array(row.written() for row in found[start : start + PAGE]))


def _part(data: Record) -> bytes:
    """Return a part as the API writes it: it does not name the product that it is a part of."""
    return JSON.encode({name: value for name, value in data.items() if name != "of"})
