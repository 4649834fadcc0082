"""What a fault does to a write: whether the API carried it out, and what its client was told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import small
from tests.sandbox.test_picqer_sandbox import client
from tests.sandbox.test_picqer_writes import an_order


@pytest.fixture
def picqer() -> Iterator[tuple[Running, httpx.Client]]:
    with small("picqer", size=40, orders=10) as running, client(running) as http:
        yield running, http


def count(running: Running) -> int:
    return len(running.admin.state()["collections"]["purchase_orders"])


CUT = (httpx.RemoteProtocolError, httpx.ReadError)


@pytest.mark.parametrize(
    ("fault", "told", "carried_out"),
    [
        ({"kind": "status", "status": 500}, 500, False),
        ({"kind": "status", "status": 500, "after": True}, 500, True),
        ({"kind": "html", "after": True}, 200, True),
        ({"kind": "cut"}, None, True),
        ({"kind": "cut", "after": True}, None, True),
        ({"kind": "lost"}, None, False),
        ({"kind": "truncate"}, 201, True),
    ],
)
def test_what_was_carried_out_and_what_was_told(
    picqer: tuple[Running, httpx.Client], fault: dict[str, Any], told: int | None, carried_out: bool
) -> None:
    running, http = picqer
    before = count(running)
    running.admin.fault(**fault, match="/purchaseorders", writes=True)
    assert http.get("purchaseorders").status_code == 200, "a read is not hit"
    if told is None:
        with pytest.raises(CUT):
            http.post("purchaseorders", json=an_order())
    else:
        assert http.post("purchaseorders", json=an_order()).status_code == told
    assert count(running) - before == carried_out
    assert [entry["status"] for entry in running.admin.writes("purchaseorders")] == [told]
    assert len(running.admin.accepted("purchaseorders")) == carried_out
    assert http.post("purchaseorders", json=an_order()).status_code == 201, "the fault has gone"


def test_a_late_write_is_carried_out_after_its_connection_is_gone(picqer: tuple[Running, httpx.Client]) -> None:
    running, http = picqer
    before = count(running)
    running.admin.fault("late", "/purchaseorders", method="POST", seconds=0.4)
    with pytest.raises(CUT):
        http.post("purchaseorders", json=an_order())
    assert (count(running), running.admin.accepted()) == (before, [])
    time.sleep(0.7)
    assert (count(running), len(running.admin.accepted())) == (before + 1, 1)


@pytest.mark.parametrize("after", [False, True])
def test_a_client_may_lose_patience(picqer: tuple[Running, httpx.Client], after: bool) -> None:
    running, http = picqer
    before = count(running)
    running.admin.fault("slow", "/purchaseorders", writes=True, seconds=0.6, after=after)
    with pytest.raises(httpx.ReadTimeout):
        http.post("purchaseorders", json=an_order(), timeout=0.2)
    assert count(running) - before == after, "without `after` the order comes only later"
    time.sleep(0.7)
    assert count(running) - before == 1
