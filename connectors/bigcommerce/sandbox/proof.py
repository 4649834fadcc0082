"""How the BigCommerce API proves who calls."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from include.sandbox.answers import json_answer
from include.sandbox.remote import Remote
from include.sandbox.tokens import secret


def credentials(remote: Remote, base_url: str) -> dict[str, Any]:
    """Return what an Airflow connection to this sandbox holds."""
    return {"conn_type": "http", "host": base_url, "login": "", "password": _key(remote), "extra": {}}


def good(remote: Remote, request: Request) -> bool:
    """Whether the request carries the account's key."""
    return request.headers.get("X-Api-Key") == _key(remote)


def _key(remote: Remote) -> str:
    return secret(remote.world.seed, "api key")


async def token(_remote: Remote, _request: Request) -> Response:
    """Answer that there is no token endpoint."""
    return json_answer({"error": "there is no such endpoint"}, 404)
