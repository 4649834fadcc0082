"""The gate in front of an imitated API: faults, the journal, and saving before the answer leaves."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from include.sandbox.admin import apply_change
from include.sandbox.faults import Fault, instead, spoil
from include.sandbox.journal import Journal
from include.sandbox.remote import Remote
from include.sandbox.store import Store

ADMIN = "/__sandbox/"


class Gate:
    """An ASGI application around `app`; the admin API passes without faults and without a journal entry."""

    def __init__(self, app: ASGIApp, remote: Remote, store: Store, journal: Journal, faults: list[Fault]) -> None:
        self._app, self._remote, self._store = app, remote, store
        self._journal, self._faults = journal, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith(ADMIN):
            head, body = await _collect(self._app, scope, receive)
            self._store.save(self._remote.world)
            await _answer(send, head, body)
            return
        time = self._remote.world.clock.now().isoformat()
        fault = self._fault(scope)
        head, body = await self._handle(fault, scope, receive)
        self._store.save(self._remote.world)
        cut = fault is not None and fault.kind == "cut"
        self._journal.note(scope, None if cut else head["status"], time, fault.kind if fault else None)
        if cut:
            # Half of the promised bytes, then the server closes the connection: the client sees an incomplete body.
            await send(head)
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            return
        await _answer(send, head, body)

    def _fault(self, scope: Scope) -> Fault | None:
        target = scope["path"] + "?" + scope["query_string"].decode("latin-1")
        return next((fault for fault in self._faults if fault.hits(target)), None)

    async def _handle(self, fault: Fault | None, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        if fault is None:
            return await _collect(self._app, scope, receive)
        answer = instead(fault, self._remote)
        if answer is not None:
            return await _collect(answer, scope, receive)
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault.kind == "expired_token":
            self._remote.tokens.expire_all()
        if fault.kind == "repeat_next" and self._remote.page_parameter:
            scope = _previous_page(scope, self._remote.page_parameter)
        head, body = await _collect(self._app, scope, receive)
        if head["status"] == 200 and fault.kind in ("truncate", "empty_page", "repeat_next", "bad_record"):
            body = spoil(fault, self._remote, body, _url(scope))
            head["headers"] = _with_length(head["headers"], len(body))
        if head["status"] == 200 and fault.kind == "change":
            # The answer is made already: what changes now changes between this page and the next.
            apply_change(self._remote, fault.change)
        return head, body


async def _collect(app: ASGIApp | Response, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """Run the application and return its whole answer instead of sending it."""
    head: dict[str, Any] = {}
    chunks: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            head.update(message)
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, keep)
    return head, b"".join(chunks)


async def _answer(send: Send, head: Message, body: bytes) -> None:
    await send(head)
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _with_length(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return [*kept, (b"content-length", str(length).encode())]


def _previous_page(scope: Scope, parameter: str) -> Scope:
    """Ask for the page before: its records come again, and its next link points to the page just asked for."""
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    # Some APIs take both a number and an offset.
    parameter = parameter if parameter in query else "page"
    by_number = parameter == "page"
    place, step = int(query.get(parameter, "1")), 1 if by_number else int(query.get("per_page", "100"))
    query[parameter] = str(max(int(by_number), place - step))
    return {**scope, "query_string": urlencode(query).encode()}


def _url(scope: Scope) -> str:
    host = dict(scope["headers"]).get(b"host", b"").decode()
    return f"{scope['scheme']}://{host}{scope['path']}?{scope['query_string'].decode('latin-1')}"
