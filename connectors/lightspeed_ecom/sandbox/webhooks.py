"""Webhooks of a Lightspeed eCom shop: their endpoints, and the record in its envelope when something changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.lightspeed_ecom.sandbox import lists
from connectors.lightspeed_ecom.sandbox.wire import iso
from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.post import Hook, Letter, Post, Sender
from include.sandbox.world import JSON, Deed, Row, World

ACTIONS = {
    "orders": ("created", "updated", "shipped"),
    "products": ("created", "updated", "deleted"),
    "customers": ("created", "updated"),
    "invoices": ("created", "updated"),
    "shipments": ("created", "updated"),
}
_ENVELOPES = {"orders": "order", "products": "product"}


class ShopSender(Sender):
    """Whether the real one repeats a delivery is unverified; this one does not, and switches nothing off."""

    def __init__(self, world: World) -> None:
        self._world = world

    @override
    def letters(self, hook: Hook, deed: Deed, collection: str, row: Row) -> Iterable[Letter]:
        # What is in an order is written beside it; whether a variant's change tells of its product is unverified.
        if collection in _ENVELOPES and hook.topic in _topics(deed, collection, row):
            yield self._letter(hook, deed, collection, row)

    def _letter(self, hook: Hook, deed: Deed, collection: str, row: Row) -> Letter:
        headers = {"Content-Type": "application/json", "X-Event": hook.topic, "X-Shop-Id": "4321",
                   "X-Language": "nl", "X-Cluster-Id": "eu1"}  # fmt: skip
        body = b""
        if deed == "removed":
            headers[f"X-{_ENVELOPES[collection].title()}-Id"] = row.key
        else:
            body = JSON.encode({_ENVELOPES[collection]: {**row.data, **self._embedded(collection, row)}})
        # Not an HMAC: the secret stands behind the body.
        headers["X-Signature"] = hashlib.md5(body + hook.secret.encode(), usedforsecurity=False).hexdigest()
        return Letter(hook.topic, headers, body)

    def _embedded(self, collection: str, row: Row) -> dict[str, Any]:
        inside = self._world["order_products"].rows.get(row.key) if collection == "orders" else None
        return {"products": {"embedded": inside.data["orderProducts"]}} if inside is not None else {}


def _topics(deed: Deed, collection: str, row: Row) -> Iterable[str]:
    if deed in ("created", "changed"):
        yield f"{collection}/{'created' if deed == 'created' else 'updated'}"
        if collection == "orders" and deed == "changed" and row.data.get("shipmentStatus") == "shipped":
            yield "orders/shipped"
    if deed == "removed" and collection == "products":
        yield "products/deleted"


class Webhooks:
    """The endpoints below /webhooks; handlers take the body that came."""

    def __init__(self, world: World, post: Post, hidden: str) -> None:
        self._world, self._post, self._hidden = world, post, hidden

    def list(self, request: Request, _body: dict[str, Any]) -> Response:
        """Answer those behind `since_id`, at most `limit`."""
        since, limit = (int(request.query_params.get(name, given)) for name, given in (("since_id", 0), ("limit", 50)))
        hooks = sorted(self._post.hooks.values(), key=lambda hook: int(hook.id))
        return json_answer({"webhooks": [_shown(hook) for hook in hooks if int(hook.id) > since][:limit]})

    def create(self, request: Request, body: dict[str, Any]) -> Response:
        """Make one; refuses unknown groups, actions, formats and addresses."""
        given: dict[str, Any] = body.get("webhook") or {}
        group, action = str(given.get("itemGroup")), str(given.get("itemAction"))
        if action not in ACTIONS.get(group, ()):
            raise RefusedError(lists.error(request, 400, "Invalid itemGroup or itemAction"))
        if given.get("format") not in ("json", "xml") or urlsplit(str(given.get("address"))).scheme not in (
            "http",
            "https",
        ):
            raise RefusedError(lists.error(request, 400, "Invalid format or address"))
        now = iso(self._world.clock.now())
        data = {"language": given.get("language"), "createdAt": now, "updatedAt": now}
        hook = Hook(self._post.next_id(321), f"{group}/{action}", str(given["address"]), self._hidden,
                    bool(given.get("isActive", True)), data=data)  # fmt: skip
        return json_answer({"webhook": _shown(self._post.register(hook))}, 201)

    def update(self, request: Request, body: dict[str, Any]) -> Response:
        """Switch one on or off."""
        hook = self._one(request)
        given: dict[str, Any] = body.get("webhook") or {}
        hook.active, hook.data["updatedAt"] = bool(given.get("isActive", hook.active)), iso(self._world.clock.now())
        return json_answer({"webhook": _shown(self._post.register(hook))})

    def delete(self, request: Request, _body: dict[str, Any]) -> Response:
        """Take one away."""
        self._post.forget(self._one(request).id)
        return Response(None, 204)

    def _one(self, request: Request) -> Hook:
        hook = self._post.hooks.get(request.path_params["id"])
        if hook is None:
            raise RefusedError(lists.error(request, 404, "Resource not found"))
        return hook


def _shown(hook: Hook) -> dict[str, Any]:
    group, _, action = hook.topic.partition("/")
    return {"id": int(hook.id), "createdAt": hook.data["createdAt"], "updatedAt": hook.data["updatedAt"],
            "isActive": hook.active, "itemGroup": group, "itemAction": action, "language": hook.data["language"],
            "format": "json", "address": hook.address}  # fmt: skip
