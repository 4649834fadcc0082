"""One webhook: known address, allowed rate and size, right signature, stored; and only then accepted."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from include.receiver.limits import Buckets, Limits
from include.receiver.metrics import Metrics
from include.receiver.store import NotStored, Store
from include.warehouse.inbox import Arrived

log = logging.getLogger(__name__)
RETRY_SECONDS = "5"


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """An address of a coupling, with what its system says about events."""

    coupling_id: int
    coupling: str
    has_secret: bool
    is_ping: Callable[[Mapping[str, str], bytes], bool]
    verify: Callable[[Mapping[str, str], bytes], bool]
    read: Callable[[Mapping[str, str], bytes], Arrived | None]
    """None = about something that nobody asked for. Raises ValueError for an event that nobody can read."""
    status: int = 200
    answer: bytes = b""


class Unavailable(Exception):  # noqa: N818 - a signal between two functions of the receiver
    """Whether the address exists cannot be said now."""


class Endpoints(Protocol):
    """The addresses that there are."""

    async def find(self, token: str) -> Endpoint | None:
        """Return the endpoint of an address, None where there is none. Raises Unavailable."""


@dataclasses.dataclass(frozen=True)
class Refused(Exception):  # noqa: N818 - a signal between two functions of the receiver
    """The request is not accepted; `reason` is counted, `headers` tell the sender more."""

    status: int
    reason: str
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Intake:
    """Takes webhooks in."""

    def __init__(self, endpoints: Endpoints, store: Store, limits: Limits, metrics: Metrics) -> None:
        self._endpoints, self._store, self._limits, self._metrics = endpoints, store, limits, metrics
        self._buckets = Buckets(limits.rate)

    async def answer(self, request: Request) -> Response:
        """Answer one request: in the remote's words once the event is committed, with 4xx or 5xx otherwise."""
        began = time.perf_counter()
        try:
            endpoint = await self._endpoint(request.path_params["token"])
            body = await self._body(request)
            if not endpoint.is_ping(request.headers, body):
                await self._take(endpoint, request.headers, body)
                self._metrics.took(time.perf_counter() - began)
        except Refused as refused:
            self._metrics.refused[refused.reason] += 1
            return Response(status_code=refused.status, headers=dict(refused.headers))
        return Response(endpoint.answer, endpoint.status, media_type="application/json" if endpoint.answer else None)

    async def _endpoint(self, token: str) -> Endpoint:
        try:
            endpoint = await self._endpoints.find(token)
        except Unavailable:
            raise Refused(503, "unavailable", {"Retry-After": RETRY_SECONDS}) from None
        if endpoint is None:
            raise Refused(404, "unknown address")
        wait = self._buckets.take(endpoint.coupling_id)
        if wait:
            raise Refused(429, "too fast", {"Retry-After": str(math.ceil(wait))})
        return endpoint

    async def _body(self, request: Request) -> bytes:
        most = self._limits.body_bytes
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > most:
            raise Refused(413, "too large", {"Connection": "close"})
        parts, size = [], 0
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                async for part in request.stream():
                    parts.append(part)
                    size += len(part)
                    if size > most:
                        raise Refused(413, "too large", {"Connection": "close"})
        except TimeoutError:
            raise Refused(408, "too slow", {"Connection": "close"}) from None
        except ClientDisconnect:
            raise Refused(400, "cut off") from None
        return b"".join(parts)

    async def _take(self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> None:
        if not endpoint.has_secret:
            raise Refused(403, "no secret")
        if not endpoint.verify(headers, body):
            raise Refused(401, "wrong signature")
        event = _readable(endpoint, headers, body)
        if event is None:
            self._metrics.refused["not asked for"] += 1
            return
        try:
            is_new = await self._store.keep(event)
        except NotStored:
            raise Refused(503, "not stored", {"Retry-After": RETRY_SECONDS}) from None
        (self._metrics.accepted if is_new else self._metrics.repeated)[endpoint.coupling] += 1


def _readable(endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> Arrived | None:
    """Return the event, None for one that nobody asked for.

    One that is signed and that nobody can read is kept as poison, where a person sees it.
    """
    try:
        event = endpoint.read(headers, body)
    except ValueError as error:
        log.warning("An event of %s cannot be read: %s", endpoint.coupling, error)
        dedup = hashlib.sha256(body).digest()
        return Arrived(endpoint.coupling_id, "", dedup, body, state="poison", reason=f"cannot be read: {error}")
    texts = (event.topic, event.remote_id) if event else ()
    if event and any(text is not None and "\x00" in text for text in texts):
        reason = "holds a character that PostgreSQL cannot store"
        return Arrived(endpoint.coupling_id, "", event.dedup, body, state="poison", reason=reason)
    return event
