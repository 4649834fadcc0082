"""Event notifications of bol.com: subscriptions, the keys they are signed with, and pointers to orders."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.bol_com.sandbox.orders import iso
from connectors.bol_com.sandbox.problems import MEDIA, bad_parameter, problem
from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.post import Hook, Letter, Post, Sender
from include.sandbox.world import JSON, Deed, Row, World

RESOURCES = (
    "PROCESS_STATUS", "SHIPMENT", "PRICE_STAR_BOUNDARY", "COMPETING_OFFER", "OFFER_FOR_SALE", "OFFER_NOT_FOR_SALE",
    "ORDER",
)  # fmt: skip
RETAILER = 1234567


class Keys:
    """The key pairs of bol.com itself; they survive a restart in the session."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._loaded: dict[str, RSAPrivateKey] = {}

    def sign(self, key_id: str, body: bytes) -> str:
        """Return the header that a delivery carries."""
        signed = base64.b64encode(self._pair(key_id).sign(body, PKCS1v15(), SHA256())).decode()
        return f'keyId={key_id}, algorithm="rsa-sha256", signature={signed}'

    def told(self, newest: int) -> list[dict[str, str]]:
        """Return the public keys up to the newest one."""
        return [
            {"id": str(number), "type": "RSA", "publicKey": self._public(str(number))} for number in range(newest + 1)
        ]

    def _public(self, key_id: str) -> str:
        der = self._pair(key_id).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def _pair(self, key_id: str) -> RSAPrivateKey:
        kept: dict[str, str] = self._world.session.setdefault("signature_keys", {})
        if key_id not in kept:
            made = generate_private_key(public_exponent=65537, key_size=2048)
            pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            kept[key_id] = pem.decode()
            self._world.session_changed = True
        if key_id not in self._loaded:
            loaded = load_pem_private_key(kept[key_id].encode(), None)
            assert isinstance(loaded, RSAPrivateKey)
            self._loaded[key_id] = loaded
        return self._loaded[key_id]


class NotificationSender(Sender):
    """Ten tries within ten minutes; a subscription whose letter failed ten times is disabled."""

    waits = (5, 10, 15, 30, 45, 60, 90, 120, 180)
    most_failures = 1

    def __init__(self, world: World, keys: Keys, key_id: Callable[[], int]) -> None:
        self._world, self._keys, self._key_id = world, keys, key_id

    @override
    def letters(self, hook: Hook, deed: Deed, collection: str, row: Row) -> Iterable[Letter]:
        if collection == "orders" and deed == "created" and "ORDER" in hook.data["resources"]:
            yield self.letter("ORDER", "ORDER_CREATED", row.key)
        # Shipping and cancelling an order are no events of ORDER.
        requested = any(item.get("cancellationRequest") for item in row.data.get("orderItems", ()))
        if collection == "orders" and deed == "changed" and requested and "ORDER" in hook.data["resources"]:
            yield self.letter("ORDER", "ORDER_ITEM_CANCELLATION_REQUEST", row.key)

    def letter(self, resource: str, kind: str, key: str) -> Letter:
        """Return a signed pointer."""
        event = {"resource": resource, "type": kind, "resourceId": key}
        body = JSON.encode({"retailerId": RETAILER, "timestamp": iso(self._world.clock.now()), "event": event})
        signed = self._keys.sign(str(self._key_id()), body)
        return Letter(resource, {"Content-Type": "application/json", "Signature": signed}, body)


class Subscriptions:
    """The endpoints below /retailer/subscriptions. A new one is in the list only after it was looked at once."""

    def __init__(self, world: World, post: Post, keys: Keys, newest_key: int) -> None:
        self._world, self._post, self._keys, self._newest_key = world, post, keys, newest_key

    def list(self, _request: Request, _body: dict[str, Any]) -> Response:
        """Answer all that are made; what is still being made is the next time."""
        made = [hook for hook in self._post.hooks.values() if not hook.data.pop("pending", False)]
        return json_answer({"subscriptions": [_shown(hook) for hook in made]}, media=MEDIA)

    def keys(self, request: Request, _body: dict[str, Any]) -> Response:
        """Answer the public keys."""
        return json_answer({"signatureKeys": self._keys.told(self._newest_key)}, media=MEDIA)

    def one(self, request: Request, _body: dict[str, Any]) -> Response:
        """Answer one."""
        return json_answer(_shown(self._hook(request)), media=MEDIA)

    def create(self, request: Request, body: dict[str, Any]) -> Response:
        """Begin to make one; the answer is a process."""
        _check(request, body)
        number = self._post.next_id()
        data = {"resources": body["resources"], "pending": True}
        hook = Hook(number, str(body["resources"][0]), str(body["url"]), "", bool(body.get("enabled", True)), data=data)
        self._post.register(hook)
        return self._process("CREATE_SUBSCRIPTION")

    def update(self, request: Request, body: dict[str, Any]) -> Response:
        """Replace one."""
        _check(request, body)
        hook = self._hook(request)
        hook.topic, hook.data["resources"] = str(body["resources"][0]), body["resources"]
        hook.address, hook.active, hook.failures = str(body["url"]), bool(body.get("enabled", True)), 0
        self._post.register(hook)
        return self._process("UPDATE_SUBSCRIPTION")

    def delete(self, request: Request, _body: dict[str, Any]) -> Response:
        """Take one away."""
        self._post.forget(self._hook(request).id)
        return self._process("DELETE_SUBSCRIPTION")

    def test(self, request: Request, _body: dict[str, Any]) -> Response:
        """Send a test notification; what the real one holds is unverified."""
        hook, sender = self._hook(request), self._post.sender
        assert isinstance(sender, NotificationSender)
        self._post.post(hook, sender.letter("PROCESS_STATUS", "SUCCESS", "1"), "test")
        return self._process("SEND_SUBSCRIPTION_TST_MSG")

    def _hook(self, request: Request) -> Hook:
        hook = self._post.hooks.get(request.path_params["id"])
        if hook is None:
            raise RefusedError(problem(404, "No subscription found for this id.", request.url.path))
        return hook

    def _process(self, kind: str) -> Response:
        number = self._world.next_number("process", 1234567)
        body: dict[str, Any] = {"processStatusId": str(number), "entityId": None, "eventType": kind}
        body |= {"description": kind, "status": "PENDING", "errorMessage": None, "links": []}
        body["createTimestamp"] = iso(self._world.clock.now())
        return json_answer(body, 202, media=MEDIA)


def _check(request: Request, body: dict[str, Any]) -> None:
    path, resources = request.url.path, body.get("resources")
    if not isinstance(resources, list) or not resources or not set(map(str, resources)) <= set(RESOURCES):
        raise bad_parameter(path, "resources", "must name known resources")
    if body.get("subscriptionType") not in ("WEBHOOK", "GCP_PUBSUB", "AWS_SQS"):
        raise bad_parameter(path, "subscriptionType", "must be a known type")
    if urlsplit(str(body.get("url"))).scheme not in ("http", "https"):
        raise bad_parameter(path, "url", "must be an address")


def _shown(hook: Hook) -> dict[str, Any]:
    return {"id": hook.id, "resources": hook.data["resources"], "url": hook.address, "subscriptionType": "WEBHOOK",
            "enabled": hook.active}  # fmt: skip
