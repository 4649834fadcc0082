"""What the receiver accepts and refuses; whatever it accepts is in the inbox."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from include.receiver import patience
from include.receiver.limits import Buckets, Limits
from tests.receiver.conftest import SECRET, Serve, Served, event, signed

# Reading the system's certificates for each request would take longer than the request.
HTTP = httpx.Client(timeout=20, trust_env=False)
pytestmark = pytest.mark.requirement("R4")


def post(served: Served, body: bytes, address: str = "first", **headers: str) -> httpx.Response:
    given = headers or signed(body)
    return HTTP.post(f"{served.url}/webhooks/{address}", content=body, headers=given)


def test_an_event_is_committed_before_it_is_accepted(serve: Serve) -> None:
    served = serve()
    answer = post(served, event(1))
    assert (answer.status_code, answer.json()) == (202, {"heard": 1}), "in the remote's words"
    (row,) = served.stored()
    assert (row["coupling_id"], row["object"], row["remote_id"], row["state"]) == (1, "products", "1", "waiting")
    assert row["body"] == event(1)


def test_a_repeated_delivery_is_accepted_and_does_nothing(serve: Serve) -> None:
    served = serve()
    assert [post(served, event(1)).status_code for _ in range(3)] == [202, 202, 202]
    assert len(served.stored()) == 1
    # The same event of another coupling is another event.
    assert post(served, event(1), "second").status_code == 202
    assert [row["coupling_id"] for row in served.stored()] == [1, 2]
    counted = HTTP.get(f"{served.url}/metrics").text
    assert 'optiply_webhook_accepted_total{coupling="shop__1"} 1' in counted
    assert 'optiply_webhook_repeated_total{coupling="shop__1"} 2' in counted
    assert 'optiply_webhook_backlog{coupling="shop__2"} 1' in counted


def test_what_is_forged_or_unsigned_is_refused(serve: Serve) -> None:
    served = serve()
    body = event(1)
    right = signed(body)["X-Signature"]
    assert post(served, body, **{"X-Other": "1"}).status_code == 401
    assert post(served, body, **signed(body, b"a guess")).status_code == 401
    assert post(served, body, **{"X-Signature": right[:-1]}).status_code == 401
    assert post(served, event(2), **{"X-Signature": right}).status_code == 401
    assert post(served, body, "open", **signed(body, b"")).status_code == 403, "no secret: nothing is believed"
    assert post(served, body, "nobody").status_code == 404
    assert served.stored() == []


def test_the_size_of_a_body_is_limited_whether_it_is_announced_or_not(serve: Serve) -> None:
    served = serve(Limits(body_bytes=1000))
    large = event(1, text="x" * 1000)
    assert post(served, large).status_code == 413

    def pieces() -> object:
        yield from (large[start : start + 100] for start in range(0, len(large), 100))

    answer = HTTP.post(f"{served.url}/webhooks/first", content=pieces(), headers=signed(large))  # type: ignore[arg-type]
    assert answer.status_code == 413
    assert served.stored() == []
    assert post(served, event(1)).status_code == 202


def test_one_coupling_that_sends_too_much_leaves_the_others_alone(serve: Serve) -> None:
    served = serve(Limits(rate=0.1))
    assert [post(served, event(number)).status_code for number in range(3)] == [202, 202, 429]
    refused = post(served, event(3))
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert post(served, event(3), "second").status_code == 202


def test_a_bucket_fills_again() -> None:
    buckets = Buckets(rate=10)
    assert [buckets.take(1, now=0.0) for _ in range(200)] == [0.0] * 200
    assert buckets.take(1, now=0.0) == pytest.approx(0.1)
    assert buckets.take(1, now=0.1) == 0.0


def test_ping_and_what_nobody_asked_for_are_answered_and_not_stored(serve: Serve) -> None:
    served = serve()
    assert post(served, b"ping", **{"X-Other": "1"}).status_code == 202
    assert post(served, event(1, unwanted=True)).status_code == 202
    assert served.stored() == []


def test_a_signed_event_that_cannot_be_read_is_kept_for_a_person(serve: Serve) -> None:
    served = serve()
    assert post(served, b"<xml/>").status_code == 202
    assert post(served, event(1, id="a\x00b")).status_code == 202
    assert [row["state"] for row in served.stored()] == ["poison", "poison"]
    assert "cannot be read" in served.stored()[0]["reason"]


def test_without_postgresql_nothing_is_accepted(serve: Serve, warehouse: str) -> None:
    served = serve(dsn=psycopg.conninfo.make_conninfo(warehouse, port=1))
    answer = post(served, event(1))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    served.known.is_away = True
    assert post(served, event(1), "nobody").status_code == 503, "nobody knows whether the address exists"


def test_an_event_that_postgresql_refuses_does_not_take_its_neighbours_along(serve: Serve) -> None:
    served = serve()
    served.connection.execute(
        "alter table platform.webhook_events add constraint odd check (remote_id is distinct from '7')"
    )
    with ThreadPoolExecutor(20) as senders:
        found = list(senders.map(lambda number: post(served, event(number)).status_code, range(20)))
    assert found == [503 if number == 7 else 202 for number in range(20)]
    assert len(served.stored()) == 19


def test_slow_senders_do_not_hold_others_back(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_HEAD_SECONDS", 3.0)
    served = serve(Limits(body_seconds=3.0))
    head = b"POST /webhooks/first HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n"
    slow = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(200)]
    try:
        for number, connection in enumerate(slow):
            # Half of them never end their head, the others never their body.
            connection.sendall(head if number % 2 else head + b"\r\n{")
        begun = time.monotonic()
        assert all(post(served, event(number)).status_code == 202 for number in range(20))
        assert time.monotonic() - begun < 2
        answers = [_last_words(connection) for connection in slow]
        assert time.monotonic() - begun < 10, "each of them was closed"
        assert {answer[:12] for answer in answers} == {b"", b"HTTP/1.1 408"}
    finally:
        for connection in slow:
            connection.close()
    assert len(served.stored()) == 20


def _last_words(connection: socket.socket) -> bytes:
    connection.settimeout(10)
    said = b""
    try:
        while part := connection.recv(1000):
            said += part
    except ConnectionResetError:
        pass
    return said


def test_health_tells_the_backlog(serve: Serve) -> None:
    served = serve()
    post(served, event(1))
    told = HTTP.get(f"{served.url}/health").json()
    assert (told["status"], told["waiting"], told["poison"]) == ("healthy", 1, 0)
    assert SECRET.decode() not in HTTP.get(f"{served.url}/metrics").text
