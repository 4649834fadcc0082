"""Pages with a token for the next one: it stands for the call it came from and for the last record given out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from starlette.requests import Request

from connectors.amazon_seller.sandbox.refusals import invalid
from include.sandbox.world import Row, World

Order = Callable[[Row], list[str]]


def page(
    request: Request, world: World, rows: Sequence[Row], order: Order, param: str, size: int, life_seconds: int = 86400
) -> tuple[list[Row], str | None]:
    """Return the rows of a page and the token of the next; `rows` are sorted by `order`.

    A token lives `life_seconds` and holds only for the other parameters of its own call: they have to be repeated.
    """
    asked, now = _fingerprint(request, param), world.clock.now().timestamp()
    token = request.query_params.get(param)
    if token:
        held = _read(token, param)
        if held["asked"] != asked:
            raise invalid(f"{param} does not belong to a call with these parameters.")
        if now - held["at"] > life_seconds:
            raise invalid(f"{param} has expired.")
        rows = [row for row in rows if order(row) > held["after"]]
    found = list(rows[:size])
    if len(rows) <= size:
        return found, None
    held = {"asked": asked, "at": now, "after": order(found[-1])}
    return found, base64.urlsafe_b64encode(msgspec.json.encode(held)).decode()


def _fingerprint(request: Request, param: str) -> str:
    others = sorted((name, value) for name, value in request.query_params.multi_items() if name != param)
    return hashlib.sha256(repr((request.url.path, others)).encode()).hexdigest()[:16]


def _read(token: str, param: str) -> dict[str, Any]:
    try:
        return dict(msgspec.json.decode(base64.urlsafe_b64decode(token)))
    except (ValueError, TypeError, msgspec.DecodeError):
        raise invalid(f"{param} is not valid.") from None
