"""The webhooks module of Adobe Commerce: subscriptions to methods of the shop, and the fields that they chose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.magento.sandbox.errors import error
from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.post import Hook, Letter, Post, Sender
from include.sandbox.world import JSON, Deed, Row

PLACED = "observer.sales_order_place_after"
_NEEDED = ("webhook_method", "webhook_type", "batch_name", "hook_name", "url")


class CommerceSender(Sender):
    """Calls while the shopper waits: once, and only 200 is an answer."""

    good = (200,)
    patience = 2.0

    @override
    def letters(self, hook: Hook, deed: Deed, collection: str, row: Row) -> Iterable[Letter]:
        if collection == "orders" and deed == "created" and hook.topic == PLACED:
            chosen = {each["name"]: _at(row, each["source"]) for each in hook.data["fields"]}
            headers = {each["name"]: each["value"] for each in hook.data["headers"]}
            yield Letter(hook.topic, {"Content-Type": "application/json", **headers}, JSON.encode(chosen))


def _at(row: Row, source: str) -> Any:
    """Return a field of the order that a subscription names as data.order.<field>."""
    return row.data.get(source.removeprefix("data.order."))


class Webhooks:
    """The endpoints below /V1/webhooks; a subscription is known by its batch and name."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def list(self, _request: Request, _body: dict[str, Any]) -> Response:
        """Answer all of them."""
        return json_answer([_shown(hook) for hook in self._post.hooks.values()])

    def subscribe(self, _request: Request, body: dict[str, Any]) -> Response:
        """Make one, or replace the one of that name."""
        given = _given(body)
        missing = [name for name in _NEEDED if not given.get(name)]
        if missing:
            raise RefusedError(error('"%fieldName" is required.', 400, fieldName=missing[0]))
        if urlsplit(str(given["url"])).scheme not in ("http", "https") or not given.get("fields"):
            raise RefusedError(error('"%fieldName" is not valid.', 400, fieldName="url"))
        name, method, address = str(given["hook_name"]), str(given["webhook_method"]), str(given["url"])
        data = {key: given.get(key, []) for key in ("fields", "headers", "webhook_type", "batch_name")}
        self._post.register(Hook(name, method, address, "", data=data))
        return json_answer([])

    def unsubscribe(self, _request: Request, body: dict[str, Any]) -> Response:
        """Take one away."""
        if self._post.forget(str(_given(body).get("hook_name"))) is None:
            raise RefusedError(error("No such entity with %fieldName", 404, fieldName="hook_name"))
        return json_answer([])


def _given(body: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = body.get("webhook") or {}
    return given


def _shown(hook: Hook) -> dict[str, Any]:
    return {"hook_name": hook.id, "webhook_method": hook.topic, "url": hook.address, "fields": hook.data["fields"],
            "webhook_type": hook.data["webhook_type"], "batch_name": hook.data["batch_name"]}  # fmt: skip
