"""No secret is ever shown: each is planted, every error is made to happen, and everything that is told is searched."""

import json
import logging
import traceback
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import quote

import pytest

from include.contract.errors import SyncError
from include.engine.ports import Credentials, Token
from include.engine.records import split
from include.engine.redact import WORDS, address, redact, remote_words
from tests.engine.conftest import ClientOf, Kept, MemoryTokens
from tests.engine.remote import Remote, Reply, Request, as_json

LOGIN = "planted-login"
# Begins with the login, and holds what addresses, JSON and HTML write in another way.
PASSWORD = 'planted-login-pass  word/&"<b>é'
REFRESH = "planted-refresh+token=="
ACCESS = "planted-access-token"
QUERY = {"api_key": "planted-in-query"}
BASIC = {"type": "basic"}
GRANT = {"type": "client_credentials", "token_url": "{connection.host}/token?client_secret=planted-in-query"}
ROTATING = {"type": "refresh_token", "token_url": "{connection.host}/token"}


def told(error: BaseException, caplog: pytest.LogCaptureFixture) -> str:
    lines = error.reason.lines() if isinstance(error, SyncError) else []
    return "\n".join([str(error), repr(error), *lines, *traceback.format_exception(error), caplog.text])


def assert_clean(text: str) -> None:
    for secret in ("planted-in-query", "-pass", "word/", "planted-refresh", "planted-access", "cGxhbnRlZC1sb2dpbj"):
        assert secret not in text


def echo(text: str, status: int) -> Callable[[Request], Reply]:
    """Writes back all that it was sent, as careless systems do."""

    def answer(request: Request) -> Reply:
        sent = [request.target, *request.headers.values(), *request.form.values(), text]
        return Reply(" ".join(sent).encode(), status)

    return answer


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("grant", [BASIC, GRANT, ROTATING], ids=lambda grant: grant["type"])
def test_a_remote_that_echoes_secrets(
    remote: Remote,
    client_of: ClientOf,
    tokens: MemoryTokens,
    kept: Kept,
    caplog: pytest.LogCaptureFixture,
    grant: dict[str, str],
    status: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [PASSWORD, quote(PASSWORD), json.dumps(PASSWORD), escape(PASSWORD), REFRESH]
    secrets += [ACCESS] if grant is not BASIC else []
    answer = echo(" ".join(secrets), status)
    token = as_json({"access_token": ACCESS, "expires_in": 600, "refresh_token": REFRESH})
    remote.answer = lambda request: token if request.path == "/token" else answer(request)
    known = Credentials("shop__system", remote.url, LOGIN, PASSWORD, {"refresh_token": REFRESH, "host": "x"})
    client = client_of(known, auth=grant, witness=kept)
    with pytest.raises(SyncError) as caught:
        client.ask("/items", QUERY, read=lambda found: split(found.body, [""], found.where))
    assert_clean(told(caught.value, caplog))
    assert kept.calls
    assert_clean(repr(kept.calls))


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
@pytest.mark.parametrize("grant", [GRANT, ROTATING], ids=lambda grant: grant["type"])
def test_a_token_endpoint_that_echoes_secrets(
    remote: Remote, client_of: ClientOf, caplog: pytest.LogCaptureFixture, grant: dict[str, str], status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    remote.answer = echo(PASSWORD, status)
    known = Credentials("shop__system", remote.url, LOGIN, PASSWORD, {"refresh_token": REFRESH})
    with pytest.raises(SyncError) as caught:
        client_of(known, auth=grant).ask("/items")
    assert_clean(told(caught.value, caplog))
    assert_clean(repr(known))


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("auth", [BASIC, GRANT])
def test_nobody_answers(client_of: ClientOf, caplog: pytest.LogCaptureFixture, auth: dict[str, str]) -> None:
    """The text of the HTTP library's own exception holds the whole address."""
    in_host = quote(PASSWORD, safe="")
    known = Credentials("shop__system", f"http://user:{in_host}@127.0.0.1:9", LOGIN, PASSWORD)
    with pytest.raises(SyncError) as caught:
        client_of(known, auth=auth).ask("/items", QUERY)
    assert_clean(told(caught.value, caplog))
    assert "127.0.0.1:9" in str(caught.value)


def test_tokens_and_credentials_show_nothing() -> None:
    known = Credentials("shop__system", "https://shop.nl", LOGIN, PASSWORD, {"refresh_token": REFRESH})
    now: Any = None
    assert_clean(repr(known) + str(known) + repr(Token(ACCESS, REFRESH, now, now)))


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("before", range(WORDS - 24, WORDS + 2))
def test_no_half_secret_at_the_border(before: int) -> None:
    for body in ("x" * before + ACCESS, json.dumps({"message": "x" * before + ACCESS})):
        words = remote_words(body.encode(), [ACCESS])
        assert "planted" not in words
        assert len(words) <= WORDS + 1


@pytest.mark.parametrize("before", [19_985, 19_990, 19_999, 20_000])
def test_no_half_secret_at_the_border_of_what_is_read(before: int) -> None:
    markup = "<b></b>" * (before // 7) + "y" * (before % 7)
    assert "planted" not in remote_words((markup + ACCESS).encode(), [ACCESS])


def test_the_longer_secret_goes_first() -> None:
    assert redact("planted planted-and-more", ["planted", "planted-and-more"]) == "*** ***"


def test_short_values_are_no_secrets() -> None:
    assert redact("a nl b", ["nl", ""]) == "a nl b"


@pytest.mark.parametrize(
    "text", ["?consumer_secret=planted", "&api_key=planted&b=1", "access_token=planted", "X-Amz-Signature=planted"]
)
def test_parameters_that_name_a_secret(text: str) -> None:
    assert "planted" not in redact(text, [])


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b'{"code": "x", "message": "Sorry, you cannot list resources.", "data": {}}',
            "Sorry, you cannot list resources.",
        ),
        (
            b'{"error": {"code": "", "message": {"lang": "", "value": "Data validation failed."}}}',
            "Data validation failed.",
        ),
        (b'{"type": "x", "title": "Bad", "detail": "Unknown order."}', "Unknown order."),
        (b'{"error": "invalid_grant", "error_description": "Token is not allowed"}', "Token is not allowed"),
        (b"<html><style>b{}</style><script>x()</script><h1>Down</h1>\n for  work</html>", "Down for work"),
        (b"", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[]", "[]"),
    ],
)
def test_the_remotes_own_words(body: bytes, words: str) -> None:
    assert remote_words(body, []) == words


def test_address_tells_no_query_and_no_login() -> None:
    assert address("https://user:pass@shop.nl:8443/a/b?key=1#x") == "shop.nl:8443/a/b"
