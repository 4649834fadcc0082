"""Logic4's token endpoint: client credentials whose parts are joined by spaces; there is no refresh token."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from include.sandbox.answers import json_answer
from include.sandbox.tokens import Tokens, secret

TOKEN_SECONDS = 3600
# With a space and an underscore, which the client id writes as `_` and `__`.
USER_NAME = "api user_optiply"
USER_NAME_WRITTEN = "api_user__optiply"


def connection(seed: int) -> dict[str, str]:
    """Return the parts of the proof, as the customer finds them in Logic4."""
    return {
        "public_key": secret(seed, "logic4 public key", 24),
        "company_key": secret(seed, "logic4 company key", 24),
        "secret_key": secret(seed, "logic4 secret key", 32),
        "password": secret(seed, "logic4 password", 16),
        "user_name": USER_NAME,
    }


async def token(request: Request, tokens: Tokens, seed: int, administration: int) -> Response:
    """Answer a token, or why there is none."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return _refused("invalid_request")
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if form.get("grant_type") != "client_credentials":
        return _refused("unsupported_grant_type")
    parts = connection(seed)
    client_id = f"{parts['public_key']} {parts['company_key']} {USER_NAME_WRITTEN}"
    client_secret = f"{parts['secret_key']} {parts['password']}"
    if (form.get("client_id"), form.get("client_secret")) != (client_id, client_secret):
        return _refused("invalid_client")
    if form.get("scope") != f"api administration.{administration}":
        return _refused("invalid_scope")
    body: dict[str, Any] = {
        "access_token": tokens.issue(TOKEN_SECONDS),
        "expires_in": TOKEN_SECONDS,
        "token_type": "Bearer",
    }
    return json_answer(body)


def _refused(error: str) -> Response:
    return json_answer({"error": error}, 400)
