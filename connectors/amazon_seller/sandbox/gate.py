"""What stands before every operation: the login with Amazon, the token, the roles, and a token bucket."""

from __future__ import annotations

import dataclasses
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from connectors.amazon_seller.sandbox.refusals import refused
from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.tokens import Tokens, secret
from include.sandbox.world import World

ACCESS_SECONDS = 3600


@dataclasses.dataclass(frozen=True)
class Bucket:
    """Requests per second, and how many at once."""

    rate: float
    burst: int


BUCKETS = {
    "getOrders": Bucket(0.0167, 20),
    "getOrder": Bucket(0.5, 30),
    "getOrderItems": Bucket(0.5, 30),
    "searchOrders": Bucket(0.0056, 20),
    "getOrder2026": Bucket(0.5, 30),
    "getInventorySummaries": Bucket(2, 2),
    "getListingsItem": Bucket(5, 10),
    "searchListingsItems": Bucket(5, 5),
    "searchCatalogItems": Bucket(2, 2),
    "getCatalogItem": Bucket(2, 2),
    "createReport": Bucket(0.0167, 15),
    "getReport": Bucket(2, 15),
    "getReportDocument": Bucket(0.0167, 15),
    "getMarketplaceParticipations": Bucket(0.016, 15),
    "getSubscription": Bucket(1, 5),
    "createSubscription": Bucket(1, 5),
    "deleteSubscription": Bucket(1, 5),
}


def client(seed: int) -> tuple[str, str]:
    """Return the app's client id and secret."""
    return "amzn1.application-oa2-client." + secret(seed, "lwa client id", 32), secret(seed, "lwa client secret", 64)


def refresh_token(seed: int) -> str:
    """Return the seller's refresh token; it does not rotate."""
    return "Atzr|" + secret(seed, "lwa refresh token", 48)


async def login(request: Request, world: World, tokens: Tokens) -> Response:
    """Answer an access token for the refresh token, which comes back unchanged."""
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if form.get("grant_type") != "refresh_token":
        return json_answer({"error": "unsupported_grant_type", "error_description": "Unsupported grant type"}, 400)
    if (form.get("client_id"), form.get("client_secret")) != client(world.seed):
        return json_answer({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
    if form.get("refresh_token") != refresh_token(world.seed):
        description = "The request has an invalid grant parameter : refresh_token"
        return json_answer({"error": "invalid_grant", "error_description": description}, 400)
    body = {
        "access_token": "Atza|" + tokens.issue(ACCESS_SECONDS),
        "token_type": "bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh_token(world.seed),
    }
    return json_answer(body)


def check_token(request: Request, tokens: Tokens, denied: str) -> None:
    """Refuse with 403, never 401; only a missing role has no details. Raises RefusedError."""
    given = request.headers.get("x-amz-access-token", "")
    if not given:
        raise RefusedError(refused(403, "Access token is missing in the request header."))
    if not given.startswith("Atza|"):
        raise RefusedError(refused(403, "The access token you provided is revoked, malformed or invalid."))
    if not tokens.good("Bearer " + given.removeprefix("Atza|")):
        raise RefusedError(refused(403, "The access token you provided has expired."))
    if denied and request.url.path.startswith(denied):
        raise RefusedError(refused(403))


def take(world: World, operation: str) -> bool:
    """Take one request out of the operation's bucket; False where it is empty."""
    bucket, now = BUCKETS[operation], world.clock.now().timestamp()
    held = world.session.setdefault("buckets", {}).setdefault(operation, [float(bucket.burst), now])
    # The state file gives numbers with a point back as decimals.
    filled = min(float(bucket.burst), float(held[0]) + max(0.0, now - float(held[1])) * bucket.rate)
    allowed = filled >= 1
    held[:] = [filled - 1 if allowed else filled, now]
    world.session_changed = True
    return allowed
