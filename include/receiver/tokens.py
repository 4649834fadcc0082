"""Who may use /v1: each route asks for a token before it reads anything of the request, and answers in one form."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from include.contract.errors import Misconfigured, SyncError, WarehouseDown
from include.receiver.described import Fault, Faults
from include.sync.place import OrderRefused
from include.warehouse import api_tokens
from include.warehouse.api_tokens import Grant
from include.warehouse.connection import Connect, warehouse_faults

log = logging.getLogger(__name__)
_MOST_BYTES = 1_000_000
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "10"}}
NO_JSON = Fault(field="body", message="is no JSON", next_step="Send a JSON object.")


class Denied(Exception):  # noqa: N818 - an answer, raised where it is found out
    """The request is answered with this status."""

    def __init__(self, status: int, message: str, next_step: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.fault = Fault(field=field, message=message, next_step=next_step)


class GuardedRoute(APIRoute):
    """A route that opens with a token only: without one nothing of the body is read, however wrong it is."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler behind the check of the token."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                request.state.grant = await asyncio.to_thread(_grant, request)
                _refuse_large(request)
                return await handle(request)
            except HTTPException:
                # The framework found the body to be no text in UTF-8, or numbers and brackets without end in it.
                return _answer(422, [NO_JSON])
            except (Denied, RequestValidationError, SyncError) as error:
                return _answer_of(error)

        return guarded


def allow(request: Request, scope: str, webshop: str | None = None) -> None:
    """Raise Denied (403) unless the request's token has the scope, and opens the webshop where one is named."""
    grant: Grant = request.state.grant
    if scope not in grant.scopes:
        raise Denied(403, f"the token lacks the scope {scope}", "Ask for a token with this scope.")
    if webshop is not None and not grant.covers(webshop):
        raise Denied(403, f"the token does not open webshop {webshop}", "Use the token of that webshop.")


def connect_of(request: Request) -> Connect:
    """Return the way to the warehouse that the application has."""
    connect: Connect = request.app.state.platform.connect
    return connect


def _grant(request: Request) -> Grant:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Denied(401, "a token is needed", "Send the header Authorization: Bearer <token>.")
    with warehouse_faults("recognising a token"), connect_of(request)() as connection:
        grant = api_tokens.recognise(connection, token.strip())
    if grant is None:
        raise Denied(401, "the token is not valid", "Make one with ./run cli api-token create.")
    return grant


def _refuse_large(request: Request) -> None:
    length = request.headers.get("content-length", "0" if request.method == "GET" else "")
    if not length.isdecimal():
        raise Denied(411, "the length of the body is not said", "Send a Content-Length.")
    if int(length) > _MOST_BYTES:
        raise Denied(413, f"the body is larger than {_MOST_BYTES} bytes")


def _answer_of(error: Denied | RequestValidationError | SyncError) -> Response:
    if isinstance(error, Denied):
        headers = _HEADERS.get(error.status)
        return _answer(error.status, [error.fault], headers)
    if isinstance(error, RequestValidationError):
        return _answer(422, [_fault(found) for found in error.errors()])
    if isinstance(error, WarehouseDown):
        down = Fault(message="the database does not answer", next_step="Send the request again.")
        return _answer(503, [down], _HEADERS[503])
    if isinstance(error, OrderRefused | Misconfigured):
        field = error.field or None if isinstance(error, OrderRefused) else None
        return _answer(422, [Fault(field=field, message=error.what, next_step=error.next_step)])
    log.error("A request of the API failed: %s", error)
    return _answer(500, [Fault(message="this should not happen", next_step="Tell support when it was.")])


def _fault(found: Any) -> Fault:
    path = ""
    for part in found["loc"][1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    if found["type"] == "json_invalid":
        return NO_JSON
    return Fault(field=path or "body", message=f"{path or 'body'}: {found['msg']}")


async def no_route(_request: Request, error: Exception) -> Response:
    """Answer where there is no such address, or no such method of it, in the form of all other faults."""
    assert isinstance(error, HTTPException)
    return _answer(error.status_code, [Fault(message=str(error.detail))], dict(error.headers or {}))


def _answer(status: int, faults: list[Fault], headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(Faults(errors=faults).model_dump(exclude_none=True), status, headers)
