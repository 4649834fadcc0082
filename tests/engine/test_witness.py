"""What is kept of failing calls: every one of them, none that went well, without secrets, and not without end."""

from __future__ import annotations

import json

import pytest

from include.contract.errors import RequestRefused, SyncError
from include.engine.records import split
from include.engine.witness import BODY, HEADERS, failed_call
from tests.engine.conftest import ClientOf, Kept
from tests.engine.remote import Remote, Reply, as_json

pytestmark = pytest.mark.requirement("R1")
REFUSED = RequestRefused("no")


def test_each_try_that_failed_is_kept_with_what_came_back(remote: Remote, client_of: ClientOf, kept: Kept) -> None:
    refused = as_json({"message": "database down"}, 503, X_Request_Id="abc", Set_Cookie="session=1", Retry_After="1")
    remote.answer = [refused, as_json([])]
    client_of(witness=kept).ask("/items", {"page": "2"})
    (call,) = kept.calls
    assert (call.method, call.status, call.error_class) == ("GET", 503, "remote down")
    assert call.address == f"{remote.host}/api/items?page=2"
    assert json.loads(call.body) == {"message": "database down"}
    assert call.headers["X-Request-Id"] == "abc"
    assert "Set-Cookie" not in call.headers
    assert call.milliseconds is not None


def test_what_is_no_fault_is_not_kept(remote: Remote, client_of: ClientOf, kept: Kept) -> None:
    client = client_of(witness=kept)
    client.ask("/items")
    remote.answer = [Reply(b"", 404)]
    client.ask("/items/1", accept=(404,))
    assert kept.calls == []


def test_no_answer_and_an_unreadable_one_are_kept(remote: Remote, client_of: ClientOf, kept: Kept) -> None:
    client = client_of(witness=kept)
    remote.answer = [Reply(b"<html>maintenance</html>")]
    with pytest.raises(SyncError):
        client.ask("/items", read=lambda found: split(found.body, [""], found.where))
    assert {(call.status, call.body) for call in kept.calls} == {(200, "<html>maintenance</html>")}
    kept.calls.clear()
    remote.answer = [Reply(b"[" + b" " * 100, cut=True)]
    with pytest.raises(SyncError):
        client.ask("/items")
    assert {(call.status, call.body) for call in kept.calls} == {(None, "")}


def test_a_write_that_is_refused_is_kept(remote: Remote, client_of: ClientOf, kept: Kept) -> None:
    client = client_of(witness=kept)
    remote.answer = [as_json({"error": "no such supplier"}, 422)]
    told = client.tell(client.ready("POST", "/orders", body={"a": 1}))
    assert told.error is not None
    assert [(call.method, call.status) for call in kept.calls] == [("POST", 422)]


def test_it_is_cut_and_no_half_secret_stays() -> None:
    secret = "planted-" + "s" * 200
    body = (secret * 200).encode()
    headers = {f"X-RateLimit-{number}": "9" * 500 for number in range(50)}
    call = failed_call("GET", "https://a.nl/x", {"q": "y" * 900}, (400, body, headers, 5), REFUSED, [secret])
    assert "planted" not in call.body
    assert len(call.body) <= BODY
    assert len(call.headers) == HEADERS
    assert max(map(len, call.headers.values())) <= 200
    assert len(call.address) <= 500


@pytest.mark.parametrize(
    "told",
    [
        '{"access_token": "planted-1"}',
        "Authorization: Bearer planted-12345",
        "authorization: basic cGxhbnRlZDpwbGFudGVk",
        'OAuth oauth_consumer_key="planted", oauth_signature="planted%3D"',
        "/x?client_secret=planted&a=1",
    ],
)
def test_what_looks_like_a_proof_goes_although_nobody_knew_it(told: str) -> None:
    call = failed_call("GET", "https://a.nl", {}, (400, told.encode(), {"X-Request-Id": told}, 5), REFUSED, [])
    assert "planted" not in call.body + call.headers["X-Request-Id"]
    assert "cGxhbnRlZ" not in call.body
