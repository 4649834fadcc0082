"""How a sandbox answers: JSON bodies, refusals, and what all systems read from a request."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from include.sandbox.world import JSON

Headers = Mapping[str, str]


class RefusedError(Exception):
    """Ends the handling of a request with `response`."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"refused with {response.status_code}")
        self.response = response


def json_answer(
    body: object, status: int = 200, headers: Headers | None = None, media: str = "application/json"
) -> Response:
    """Answer `body`: bytes are JSON already, everything else is encoded."""
    content = body if isinstance(body, bytes) else JSON.encode(body)
    return Response(content, status, dict(headers or {}), media)


async def json_body(request: Request) -> Any:
    """Return the decoded body with exact decimals; None where it is empty or no JSON."""
    try:
        return msgspec.json.Decoder(float_hook=Decimal).decode(await request.body())
    except msgspec.DecodeError:
        return None


def array(rows: Iterable[bytes]) -> bytes:
    """Join encoded records to one JSON array."""
    return b"[" + b",".join(rows) + b"]"


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """Return user and password of HTTP Basic, or None where the header is absent or broken."""
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password
