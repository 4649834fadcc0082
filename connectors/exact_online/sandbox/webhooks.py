"""Webhooks of Exact Online: subscriptions of one division, and pointers to what changed."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response
from typing_extensions import override

from include.sandbox.answers import json_answer
from include.sandbox.post import Hook, Letter, Post, Sender, knock
from include.sandbox.tokens import secret
from include.sandbox.world import JSON, Deed, Row, World

PATH = "webhooks/WebhookSubscriptions"
TOPICS = (
    "Accounts", "Items", "StockPositions", "SalesOrders", "SalesInvoices", "PurchaseOrders", "GoodsDeliveries",
    "FinancialTransactions", "Documents", "Quotations",
)  # fmt: skip
# Collection -> topic, the field with the key of what changed, and its endpoint.
_ABOUT = {
    "accounts": ("Accounts", "ID", "crm/Accounts"),
    "items": ("Items", "ID", "logistics/Items"),
    "stock_positions": ("StockPositions", "ID", "inventory/StockPositions"),
    "orders": ("SalesOrders", "OrderID", "salesorder/SalesOrders"),
    "order_lines": ("SalesOrders", "OrderID", "salesorder/SalesOrders"),
    "invoices": ("SalesInvoices", "InvoiceID", "salesinvoice/SalesInvoices"),
    "purchases": ("PurchaseOrders", "PurchaseOrderID", "purchaseorder/PurchaseOrders"),
}
_ACTIONS: dict[Deed, str] = {"created": "Create", "changed": "Update", "removed": "Delete"}
_GUID = re.compile(rf"{PATH.partition('/')[2]}\(guid'([0-9a-f-]{{36}})'\)")


def app_secret(seed: int) -> str:
    """Return the webhook secret of the registered app, one for all its customers."""
    return secret(seed, "exact webhook secret", 32)


class DivisionSender(Sender):
    """Ten tries, 2^n minutes apart. What happens to a subscription after them is unverified: it stays."""

    waits = tuple(60.0 * 2**attempt for attempt in range(1, 10))

    def __init__(self, world: World, division: int) -> None:
        self._world, self._division = world, division

    @override
    def letters(self, hook: Hook, deed: Deed, collection: str, row: Row) -> Iterable[Letter]:
        topic, field, endpoint = _ABOUT.get(collection, ("", "", ""))
        if topic != hook.topic or deed not in _ACTIONS:
            return
        key, part = str(row.data[field]), field != "ID" and collection not in ("orders",)
        # A line that comes or goes changes its order.
        action = "Update" if part else _ACTIONS[deed]
        content = JSON.encode(
            {
                "Topic": topic,
                "ClientId": secret(self._world.seed, "exact client id", 32),
                "Division": self._division,
                "Action": action,
                "Key": key,
                "ExactOnlineEndpoint": f"https://start.exactonline.nl/api/v1/{self._division}/{endpoint}(guid'{key}')",
                "EventCreatedOn": self._world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
            }
        )
        signed = hmac.new(hook.secret.encode(), content, hashlib.sha256).hexdigest().upper()
        body = b'{"Content":' + content + b',"HashCode":"' + signed.encode() + b'"}'
        yield Letter(topic, {"Content-Type": "application/json"}, body, once=key)


class Subscriptions:
    """What is subscribed in a division; `domain` is the one of the app's redirect URI, empty = any."""

    def __init__(self, world: World, post: Post, domain: str) -> None:
        self._world, self._post, self._domain = world, post, domain

    def list(self) -> Response:
        """Answer all of them."""
        return json_answer({"d": {"results": [_shown(hook) for hook in self._post.hooks.values()]}})

    async def refusal(self, body: dict[str, Any]) -> str | None:
        """Say what is wrong with a new subscription; its address is asked with an empty body and has to say 200."""
        address = str(body.get("CallbackURL", ""))
        if body.get("Topic") not in TOPICS:
            return "Topic is not valid."
        if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
            return "CallbackURL is not valid."
        if self._domain and urlsplit(address).hostname != self._domain:
            return "CallbackURL must be on the domain of the app's redirect URI."
        if await knock(address) not in (200, 201):
            return "The callback URL did not answer."
        return None

    def create(self, body: dict[str, Any]) -> Response | None:
        """Subscribe; None where this topic is subscribed in the division already, by whatever address."""
        topic = str(body["Topic"])
        if any(hook.topic == topic for hook in self._post.hooks.values()):
            return None
        digest = hashlib.sha256(f"hook:{self._post.next_id()}".encode()).hexdigest()
        guid = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
        data = {"Description": str(body.get("Description", ""))}
        hook = Hook(guid, topic, str(body["CallbackURL"]), app_secret(self._world.seed), data=data)
        return json_answer({"d": _shown(self._post.register(hook))}, 201)

    def delete(self, target: str) -> Response | None:
        """Unsubscribe; None where there is no such subscription."""
        match = _GUID.fullmatch(target)
        gone = self._post.forget(match[1]) if match else None
        return None if gone is None else Response(None, 204)


def _shown(hook: Hook) -> dict[str, Any]:
    return {"ID": hook.id, "Topic": hook.topic, "CallbackURL": hook.address,
            "Description": hook.data["Description"], "UserID": "5d1c0b6e-0000-4000-8000-000000000001"}  # fmt: skip
