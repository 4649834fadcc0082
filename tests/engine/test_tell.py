"""A call that changes something is made once, and what became of it is named: accepted, refused or unknown."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from include.contract.errors import AuthRefused, LimitReached, Misconfigured, RemoteDown, RequestRefused
from include.engine.compose import JSON, compose, of_lines
from include.engine.ports import Credentials
from tests.engine.conftest import ClientOf
from tests.engine.remote import Remote, Reply, as_json

VALUES = {
    "order.reference": "812345", "order.supplier_remote_id": "55", "settings.export.warehouse": None,
    "settings.export.line_price": True, "line.quantity": Decimal("12"),
}  # fmt: skip


@pytest.mark.requirement("F3", "R7")
@pytest.mark.parametrize(
    ("reply", "outcome", "kind", "error"),
    [
        (as_json({"id": 1}, 201), "accepted", "answer", None),
        (as_json({"error_message": "Verplicht: idsupplier"}, 400), "refused", "answer", RequestRefused),
        (as_json({}, 429, Retry_After="7"), "refused", "answer", LimitReached),
        (as_json({}, 401), "refused", "answer", AuthRefused),
        (Reply(b"", 302, {"Location": "/elsewhere"}), "refused", "answer", RequestRefused),
        (as_json({}, 500), "unknown", "error", RemoteDown),
        (as_json({}, 503, Retry_After="7"), "unknown", "error", RemoteDown),
        (as_json({}, 504), "unknown", "time-out", RemoteDown),
        (Reply(b'{"id": 1, "rest": "of it"}', 201, cut=True), "unknown", "cut", RemoteDown),
    ],
)
def test_an_answer_is_definite_or_unknown_and_never_asked_for_again(
    remote: Remote, client_of: ClientOf, reply: Reply, outcome: str, kind: str, error: type[Exception] | None
) -> None:
    remote.answer = [reply]
    client = client_of()
    told = client.tell(client.ready("POST", "/orders", body={"remarks": "op-1"}))
    assert (told.outcome, told.kind) == (outcome, kind)
    assert (told.error is None) if error is None else isinstance(told.error, error)
    assert len(remote.requests) == 1


@pytest.mark.requirement("F3")
def test_a_call_without_an_answer_is_unknown_and_one_without_a_connection_was_never_sent(client_of: ClientOf) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = client_of(Credentials("shop__system", host, "login", "password"), timeout=1)
        told = client.tell(client.ready("POST", "/orders", body={}))
        assert (told.outcome, told.kind) == ("unknown", "time-out")
    told = client.tell(client.ready("POST", "/orders", body={}))
    assert (told.outcome, told.kind) == ("refused", "not sent")
    assert isinstance(told.error, RemoteDown)
    assert "password" not in str(told)


@pytest.mark.requirement("F3", "R7")
def test_a_refused_token_is_renewed_and_the_call_sent_once_more(remote: Remote, client_of: ClientOf) -> None:
    token = as_json({"access_token": "second", "expires_in": 600})
    calls: list[str] = []

    def answer(request: Any) -> Reply:
        if request.path.endswith("/token"):
            calls.append("token")
            return as_json({"access_token": "first", "expires_in": 600}) if calls == ["token"] else token
        calls.append(request.headers["Authorization"])
        return as_json({"id": 7}, 201) if "second" in request.headers["Authorization"] else as_json({}, 401)

    remote.answer = answer
    auth = {"type": "client_credentials", "token_url": "{connection.host}/token"}
    client = client_of(auth=auth)
    told = client.tell(client.ready("POST", "/orders", body={}))
    assert told.outcome == "accepted"
    assert calls == ["token", "Bearer first", "token", "Bearer second"]


@pytest.mark.requirement("F3", "R2")
def test_what_has_to_wait_waits_before_the_call_is_written_down(remote: Remote, client_of: ClientOf) -> None:
    class UsedUp:
        def take(self, url: str) -> None:
            raise LimitReached("60 requests per minute are used up", datetime.now(UTC) + timedelta(minutes=1))

        def heard(self, url: str, headers: object) -> None:
            """Hear nothing."""

    with pytest.raises(LimitReached):
        client_of(limiter=UsedUp()).ready("POST", "/orders", body={})
    assert remote.requests == []


@pytest.mark.requirement("F3")
def test_a_body_keeps_numbers_leaves_out_what_is_empty_and_makes_lists_of_lines() -> None:
    template = {
        "idsupplier": "{int:order.supplier_remote_id}",
        "idwarehouse": "{int:settings.export.warehouse}",
        "remarks": "Optiply {order.reference}",
        "note": "in {settings.export.warehouse}",
        "rows": {
            "each": "lines",
            "of": {
                "amount": "{int:line.quantity}",
                "price": {"when": {"export.line_price": [True]}, "is": "{number:line.unit_price}"},
                "draft": {"when": {"export.line_price": [False]}, "is": "yes"},
            },
        },
    }
    lines: list[dict[str, object]] = [{"line.unit_price": Decimal("39.50")}, {"line.unit_price": None}]
    made = compose(template, VALUES, lines)
    assert JSON.encode(made) == (
        b'{"idsupplier":55,"remarks":"Optiply 812345","rows":[{"amount":12,"price":39.50},{"amount":12}]}'
    )
    assert of_lines(template)[0] == "rows"


@pytest.mark.requirement("F3")
def test_an_order_may_be_its_only_line() -> None:
    template = {"ref": "{order.reference}", "": {"each": "lines", "of": {"item": "{line.item}"}}}
    values, one = {"order.reference": "op-1"}, {"line.item": "a"}
    assert compose(template, values, [one]) == {"ref": "op-1", "item": "a"}
    assert compose(template, values) == {"ref": "op-1"}
    with pytest.raises(Misconfigured, match="one line only, and this one has 2"):
        compose(template, values, [one, one])


@pytest.mark.requirement("F3", "R16")
@pytest.mark.parametrize(("template", "value"), [("{int:line.x}", Decimal("2.5")), ("{number:line.x}", "five")])
def test_a_number_that_is_none_is_refused(template: str, value: object) -> None:
    with pytest.raises(Misconfigured, match=r"'line\.x' is needed as a"):
        compose(template, {"line.x": value})
