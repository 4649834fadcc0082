"""What an answer means, when to try again after a limit, and how often the client tries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.contract.errors import (
    AuthRefused,
    GiveUp,
    LimitReached,
    Misconfigured,
    NotThere,
    RemoteDown,
    RequestRefused,
    SyncError,
    UnexpectedResponse,
)
from include.engine.answers import check, reset_of, waits_until
from include.engine.client import SHORT_WAIT_SECONDS, Client
from include.engine.ports import Credentials
from include.spec import manifest as spec
from include.spec.budget import Budget
from include.spec.manifest import ErrorRule
from tests.engine.conftest import ClientOf
from tests.engine.remote import Remote, Reply, as_json

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
PLAIN = spec.Client.model_validate({"base_url": "https://shop.nl", "auth": {"type": "basic"}})
MINUTE = Budget(
    name="minute", requests=60, seconds=60, remaining_header="Left", reset_header="Reset", reset_unit="epoch_ms"
)
DAY = Budget(name="day", requests=5000, seconds=86_400, remaining_header="Left-Day", reset_header="Reset-Day")


def epoch_ms(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRefused),
        (401, AuthRefused),
        (403, RequestRefused),
        (404, NotThere),
        (408, RemoteDown),
        (425, RemoteDown),
        (429, LimitReached),
        (500, RemoteDown),
        (502, RemoteDown),
        (503, RemoteDown),
        (504, RemoteDown),
        (599, RemoteDown),
    ],
)
def test_status(status: int, kind: type[SyncError]) -> None:
    fault = check(status, b'{"message": "No."}', {}, "https://shop.nl/api/items?q=1", PLAIN, [])
    assert type(fault) is kind
    assert str(fault) == f"shop.nl/api/items answered {status}: No."


@pytest.mark.parametrize("status", [200, 201, 204])
def test_good_answers(status: int) -> None:
    assert check(status, b"", {}, "https://shop.nl", PLAIN, []) is None


@pytest.mark.requirement("R1")
def test_a_rule_of_the_manifest_says_more_than_the_status() -> None:
    rules = [
        ErrorRule(status=[403], body="firewall", error_class="remote down"),
        ErrorRule(status=[403, 404], error_class="configuration", next_step="Check the division."),
        ErrorRule(status=[503], body="quota", error_class="rate limit", next_step="Buy more."),
    ]

    ruled = PLAIN.model_copy(update={"errors": rules})

    def of(status: int, body: bytes) -> SyncError:
        fault = check(status, body, {"Retry-After": "60"}, "https://shop.nl", ruled, [])
        assert fault is not None
        return fault

    assert type(of(403, b"a firewall says no")) is RemoteDown
    refused = of(403, b"no")
    assert type(refused) is Misconfigured
    assert refused.reason.next_step == "Check the division."
    assert type(of(404, b"")) is Misconfigured
    limit = of(503, b"quota used up")
    assert type(limit) is LimitReached
    assert limit.next_step == "Buy more."
    assert type(of(503, b"")) is RemoteDown


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7),
        ({"Retry-After": " 7 "}, "", 7),
        ({"Retry-After": "0"}, "", 1),
        ({"Retry-After": "Wed, 20 May 2026 08:02:00 GMT"}, "", 120),
        ({"Retry-After": "Wed, 20 May 2026 10:02:00 +0200"}, "", 120),
        ({"Retry-After": "Wed, 20 May 2026 07:00:00 GMT"}, "", 1),
        ({"Retry-After": "99999999999999999999"}, "", 30),
        ({"Retry-After": "99999999999"}, "", 86_400),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2300"}, "", 30),
        ({"Retry-After": "²"}, "", 30),
        ({"Retry-After": "soon"}, "Please retry in 12 seconds.", 12),
        ({}, "Rate limit, retry in 1 second", 1),
        ({}, "retry in 999999999999 seconds", 30),
        ({"Left": "0", "Reset": epoch_ms(NOW + timedelta(seconds=42))}, "", 42),
        ({"Left": "3", "Reset": epoch_ms(NOW + timedelta(seconds=42))}, "", 30),
        ({"Left": "0", "Reset": epoch_ms(NOW - timedelta(days=1))}, "", 1),
        ({"Left": "0", "Reset": "999999999999999999"}, "", 86_400),
        ({"Left": "0", "Reset": epoch_ms(NOW + timedelta(seconds=5)), "Left-Day": "0", "Reset-Day": "9000"}, "", 9000),
        ({"Left": "0", "Left-Day": "0", "Reset-Day": "9000"}, "", 9000),
        ({"Retry-After": "7", "Left-Day": "0", "Reset-Day": "9000"}, "", 7),
        ({}, "", 30),
    ],
)
def test_when_to_try_again(headers: dict[str, str], text: str, seconds: int) -> None:
    until = waits_until(headers, text, [MINUTE, DAY], NOW)
    assert until == NOW + timedelta(seconds=seconds)
    assert until.utcoffset() == timedelta(0)


@pytest.mark.parametrize("value", ["", "soon", "-5", "²", "1e3"])
def test_reset_that_cannot_be_read(value: str) -> None:
    assert reset_of(DAY, {"Reset-Day": value}, NOW) is None


@pytest.mark.requirement("R6")
def test_a_short_wait_is_slept_and_a_long_one_gives_the_slot_back(
    remote: Remote, client: Client, slept: list[float]
) -> None:
    remote.answer = [Reply(b"", 429, {"Retry-After": "3"}), as_json([])]
    assert client.ask("/items").status == 200
    assert [round(seconds) for seconds in slept] == [3]

    remote.answer = [Reply(b"", 429, {"Retry-After": "600"})]
    before = len(remote.requests)
    with pytest.raises(LimitReached) as caught:
        client.ask("/items")
    assert abs((caught.value.until - datetime.now(UTC)).total_seconds() - 600) < 5
    assert len(remote.requests) == before + 1


@pytest.mark.requirement("R6")
def test_short_waits_without_end_are_a_long_one(remote: Remote, client: Client, slept: list[float]) -> None:
    remote.answer = [Reply(b"", 429, {"Retry-After": "6"})]
    with pytest.raises(LimitReached):
        client.ask("/items")
    assert 0 < sum(slept) <= SHORT_WAIT_SECONDS
    assert len(remote.requests) == 4


@pytest.mark.requirement("R6")
def test_the_shared_budget_is_asked_before_each_request_and_hears_each_answer(
    remote: Remote, client_of: ClientOf, slept: list[float]
) -> None:
    heard: list[Any] = []
    waits = [2.0, 100.0]

    class Limiter:
        def take(self, url: str) -> None:
            heard.append(("take", url))
            if len(heard) != 2:
                raise LimitReached("used up", datetime.now(UTC) + timedelta(seconds=waits.pop(0)))

        def heard(self, url: str, headers: Any) -> None:
            heard.append(("heard", url, headers["Left"]))

    client = client_of(limiter=Limiter())
    remote.answer = [as_json([], Left="59")]
    client.ask("/items")
    url = f"{remote.url}/api/items"
    assert heard == [("take", url), ("take", url), ("heard", url, "59")]
    assert [round(seconds) for seconds in slept] == [2]
    with pytest.raises(LimitReached):
        client.ask("/items")
    assert len(remote.requests) == 1


@pytest.mark.requirement("R7")
def test_a_passing_fault_is_tried_again_with_growing_waits(remote: Remote, client: Client, slept: list[float]) -> None:
    remote.answer = [Reply(b"", 500), Reply(b"x", 502, cut=True), Reply(b'{"a": 1, "b": 2}', cut=True), as_json([1])]
    assert client.ask("/items").body == b"[1]"
    assert len(slept) == 3
    assert all(2**number / 2 <= seconds <= 2**number / 2 + 1 for number, seconds in enumerate(slept))
    assert client.requests == 4


@pytest.mark.requirement("R7")
def test_a_fault_that_stays_is_told_after_the_last_try(remote: Remote, client: Client, slept: list[float]) -> None:
    remote.answer = [Reply(b"<html><title>Oops</title>database gone</html>", 500)]
    with pytest.raises(RemoteDown, match="answered 500: Oops database gone"):
        client.ask("/items")
    assert (len(remote.requests), len(slept)) == (4, 3)


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(("status", "kind"), [(400, GiveUp), (404, GiveUp), (403, GiveUp), (401, AuthRefused)])
def test_what_does_not_pass_is_not_tried_again(
    remote: Remote, client: Client, slept: list[float], status: int, kind: type[SyncError]
) -> None:
    remote.answer = [Reply(b"no", status)]
    with pytest.raises(kind):
        client.ask("/items")
    assert (len(remote.requests), slept) == (1, [])


@pytest.mark.requirement("R7")
def test_nobody_answers(client_of: ClientOf, slept: list[float]) -> None:
    client = client_of(Credentials("shop__system", "http://127.0.0.1:9", "login", "password"))
    with pytest.raises(RemoteDown, match=r"127.0.0.1:9/api/items did not answer: ConnectionError"):
        client.ask("/items")
    assert len(slept) == 3


@pytest.mark.parametrize("host", ["shop.nl", "https://", "https://shop nl", "ftp://shop.nl", "https://shop.nl:port"])
def test_an_address_that_is_none_is_a_wrong_setting(client_of: ClientOf, slept: list[float], host: str) -> None:
    client = client_of(Credentials("shop__system", host, "login", "password"))
    with pytest.raises(Misconfigured, match="cannot be called") as caught:
        client.ask("/items")
    assert "connection" in caught.value.next_step
    assert slept == []


def test_broken_redirects_end(remote: Remote, client: Client) -> None:
    remote.answer = [Reply(b"", 302, {"Location": "/api/items"})]
    with pytest.raises(RemoteDown, match="TooManyRedirects"):
        client.ask("/items")


@pytest.mark.requirement("R7")
def test_what_the_reader_finds_broken_is_asked_for_again(remote: Remote, client: Client, slept: list[float]) -> None:
    remote.answer = [as_json("bad"), as_json("good")]

    def read(answer: Any) -> str:
        if answer.body == b'"bad"':
            raise UnexpectedResponse("broken")
        return str(answer.body, "utf-8")

    assert client.ask("/items", read=read) == '"good"'
    assert len(slept) == 1
