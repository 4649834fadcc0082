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
            self._settle()
            await _answer(send, head, body)
            return
        write = self._remote.is_write(scope["method"], scope["path"])
        fault = self._fault(scope, write)
        if fault is not None and (fault.kind in ("lost", "late") or (fault.kind == "cut" and fault.after)):
            await self._unanswered(fault, scope, receive, send, write)
            return
        time = self._remote.world.clock.now().isoformat()
        head, body, answered = await self._handle(fault, scope, receive)
        self._settle()
        cut = fault is not None and fault.kind == "cut"
        status, kind = None if cut else head["status"], fault.kind if fault else None
        self._journal.note(scope, status, time, kind, write=write, answered=answered)
        if fault is not None and fault.kind == "slow" and fault.after:
            await asyncio.sleep(fault.seconds)
        if cut:
            # Half of the promised bytes, then the server closes the connection: the client sees an incomplete body.
            await send(head)
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            return
        await _answer(send, head, body)

    async def _unanswered(self, fault: Fault, scope: Scope, receive: Receive, send: Send, write: bool) -> None:
        """Close the connection without a byte; what the API does with the request depends on the kind of fault."""
        replayed = await _read(receive)
        time = self._remote.world.clock.now().isoformat()
        entry = self._journal.note(scope, None, time, fault.kind, write=write, answered=None)
        if fault.kind == "cut":
            await self._carry_out(scope, replayed, entry)
        await _hang_up(send, receive)
        if fault.kind == "late":
            await asyncio.sleep(fault.seconds)
            await self._carry_out(scope, replayed, entry)

    async def _carry_out(self, scope: Scope, receive: Receive, entry: dict[str, Any]) -> None:
        head, _ = await _collect(self._app, scope, receive)
        self._settle()
        entry["answered"] = head["status"]

    def _settle(self) -> None:
        """Send letters about what the request changed, and save it."""
        self._remote.post.flush()
        self._store.save(self._remote.world)

    def _fault(self, scope: Scope, write: bool) -> Fault | None:
        target = scope["path"] + "?" + scope["query_string"].decode("latin-1")
        return next((fault for fault in self._faults if fault.hits(scope["method"], target, write=write)), None)

    async def _handle(self, fault: Fault | None, scope: Scope, receive: Receive) -> tuple[Message, bytes, int | None]:
        """Return head and body of the answer, and the status that the API itself gave, None where it was not asked."""
        if fault is None:
            head, body = await _collect(self._app, scope, receive)
            return head, body, head["status"]
        # A client that loses patience takes its body along.
        receive = await _read(receive)
        answer = instead(fault, self._remote)
        if answer is not None:
            own = (await _collect(self._app, scope, receive))[0]["status"] if fault.after else None
            return *await _collect(answer, scope, receive), own
        if fault.kind == "slow" and not fault.after:
            await asyncio.sleep(fault.seconds)
        if fault.kind == "expired_token":
            self._remote.tokens.expire_all()
        if fault.kind == "repeat_next" and self._remote.page_parameter:
            scope = _previous_page(scope, self._remote.page_parameter)
        head, body = await _collect(self._app, scope, receive)
        own = head["status"]
        if 200 <= own < 300 and fault.kind in ("truncate", "empty_page", "repeat_next", "bad_record"):
            body = spoil(fault, self._remote, body, _url(scope))
            head["headers"] = _with_length(head["headers"], len(body))
        if 200 <= own < 300 and fault.kind == "change":
            # The answer is made already: what changes now changes between this page and the next.
            apply_change(self._remote, fault.change)
        return head, body, own


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


async def _read(receive: Receive) -> Receive:
    """Read the whole request, so that it can be carried out after its connection is gone."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _hang_up(send: Send, receive: Receive) -> None:
    """Close the connection. ASGI has no word for it, so this takes the transport of uvicorn's request cycle."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass


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
