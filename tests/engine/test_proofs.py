"""Ways to prove who we are beside Basic and bearer tokens, and refusals that hide in good answers."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256
from oauthlib.oauth1 import Client as Signer

from include.contract.errors import AuthRefused, Misconfigured, RequestRefused
from include.engine.client import Client
from include.engine.ports import Credentials, Hooks, NoLimit
from include.spec import manifest as spec
from tests.engine.conftest import ClientOf, MemoryTokens, Slept
from tests.engine.remote import Remote, Reply, Request, as_json

KEYS = {"access_token": "token", "access_token_secret": "token secret"}


def test_each_request_is_signed_anew(remote: Remote, client_of: ClientOf) -> None:
    client = client_of(Credentials("shop", remote.url, "key", "secret", KEYS), auth={"type": "oauth1"})
    client.ask("/items", {"searchCriteria[pageSize]": "5", "name": "a b+c"})
    client.ask("/items", {"searchCriteria[pageSize]": "5", "name": "a b+c"})
    headers = [request.headers["Authorization"] for request in remote.requests]
    assert headers[0] != headers[1]
    for request in remote.requests:
        given = dict(part.split("=", 1) for part in request.headers["Authorization"].removeprefix("OAuth ").split(", "))
        signer = Signer(
            "key", "secret", "token", "token secret", signature_method=SIGNATURE_HMAC_SHA256,
            nonce=given["oauth_nonce"].strip('"'), timestamp=given["oauth_timestamp"].strip('"'),
        )  # fmt: skip
        _, signed, _ = signer.sign(f"{remote.url}{request.target}")
        assert given["oauth_signature"] in signed["Authorization"]


@pytest.mark.requirement("R1")
def test_a_missing_key_is_named_and_none_is_shown(remote: Remote, client_of: ClientOf) -> None:
    with pytest.raises(Misconfigured, match="no access_token_secret") as raised:
        client_of(Credentials("shop", remote.url, "key", "secret", {"access_token": "abc"}), auth={"type": "oauth1"})
    assert "abc" not in str(raised.value)


def test_a_key_in_a_header(remote: Remote, client_of: ClientOf) -> None:
    auth = {"type": "header", "header": "X-Auth-Token", "value": "{connection.password}"}
    client_of(auth=auth).ask("/items")
    assert remote.requests[0].headers["X-Auth-Token"] == "password"


def test_a_setting_chooses_the_way(remote: Remote, client_of: ClientOf) -> None:
    ways = {"bearer": {"type": "header"}, "login": {"type": "basic"}}
    auth = {"type": "choice", "setting": "auth", "ways": ways}
    with pytest.raises(Misconfigured, match="there are bearer, login"):
        client_of(auth=auth)


class Tokens:
    """Gives tokens by a form; each is good for `uses` calls, then it has ended as Amazon says it."""

    def __init__(self, remote: Remote, uses: int) -> None:
        self.forms: list[dict[str, str]] = []
        self.left, self.uses = 0, uses
        remote.answer = self.answer

    def answer(self, request: Request) -> Reply:
        if request.path == "/token":
            self.forms.append(request.form)
            self.left = self.uses
            return as_json({"access_token": f"Atza|{len(self.forms)}", "expires_in": 3600})
        if self.left == 0 or request.headers.get("x-amz-access-token") != f"Atza|{len(self.forms)}":
            return as_json(
                {"errors": [{"code": "Unauthorized", "details": "The access token you provided has expired."}]}, 403
            )
        self.left -= 1
        return Reply()


def amazon(rules: list[dict[str, Any]]) -> dict[str, Any]:
    grant = {
        "type": "refresh_token",
        "token_url": "{connection.host}/token",
        "header": "x-amz-access-token",
        "prefix": "",
    }
    return {"auth": grant, "errors": rules}


EXPIRED = {"status": [403], "body": "expired", "error_class": "auth", "renew": True}


def test_a_token_that_ended_may_show_as_another_status(remote: Remote, client_of: ClientOf) -> None:
    tokens = Tokens(remote, uses=2)
    seller = Credentials("shop", remote.url, "app", "secret", {"refresh_token": "Atzr|1"})
    client = client_of(seller, **amazon([EXPIRED]))
    for _ in range(5):
        client.ask("/orders")
    assert len(tokens.forms) == 3
    assert tokens.forms[0] == {
        "grant_type": "refresh_token", "refresh_token": "Atzr|1", "client_id": "app", "client_secret": "secret",
    }  # fmt: skip
    tokens.uses = 0
    client.ask("/orders")
    with pytest.raises(AuthRefused):
        client.ask("/orders")


@pytest.mark.requirement("F7")
def test_a_hook_makes_fields_of_the_token_request(remote: Remote, slept: Slept, tokens: MemoryTokens) -> None:
    issued = Tokens(remote, uses=9)

    def token_form(login: str, password: str, extra: Mapping[str, str]) -> dict[str, str]:
        return {"client_id": f"{login} {extra['company']}", "client_secret": password}

    auth = {
        "type": "client_credentials", "token_url": "{connection.host}/token", "send": "form", "hook": "token_form",
        "form": {"scope": "api administration.{settings.administration}"}, "header": "x-amz-access-token", "prefix": "",
    }  # fmt: skip
    system = spec.Client.model_validate({"base_url": "{connection.host}", "auth": auth})
    held = Credentials("erp", remote.url, "public", "secret", {"company": "acme"})
    values = {"settings.administration": 3}
    client = Client(system, held, values, tokens, NoLimit(), slept, Hooks(token_form))
    client.ask("/items")
    assert issued.forms == [
        {"grant_type": "client_credentials", "client_id": "public acme", "client_secret": "secret",
         "scope": "api administration.3"}
    ]  # fmt: skip
    assert "Authorization" not in remote.requests[0].headers
    with pytest.raises(Misconfigured, match="has none"):
        Client(system, held, values, tokens, NoLimit(), slept)


@pytest.mark.requirement("R1")
def test_a_refusal_in_a_good_answer(remote: Remote, client_of: ClientOf) -> None:
    client = client_of(refusal="ValidationMessages")
    remote.answer = [as_json({"Records": [], "ValidationMessages": []})]
    assert client.ask("/items").status == 200
    remote.answer = [as_json({"Value": None, "ValidationMessages": ["CreditorId is niet gevonden"]})]
    with pytest.raises(RequestRefused, match="CreditorId is niet gevonden"):
        client.ask("/items")


def test_what_is_not_there_yet_is_asked_for_again(remote: Remote, client: Client, slept: Slept) -> None:
    remote.answer = [as_json({}, 404), as_json({}, 404), as_json([1])]
    assert client.ask("/orders/1/products", accept=(404,), tries=4).status == 200
    assert slept == [1, 2]
    remote.answer = [as_json({}, 404)]
    assert client.ask("/orders/1/products", accept=(404,), tries=3).status == 404


def test_a_proof_is_not_sent_on_to_another_host(remote: Remote, client_of: ClientOf) -> None:
    other = remote.url.replace("127.0.0.1", "localhost")
    remote.answer = [Reply(b"", 302, {"Location": f"{other}/elsewhere"}), Reply(b"[]")]
    client_of(auth={"type": "header", "header": "X-Key", "value": "{connection.password}"}).ask("/items")
    assert [("X-Key" in request.headers) for request in remote.requests] == [True, False]


def test_a_body_is_json(remote: Remote, client: Client) -> None:
    client.ask("/rows", method="POST", body=5512)
    client.ask("/rows", method="POST", body={"ProductIds": [1, 2]})
    assert [json.loads(request.body) for request in remote.requests] == [5512, {"ProductIds": [1, 2]}]
    assert {request.headers["Content-Type"] for request in remote.requests} == {"application/json"}


def test_a_key_as_the_name_of_the_user(remote: Remote, client_of: ClientOf) -> None:
    held = Credentials("shop", remote.url, "", "the key")
    client_of(held, auth={"type": "basic", "user": "{connection.password}", "secret": ""}).ask("/items")
    assert remote.requests[0].headers["Authorization"] == "Basic dGhlIGtleTo="
