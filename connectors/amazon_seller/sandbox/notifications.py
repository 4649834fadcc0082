"""Notifications of the SP-API: subscriptions to a destination, behind which EventBridge calls an address with a key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.amazon_seller.sandbox.refusals import invalid, refused
from include.sandbox.answers import RefusedError, json_answer, json_body
from include.sandbox.post import Hook, Letter, Post, Sender
from include.sandbox.world import JSON, Deed, Row, World

TYPES = (
    "ORDER_CHANGE", "FBA_INVENTORY_AVAILABILITY_CHANGES", "LISTINGS_ITEM_STATUS_CHANGE",
    "LISTINGS_ITEM_MFN_QUANTITY_CHANGE", "REPORT_PROCESSING_FINISHED",
)  # fmt: skip
DESTINATION = "3acafc7e-121b-1329-8ae8-1571be663aa2"
Settings = Callable[[str], str]


class BridgeSender(Sender):
    """EventBridge repeats for a day, and may deliver twice. Where it calls, and with which key, its rule says."""

    waits = (60, 600, 3600, 6 * 3600, 12 * 3600)

    def __init__(self, world: World, seller: str, settings: Settings) -> None:
        self._world, self._seller, self._settings = world, seller, settings

    @override
    def address(self, hook: Hook) -> str:
        return self._settings("bridge_address")

    @override
    def letters(self, hook: Hook, deed: Deed, collection: str, row: Row) -> Iterable[Letter]:
        if collection != "orders" or deed not in ("created", "changed") or hook.topic != "ORDER_CHANGE":
            return
        now = self._world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        order = row.data["order"]
        change = {"NotificationLevel": "OrderLevel", "SellerId": self._seller, "AmazonOrderId": order["AmazonOrderId"],
                  "OrderChangeType": "OrderStatusChange", "Summary": {"OrderStatus": order["OrderStatus"]}}  # fmt: skip
        digest = hashlib.sha256(f"{hook.id}:{row.key}:{row.version}".encode()).hexdigest()
        number = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
        told = {"ApplicationId": "app", "SubscriptionId": hook.id, "PublishTime": now, "NotificationId": number}
        body = {"NotificationVersion": "1.0", "NotificationType": hook.topic, "PayloadVersion": "1.0", "EventTime": now,
                "Payload": {"OrderChangeNotification": change}, "NotificationMetadata": told}  # fmt: skip
        headers = {"Content-Type": "application/json", "X-Optiply-Key": self._settings("bridge_key")}
        yield Letter(hook.topic, headers, JSON.encode(body))


class Notifications:
    """The subscriptions of a seller, one per type; taking one away needs a login without a seller."""

    def __init__(self, world: World, post: Post) -> None:
        self._world, self._post = world, post

    def look(self, request: Request) -> Response:
        """Answer the subscription to a type."""
        hook = self._of(_type(request))
        return refused(404) if hook is None else json_answer({"payload": _shown(hook)})

    async def subscribe(self, request: Request) -> Response:
        """Subscribe to a type, once."""
        kind, body = _type(request), await json_body(request) or {}
        if body.get("destinationId") != DESTINATION:
            raise invalid("Invalid destinationId.")
        if self._of(kind) is not None:
            return refused(409, message="Subscription already exists.")
        digest = hashlib.sha256(f"subscription:{self._post.next_id()}".encode()).hexdigest()
        hook = Hook(digest[:32], kind, "", "", data={"destinationId": DESTINATION})
        return json_answer({"payload": _shown(self._post.register(hook))})

    async def unsubscribe(self, _request: Request) -> Response:
        """Refuse: this operation is grantless."""
        return refused(403)

    def _of(self, kind: str) -> Hook | None:
        return next((hook for hook in self._post.hooks.values() if hook.topic == kind), None)


def _type(request: Request) -> str:
    kind = str(request.path_params["type"])
    if kind not in TYPES:
        raise RefusedError(refused(400, message="Invalid notification type."))
    return kind


def _shown(hook: Hook) -> dict[str, Any]:
    return {"subscriptionId": hook.id, "payloadVersion": "1.0", "destinationId": hook.data["destinationId"]}
