"""Webhooks of a WooCommerce shop: their endpoints, and what is sent when a product or an order changes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.woocommerce.sandbox.query import error
from include.sandbox.answers import json_answer, json_body
from include.sandbox.post import Hook, Letter, Post, Sender, knock
from include.sandbox.world import JSON, Deed, Row, World

RESOURCES = ("coupon", "customer", "order", "product")
EVENTS = ("created", "updated", "deleted", "restored")
STATUSES = ("active", "paused", "disabled")
PING = {"Content-Type": "application/x-www-form-urlencoded"}
Handler = Callable[[Request], Awaitable[Response]]


class ShopSender(Sender):
    """A delivery is not repeated; more than five failures in a row switch a webhook off."""

    good = range(200, 303)
    most_failures = 6

    def __init__(self, world: World) -> None:
        self._world = world

    @override
    def letters(self, hook: Hook, deed: Deed, collection: str, row: Row) -> Iterable[Letter]:
        resource = {"products": "product", "variations": "product", "orders": "order"}[collection]
        # Trashing is "deleted"; deleting for good fires nothing, and stock that an order lowers fires nothing either.
        if deed not in ("created", "changed"):
            return
        event = "created" if deed == "created" else "deleted" if row.data["status"] == "trash" else "updated"
        if hook.topic == f"{resource}.{event}":
            yield self._letter(hook, resource, event, self._body(collection, event, row))

    def _body(self, collection: str, event: str, row: Row) -> bytes:
        if event == "deleted":
            return JSON.encode({"id": row.data["id"]})
        if collection != "variations":
            return row.written()
        parent = self._world["products"][str(self._world.facts["parent_of"][row.key])].data
        return JSON.encode({"name": parent["name"], "type": "variation", "parent_id": parent["id"], **row.data})

    def _letter(self, hook: Hook, resource: str, event: str, body: bytes) -> Letter:
        second = int(self._world.clock.now().timestamp())
        signed = base64.b64encode(hmac.new(hook.secret.encode(), body, hashlib.sha256).digest()).decode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "WooCommerce/8.9.1 Hookshot (WordPress/6.5.3)",
            "X-WC-Webhook-Source": "https://shop.example/",
            "X-WC-Webhook-Topic": hook.topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signed,
            "X-WC-Webhook-ID": hook.id,
            # All deliveries of a webhook within one second share it (API page, section 8).
            "X-WC-Webhook-Delivery-ID": hashlib.md5(f"{hook.id}:{second}".encode(), usedforsecurity=False).hexdigest(),
        }
        return Letter(hook.topic, headers, body)


class Webhooks:
    """The endpoints below /webhooks."""

    def __init__(self, world: World, post: Post) -> None:
        self._world, self._post = world, post

    def handlers(self) -> dict[tuple[str, str], Handler]:
        """Return the handlers by method and path."""
        return {
            ("GET", "/webhooks"): self._list,
            ("POST", "/webhooks"): self._create,
            ("GET", "/webhooks/{id}"): self._one,
            ("PUT", "/webhooks/{id}"): self._update,
            ("DELETE", "/webhooks/{id}"): self._delete,
        }

    async def _list(self, request: Request) -> Response:
        asked = request.query_params
        size, page = int(asked.get("per_page", "10")), int(asked.get("page", "1"))
        if not 1 <= size <= 100:
            return _invalid("per_page")
        # The newest first, as all lists of the API, unless another order is asked for.
        hooks = sorted(self._post.hooks.values(), key=lambda hook: int(hook.id), reverse=asked.get("order") != "asc")
        return json_answer([_shown(hook) for hook in hooks[(page - 1) * size : page * size]])

    async def _one(self, request: Request) -> Response:
        hook = self._post.hooks.get(request.path_params["id"])
        return _absent() if hook is None else json_answer(_shown(hook))

    async def _create(self, request: Request) -> Response:
        """Save a webhook; the first save of an active one sends an unsigned ping, which must get exactly 200."""
        given: dict[str, Any] = await json_body(request) or {}
        topic, address = str(given.get("topic", "")), str(given.get("delivery_url", ""))
        if not _is_topic(topic):
            return error("woocommerce_rest_webhook_invalid_topic", "Webhook topic is required and must be valid.", 400)
        if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
            message = "Webhook delivery URL must be a valid URL starting with http:// or https://."
            return error("woocommerce_rest_webhook_invalid_delivery_url", message, 400)
        if given.get("status", "active") not in STATUSES:
            return _invalid("status")
        now = self._world.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
        data = {"name": str(given.get("name") or f"Webhook created on {now}"), "created": now, "modified": now,
                "status": given.get("status", "active")}  # fmt: skip
        secret = str(given.get("secret") or "the shop's own")
        hook = Hook(self._post.next_id(142), topic, address, secret, data["status"] == "active", data=data)
        if hook.active and await knock(address, f"webhook_id={hook.id}".encode(), PING) != 200:
            # That a ping without 200 switches off at once is inferred: the page says that it must get exactly 200.
            hook.active, data["status"] = False, "disabled"
        self._post.register(hook)
        return json_answer(_shown(hook), 201)

    async def _update(self, request: Request) -> Response:
        hook = self._post.hooks.get(request.path_params["id"])
        if hook is None:
            return _absent()
        given: dict[str, Any] = await json_body(request) or {}
        if given.get("status", "active") not in STATUSES:
            return _invalid("status")
        if "status" in given:
            hook.active, hook.failures, hook.data["status"] = given["status"] == "active", 0, given["status"]
        hook.secret = str(given.get("secret") or hook.secret)
        hook.address = str(given.get("delivery_url") or hook.address)
        hook.data["modified"] = self._world.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
        self._post.register(hook)
        return json_answer(_shown(hook))

    async def _delete(self, request: Request) -> Response:
        if request.query_params.get("force", "").lower() not in ("true", "1"):
            return error("woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.", 501)
        hook = self._post.forget(request.path_params["id"])
        return _absent() if hook is None else json_answer(_shown(hook))


def _is_topic(topic: str) -> bool:
    resource, _, event = topic.partition(".")
    return (resource in RESOURCES and event in EVENTS) or (resource == "action" and bool(event))


def _shown(hook: Hook) -> dict[str, Any]:
    """Return a webhook as the API shows it: the secret is never among it."""
    resource, _, event = hook.topic.partition(".")
    status = "active" if hook.active else hook.data["status"] if hook.data["status"] != "active" else "disabled"
    return {
        "id": int(hook.id), "name": hook.data["name"], "status": status, "topic": hook.topic, "resource": resource,
        "event": event, "hooks": [f"woocommerce_{event}_{resource}"], "delivery_url": hook.address,
        "date_created": hook.data["created"], "date_created_gmt": hook.data["created"],
        "date_modified": hook.data["modified"], "date_modified_gmt": hook.data["modified"],
    }  # fmt: skip


def _absent() -> Response:
    return error("woocommerce_rest_shop_webhook_invalid_id", "Ongeldige ID.", 404)


def _invalid(name: str) -> Response:
    return error("rest_invalid_param", f"Ongeldige parameter(s): {name}", 400)
