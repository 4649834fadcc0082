"""Webhooks of a Picqer account: their endpoints, and what is sent when something changes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.picqer.sandbox.ordering import MISSING, NOT_FOUND, error
from connectors.picqer.sandbox.products import wall
from include.sandbox.answers import json_answer, json_body
from include.sandbox.post import Hook, Letter, Post, Sender
from include.sandbox.world import JSON, Deed, Row, World

EVENTS = frozenset(
    {
        *(f"orders.{deed}" for deed in ("created", "allocated", "closed", "paused", "resumed", "status_changed")),
        "orders.completed",
        *(f"products.{deed}" for deed in ("created", "changed", "free_stock_changed", "stock_changed")),
        "products.assembled_stock_changed",
        "products.stock_on_location_changed",
        "products.parts.changed",
        *(f"purchase_orders.{deed}" for deed in ("created", "changed", "purchased")),
        *(f"receipts.{deed}" for deed in ("created", "completed", "product_received", "product_reverted")),
        "comments.created",
        "movements.moved",
        "webshop_orders.imported",
    }
)
MINUTE = 60.0
PAGE = 100
Handler = Callable[[Request], Awaitable[Response]]


class AccountSender(Sender):
    """Repeats a letter 15 times within 17 hours; a hook with five letters that failed for good is deactivated."""

    good = (200, 201, 202)
    waits = tuple(minutes * MINUTE for minutes in (1, 2, 3, 5, 10, 15, 20, 30, 60, 60, 120, 120, 180, 180, 210))
    most_failures = 5

    def __init__(self, world: World) -> None:
        self._world = world

    @override
    def letters(self, hook: Hook, deed: Deed, collection: str, row: Row) -> Iterable[Letter]:
        if hook.topic in _events(deed, collection, row):
            yield self._letter(hook, self._data(hook.topic, row))

    def _data(self, event: str, row: Row) -> bytes:
        if event.endswith("stock_changed"):
            history = {"idproduct": row.data["idproduct"], "changed_at": wall(self._world.clock.now())}
            return b'{"product":' + row.written() + b',"product_stock_history":' + JSON.encode(history) + b"}"
        if event == "products.parts.changed":
            return self._world["products"][str(row.data["of"])].written()
        return row.written()

    def _letter(self, hook: Hook, data: bytes) -> Letter:
        head = {"idhook": int(hook.id), "name": hook.data["name"], "event": hook.topic,
                "event_triggered_at": wall(self._world.clock.now())}  # fmt: skip
        body = JSON.encode(head)[:-1] + b',"data":' + data + b"}"
        headers = {"Content-Type": "application/json", "User-Agent": "Picqer Webhooks"}
        # Without a secret nothing is signed.
        if hook.secret:
            signed = hmac.new(hook.secret.encode(), body, hashlib.sha256).digest()
            headers["X-Picqer-Signature"] = base64.b64encode(signed).decode()
        return Letter(hook.topic, headers, body)


def _events(deed: Deed, collection: str, row: Row) -> Iterator[str]:
    """Yield the events that a change of a record is."""
    if deed == "removed":
        return
    if collection == "parts":
        yield "products.parts.changed"
    if collection == "products":
        yield from (
            ("products.stock_changed", "products.free_stock_changed") if deed == "amended" else (f"products.{deed}",)
        )
    if collection == "orders":
        yield "orders.created" if deed == "created" else "orders.status_changed"
        if deed == "changed" and row.data["status"] == "completed":
            yield "orders.completed"
    if collection == "purchase_orders":
        yield "purchase_orders.created" if deed == "created" else "purchase_orders.changed"
        if deed == "changed" and row.data["status"] == "purchased":
            yield "purchase_orders.purchased"
    if collection == "receipts":
        yield "receipts.created" if deed == "created" else "receipts.product_received"
        if row.data["status"] == "completed":
            yield "receipts.completed"


class Webhooks:
    """The endpoints below /hooks: made and taken away, never changed."""

    def __init__(self, world: World, post: Post) -> None:
        self._world, self._post = world, post

    def handlers(self) -> dict[tuple[str, str], Handler]:
        """Return the handlers by method and path."""
        return {
            ("GET", "/hooks"): self._list,
            ("POST", "/hooks"): self._create,
            ("GET", "/hooks/{id}"): self._one,
            ("DELETE", "/hooks/{id}"): self._deactivate,
            ("POST", "/hooks/{id}/reactivate"): self._reactivate,
        }

    async def _list(self, request: Request) -> Response:
        start = int(request.query_params.get("offset", "0"))
        hooks = sorted(self._post.hooks.values(), key=lambda hook: int(hook.id))
        return json_answer([_shown(hook) for hook in hooks[start : start + PAGE]])

    async def _one(self, request: Request) -> Response:
        hook = self._post.hooks.get(request.path_params["id"])
        return _absent() if hook is None else json_answer(_shown(hook))

    async def _create(self, request: Request) -> Response:
        given: dict[str, Any] = await json_body(request) or {}
        wrong = [name for name in ("name", "event", "address") if not given.get(name)]
        if wrong:
            return error(MISSING, f"Missing required field: {wrong[0]}", 400)
        if given["event"] not in EVENTS:
            return error(MISSING, f"Unknown event: {given['event']}", 400)
        if urlsplit(str(given["address"])).scheme not in ("http", "https"):
            return error(MISSING, "Invalid address", 400)
        secret, number = str(given.get("secret") or ""), self._post.next_id(12)
        hook = Hook(number, str(given["event"]), str(given["address"]), secret, data={"name": str(given["name"])})
        return json_answer(_shown(self._post.register(hook)), 201)

    async def _deactivate(self, request: Request) -> Response:
        """Deactivate: the hook stays in the list."""
        return self._switch(request, active=False)

    async def _reactivate(self, request: Request) -> Response:
        return self._switch(request, active=True)

    def _switch(self, request: Request, *, active: bool) -> Response:
        hook = self._post.hooks.get(request.path_params["id"])
        if hook is None:
            return _absent()
        hook.active, hook.failures = active, 0
        return json_answer(_shown(self._post.register(hook)))


def _shown(hook: Hook) -> dict[str, Any]:
    return {"idhook": int(hook.id), "name": hook.data["name"], "event": hook.topic, "address": hook.address,
            "active": hook.active, "secret": bool(hook.secret)}  # fmt: skip


def _absent() -> Response:
    return error(NOT_FOUND, "Niet gevonden", 404)
