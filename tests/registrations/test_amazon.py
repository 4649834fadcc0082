"""Amazon sends to a destination of its own cloud, where a rule calls us with a key. Our login may not unsubscribe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.amazon_seller.sandbox.notifications import DESTINATION
from include.sandbox import Running, serve
from include.sync.drain import drain
from tests.registrations.ground import KEY, Ground, Place, inbox, until

pytestmark = pytest.mark.requirement("R4")


@pytest.fixture(scope="module")
def remote() -> Iterator[tuple[str, Running]]:
    settings: dict[str, int | str] = {"limits": 0, "delay_seconds": 0, "bridge_key": KEY}
    with serve("amazon_seller", size=20, orders=20, settings=settings) as running:
        yield "amazon_seller", running


@pytest.fixture
def place(ground: Ground, remote: tuple[str, Running]) -> Place:
    system, running = remote
    for hook in list(running.remote.post.hooks):
        running.remote.post.forget(hook)
    running.admin.set(bridge_key=KEY)
    on = {"webhooks.enabled": True, "webhooks.destination": DESTINATION, "sell_orders.api": "v0"}
    return ground.at(system, running, **on)


def test_a_seller_is_subscribed_once(place: Place) -> None:
    assert place.register().sentence() == "1 registered"
    assert set(place.alive) == {"ORDER_CHANGE"}
    assert place.register().sentence() == "1 right"
    assert place.rows()["ORDER_CHANGE"]["address"] == DESTINATION


def test_what_may_not_be_taken_away_is_told_once(place: Place) -> None:
    place.register()
    (left,) = place.remove().failed
    assert left.deed == "left"
    row = place.rows()["ORDER_CHANGE"]
    assert (row["state"], row["acts"]) == ("left", "support")
    assert "EventBridge" in row["next_step"]
    assert place.endpoint()["is_active"] is False
    assert place.check().done == ()
    assert place.register().failed == ()
    assert place.states() == {"registered"}


def test_an_order_that_changes_is_asked_for(place: Place, receiver: str) -> None:
    place.register()
    place.running.admin.set(bridge_address=f"{receiver}/webhooks/{place.endpoint()['token']}")
    (order,) = place.running.admin.change(new_orders=1)["new_orders"]
    until(lambda: bool(inbox(place)))
    assert {row["remote_id"] for row in inbox(place)} == {order}
    assert drain(place.ground.platform, lambda _: (place.config, place.credentials)).poison == 0
    found = place.ground.connection.execute("select record_key from staging.amazon_seller__orders_v0").fetchall()
    assert order in {row["record_key"] for row in found}


def test_another_key_is_refused(place: Place, receiver: str) -> None:
    place.register()
    place.running.admin.set(bridge_address=f"{receiver}/webhooks/{place.endpoint()['token']}", bridge_key="another")
    place.running.admin.change(new_orders=1)
    until(lambda: any(sent["status"] == 401 for sent in place.running.admin.webhooks()["sent"]))
    assert inbox(place) == []
