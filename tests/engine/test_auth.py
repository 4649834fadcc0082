"""Tokens: fetched once, renewed in time, and a refusal is told as what it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.contract.errors import AuthRefused, LimitReached, RemoteDown, SyncError, UnexpectedResponse
from include.engine.client import Client
from include.engine.ports import Credentials, Token
from tests.engine.conftest import ClientOf, MemoryTokens
from tests.engine.remote import Remote, Reply, Request, as_json

CLIENT_CREDENTIALS = {
    "type": "client_credentials",
    "token_url": "{connection.host}/token?grant_type=client_credentials",
}
ROTATING = {"type": "refresh_token", "token_url": "{connection.host}/token", "not_before_seconds": 570}
NAME = "shop__system"


class Issuer:
    """Gives numbered tokens; `good` says which of them open the API."""

    def __init__(self, remote: Remote) -> None:
        self.issued = 0
        self.good: set[str] = set()
        self.refresh = "seed"
        self.lasts: Any = 600
        self.token_reply: Reply | None = None
        remote.answer = self.answer

    def answer(self, request: Request) -> Reply:
        if request.path == "/token":
            return self.token_reply or self.token(request)
        return (
            as_json([])
            if request.headers.get("Authorization") in {f"Bearer {token}" for token in self.good}
            else Reply(b"no", 401)
        )

    def token(self, request: Request) -> Reply:
        if request.form and request.form["refresh_token"] != self.refresh:
            return as_json({"error": "invalid_grant"}, 400)
        self.issued += 1
        self.good.add(f"access-{self.issued}")
        self.refresh = f"refresh-{self.issued}" if request.form else ""
        return as_json(
            {"access_token": f"access-{self.issued}", "expires_in": self.lasts, "refresh_token": self.refresh}
        )


@pytest.fixture
def issuer(remote: Remote) -> Issuer:
    return Issuer(remote)


@pytest.fixture
def by_credentials(client_of: ClientOf, issuer: Issuer) -> Client:
    return client_of(auth=CLIENT_CREDENTIALS)


def rotating(client_of: ClientOf, remote: Remote, seed: str = "seed") -> Client:
    return client_of(Credentials(NAME, remote.url, "app", "secret", {"refresh_token": seed}), auth=ROTATING)


def test_basic(remote: Remote, client: Client) -> None:
    client.ask("/items")
    assert remote.requests[0].headers["Authorization"] == "Basic bG9naW46cGFzc3dvcmQ="


def test_client_credentials_ask_with_basic_and_once_for_all_clients(
    remote: Remote, by_credentials: Client, client_of: ClientOf, issuer: Issuer
) -> None:
    by_credentials.ask("/items")
    client_of(auth=CLIENT_CREDENTIALS).ask("/items")
    assert [request.path for request in remote.requests] == ["/token", "/api/items", "/api/items"]
    asked = remote.requests[0]
    assert (asked.method, asked.query, asked.form) == ("POST", {"grant_type": "client_credentials"}, {})
    assert asked.headers["Authorization"] == "Basic bG9naW46cGFzc3dvcmQ="


@pytest.mark.parametrize("lasts", ["600", 600])
def test_token_is_renewed_before_it_expires(remote: Remote, by_credentials: Client, issuer: Issuer, lasts: Any) -> None:
    """Exact sends the seconds as a text."""
    issuer.lasts = lasts
    by_credentials.ask("/items")
    by_credentials.ask("/items")
    assert issuer.issued == 1
    issuer.lasts = 29
    issuer.good.clear()
    by_credentials.ask("/items")
    by_credentials.ask("/items")
    assert issuer.issued == 3, "a token with less than early_seconds to go is not used again"


@pytest.mark.requirement("F2")
def test_the_token_that_another_worker_renewed_is_taken(
    by_credentials: Client, client_of: ClientOf, issuer: Issuer
) -> None:
    by_credentials.ask("/items")
    issuer.good.clear()
    client_of(auth=CLIENT_CREDENTIALS).ask("/items")
    by_credentials.ask("/items")
    assert issuer.issued == 2


@pytest.mark.requirement("R7")
def test_a_refused_token_is_renewed_once_per_call(remote: Remote, by_credentials: Client, issuer: Issuer) -> None:
    by_credentials.ask("/items")
    for issued in (2, 3, 4):
        # A long pull meets this more than once; each time a new token helps.
        issuer.good.clear()
        by_credentials.ask("/items")
        assert issuer.issued == issued


@pytest.mark.requirement("R1", "R7")
def test_a_remote_that_refuses_the_new_token_as_well(
    remote: Remote, by_credentials: Client, issuer: Issuer, slept: list[float]
) -> None:
    issuer.token_reply = as_json({"access_token": "useless", "expires_in": 600})
    with pytest.raises(AuthRefused, match="answered 401: no"):
        by_credentials.ask("/items")
    assert [request.path for request in remote.requests] == ["/token", "/api/items", "/token", "/api/items"]
    assert slept == []


@pytest.mark.requirement("F2")
def test_refresh_tokens_rotate(remote: Remote, client_of: ClientOf, issuer: Issuer, tokens: MemoryTokens) -> None:
    rotating(client_of, remote).ask("/items")
    assert remote.requests[0].form == {
        "grant_type": "refresh_token", "refresh_token": "seed", "client_id": "app", "client_secret": "secret",
    }  # fmt: skip
    kept = tokens.tokens[NAME]
    hour = timedelta(hours=1)
    tokens.tokens[NAME] = Token(kept.access, kept.refresh, kept.issued_at - hour, kept.expires_at - hour, kept.seed)
    rotating(client_of, remote).ask("/items")
    assert [request.form["refresh_token"] for request in remote.requests if request.path == "/token"] == [
        "seed",
        "refresh-1",
    ]


@pytest.mark.requirement("F2")
def test_a_remote_without_rotation_keeps_the_refresh_token(
    remote: Remote, client_of: ClientOf, issuer: Issuer, tokens: MemoryTokens
) -> None:
    issuer.token_reply = as_json({"access_token": "access-0", "expires_in": 600})
    issuer.good.add("access-0")
    rotating(client_of, remote).ask("/items")
    assert tokens.tokens[NAME].refresh == "seed"


@pytest.mark.requirement("F2", "R13")
def test_a_new_authorisation_in_the_connection_replaces_the_kept_token(
    remote: Remote, client_of: ClientOf, issuer: Issuer
) -> None:
    rotating(client_of, remote).ask("/items")
    issuer.refresh = "second-seed"
    rotating(client_of, remote, "second-seed").ask("/items")
    assert [request.form["refresh_token"] for request in remote.requests if request.path == "/token"] == [
        "seed", "second-seed",
    ]  # fmt: skip


@pytest.mark.requirement("R6")
def test_a_refresh_too_early_waits(remote: Remote, client_of: ClientOf, issuer: Issuer, tokens: MemoryTokens) -> None:
    rotating(client_of, remote).ask("/items")
    issuer.good.clear()
    with pytest.raises(LimitReached) as caught:
        rotating(client_of, remote).ask("/items")
    assert caught.value.until == tokens.tokens[NAME].issued_at + timedelta(seconds=570)
    assert issuer.issued == 1


def test_connection_without_refresh_token(remote: Remote, client_of: ClientOf, issuer: Issuer) -> None:
    with pytest.raises(AuthRefused, match="'shop__system' holds no refresh_token"):
        rotating(client_of, remote, "").ask("/items")
    assert remote.requests == []


@pytest.mark.requirement("R1", "R7")
@pytest.mark.parametrize(
    ("reply", "kind", "asked"),
    [
        (as_json({"error": "invalid_grant"}, 400), AuthRefused, 1),
        (as_json({"error": "invalid_client"}, 401), AuthRefused, 1),
        (Reply(b"no", 403), AuthRefused, 1),
        (Reply(b"later", 429, {"Retry-After": "600"}), LimitReached, 1),
        (Reply(b"oops", 500), RemoteDown, 4),
        (Reply(b"oops", 408), RemoteDown, 4),
        (Reply(b"oops", 200, cut=True), RemoteDown, 4),
        (Reply(b"<html>Maintenance</html>"), UnexpectedResponse, 4),
        (as_json({"expires_in": 600}), UnexpectedResponse, 4),
        (as_json({"access_token": None, "expires_in": 600}), UnexpectedResponse, 4),
        (as_json({"access_token": "", "expires_in": 600}), UnexpectedResponse, 4),
        (as_json({"access_token": "a"}), UnexpectedResponse, 4),
        (as_json({"access_token": "a", "expires_in": "soon"}), UnexpectedResponse, 4),
        (as_json({"access_token": "a", "expires_in": 10**18}), UnexpectedResponse, 4),
        (as_json(["access_token"]), UnexpectedResponse, 4),
        (Reply(b"", 302, {"Location": "http://127.0.0.1:9/"}), UnexpectedResponse, 4),
    ],
)
def test_token_endpoint_refuses(
    remote: Remote, by_credentials: Client, issuer: Issuer, reply: Reply, kind: type[SyncError], asked: int
) -> None:
    issuer.token_reply = reply
    with pytest.raises(kind, match=r"/token (answered|gave no token)"):
        by_credentials.ask("/items")
    assert [request.path for request in remote.requests] == ["/token"] * asked


def test_the_secret_follows_no_redirect(remote: Remote, by_credentials: Client, issuer: Issuer) -> None:
    """A 307 would have the client send the same form, secret and all, to wherever it points."""
    issuer.token_reply = Reply(b"", 307, {"Location": "/elsewhere"})
    with pytest.raises(UnexpectedResponse):
        by_credentials.ask("/items")
    assert {request.path for request in remote.requests} == {"/token"}


def test_times_of_a_token_are_aware(by_credentials: Client, issuer: Issuer, tokens: MemoryTokens) -> None:
    by_credentials.ask("/items")
    token = tokens.tokens[NAME]
    assert abs(token.issued_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert token.expires_at - token.issued_at == timedelta(seconds=600)
