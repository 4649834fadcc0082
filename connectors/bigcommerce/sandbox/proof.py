"""How the BigCommerce API proves who calls, counts requests and refuses."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.remote import Remote
from include.sandbox.tokens import secret

WINDOW_SECONDS = 30
STORE_HASH = "abc123xyz"


def credentials(remote: Remote, base_url: str) -> dict[str, Any]:
    """Return what an Airflow connection to this sandbox holds."""
    host = f"{base_url}/stores/{STORE_HASH}"
    return {"conn_type": "http", "host": host, "login": "", "password": _key(remote), "extra": {}}


def admitted(remote: Remote, request: Request) -> dict[str, str]:
    """Return the headers that tell what is left of the quota. Refuses with 401, 404 or 429."""
    if request.path_params.get("store") != STORE_HASH:
        raise RefusedError(refusal(404, "The requested resource was not found.", request))
    if request.headers.get("X-Auth-Token") != _key(remote):
        raise RefusedError(refusal(401, "Unauthorized", request))
    usage = remote.limits.take("window", remote.number("per_window"), WINDOW_SECONDS)
    left = (usage.resets_at - remote.world.clock.now()).total_seconds()
    headers = {
        "X-Rate-Limit-Requests-Left": str(usage.remaining),
        "X-Rate-Limit-Requests-Quota": str(usage.limit),
        "X-Rate-Limit-Time-Window-Ms": str(WINDOW_SECONDS * 1000),
        "X-Rate-Limit-Time-Reset-Ms": str(max(1, round(left * 1000))),
    }
    if not usage.allowed:
        # Without Retry-After: the real API tells the wait in milliseconds only.
        raise RefusedError(refusal(429, "Too many requests", request, headers))
    return headers


def refusal(status: int, words: str, request: Request, headers: dict[str, str] | None = None) -> Response:
    """Return an error as the version that was asked writes it: V2 a list, V3 a mapping."""
    if "/v2/" in request.url.path:
        return json_answer([{"status": status, "message": words}], status, headers)
    return json_answer({"status": status, "title": words, "type": "about:blank", "errors": {}}, status, headers)


def _key(remote: Remote) -> str:
    return secret(remote.world.seed, "access token")
