"""Exact's token endpoint: the refresh grant with rotation, and its refusals."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.limits import Limits
from include.sandbox.tokens import Tokens, secret
from include.sandbox.world import World

ACCESS_SECONDS = 600
EARLIEST_SECONDS = 570
IDLE_DAYS = 30
CALLS_PER_DAY = 200


def client(seed: int) -> tuple[str, str]:
    """Return the app's client id and secret."""
    return secret(seed, "exact client id", 32), secret(seed, "exact client secret", 24)


async def token(request: Request, world: World, tokens: Tokens, limits: Limits, lapse: int = 1) -> Response:
    """Exchange the refresh token for a new pair; the old one is dead from then on. Raises RefusedError.

    `lapse`: how many times faster than in life tokens end.
    """
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise _refused("invalid_request", "The request body has to be form-urlencoded.")
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    _check_client(form, world.seed)
    _check_refresh_token(form.get("refresh_token", ""), tokens)
    _check_pace(world, tokens, limits, lapse)
    # The old refresh token dies and the new pair is saved before the answer leaves (the gate sees to that).
    refresh = tokens.rotate()
    access = tokens.issue(ACCESS_SECONDS // lapse)
    body = {
        "access_token": access,
        "token_type": "bearer",
        "expires_in": str(ACCESS_SECONDS // lapse),
        "refresh_token": refresh,
    }
    return json_answer(body)


def _check_client(form: dict[str, str], seed: int) -> None:
    if form.get("grant_type") != "refresh_token":
        raise _refused("unsupported_grant_type", "This sandbox knows the refresh_token grant only.")
    if (form.get("client_id"), form.get("client_secret")) != client(seed):
        raise _refused("invalid_client", "Client authentication failed.", 401)


def _check_refresh_token(given: str, tokens: Tokens) -> None:
    if tokens.was_used(given):
        raise _refused("unauthorized_client", "Old refresh token used.", 401)
    if given != tokens.refresh or tokens.refresh_idle > timedelta(days=IDLE_DAYS):
        raise _refused("invalid_grant", "The refresh token is invalid or has expired.")


def _check_pace(world: World, tokens: Tokens, limits: Limits, lapse: int) -> None:
    last = tokens.last_issued
    if last is not None and world.clock.now() - last < timedelta(seconds=EARLIEST_SECONDS / lapse):
        too_early = "Rate limit exceeded: access_token not expired"
        raise _refused("access_denied", too_early, headers={"Reason": "TooEarlyToRefreshTokens"})
    if not limits.take("token", CALLS_PER_DAY, 86400).allowed:
        raise _refused("access_denied", "Rate limit exceeded: token calls per day", 429)


def _refused(error: str, text: str, status: int = 400, headers: dict[str, str] | None = None) -> RefusedError:
    return RefusedError(json_answer({"error": error, "error_description": text}, status, headers))
