"""A change in a system's world arrives signed, and our own verification believes it; forged letters it does not."""

from __future__ import annotations

import pytest

from tests.registrations.conftest import SIGNING
from tests.registrations.ground import Place, until

# What happens, and what the platform has to hear of it: object, whether the record itself comes, whether it is gone.
CHANGES: dict[str, list[tuple[str, str, bool, bool]]] = {
    "woocommerce": [
        ("renamed", "products", True, False),
        ("new_orders", "sell_orders", True, False),
        ("trashed_orders", "sell_orders", False, False),
    ],
    "picqer": [
        ("renamed", "products", False, False),
        ("stock", "products", False, False),
        ("new_orders", "sell_orders", True, False),
        ("purchased_orders", "buy_orders", True, False),
        ("receipts", "receipt_lines", False, False),
    ],
    "exact_online": [("renamed", "products", False, False), ("new_orders", "sell_orders", False, False)],
    "lightspeed_ecom": [
        ("renamed", "products", False, False),
        ("deleted_products", "products", False, True),
        ("new_orders", "sell_orders", False, False),
    ],
    "bol_com": [("new_orders", "sell_orders", False, False), ("cancellation_requests", "sell_orders", False, False)],
    "magento": [("new_orders", "sell_orders", False, False)],
}


@pytest.mark.requirement("R4")
def test_each_change_arrives_and_is_believed(place: Place) -> None:
    place.register()
    for kind, name, is_full, is_gone in CHANGES[place.config.connector]:
        place.ground.listener.heard.clear()
        (changed, *_) = place.running.admin.change(**{kind: 1})[kind]
        events = [event for event in place.wait_for_events(1) if event.object == name]
        place.settle()
        assert len(place.events()) == len(place.ground.listener.heard), "every letter is believed"
        assert [event for event in events if (event.record is not None, event.gone) == (is_full, is_gone)], kind
        told = {event.remote_id for event in place.events() if event.object == name}
        assert told in ({None}, {changed}) or changed in told or name == "receipt_lines", (kind, changed, told)


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("remote", SIGNING, indirect=True)
def test_a_forged_letter_is_not_believed_and_a_doubled_one_is_known(place: Place) -> None:
    place.register()
    place.running.admin.webhook_fault("forge")
    place.running.admin.webhook_fault("duplicate")
    place.ground.listener.heard.clear()
    place.running.admin.change(new_orders=2)
    until(lambda: len(place.ground.listener.heard) >= 4)
    place.settle()
    faults = [sent["fault"] for sent in place.running.admin.webhooks()["sent"]]
    assert faults.count("forged") == 1
    assert faults.count("duplicate") == 2
    assert len(place.ground.listener.heard) - len(place.events()) == 1, "one is forged"
    doubled = [event.dedup for event in place.events()]
    assert len(doubled) - len(set(doubled)) == 1


def test_letters_may_change_places_or_come_late(place: Place) -> None:
    place.register()
    place.ground.listener.heard.clear()
    place.running.admin.webhook_fault("reorder")
    first, second = place.running.admin.change(new_orders=2)["new_orders"]
    place.wait_for_events(2)
    place.settle()
    told = [event.remote_id for event in place.events()]
    assert told in ([second, first], [None, None]), "Exact's orders are caught up with"
    place.ground.listener.heard.clear()
    place.running.admin.webhook_fault("delay", seconds=3600)
    place.running.admin.change(new_orders=1)
    assert place.running.admin.webhooks()["waiting"] == 1
    assert place.ground.listener.heard == []
    place.advance(3601)
    assert len(place.wait_for_events(1)) == 1


# How often a letter is tried in all, the longest wait before a try in seconds, and whether its hook is off then.
PATIENCE = {
    "woocommerce": (1, 3600, False),
    "picqer": (16, 9 * 3600, False),
    "exact_online": (10, 9 * 3600, False),
    "lightspeed_ecom": (1, 3600, False),
    "bol_com": (10, 600, True),
    "magento": (1, 3600, False),
}


@pytest.mark.requirement("R4")
def test_a_letter_that_nobody_takes_is_tried_as_its_system_does(place: Place) -> None:
    place.register()
    place.ground.listener.heard.clear()
    place.ground.listener.answer = 503
    tries, seconds, is_off = PATIENCE[place.config.connector]
    place.running.admin.change(new_orders=1)
    until(lambda: len(place.ground.listener.heard) >= 1)

    def is_over() -> bool:
        place.advance(seconds)
        return not place.running.admin.webhooks()["waiting"] and len(place.ground.listener.heard) >= tries

    until(is_over)
    assert len(place.ground.listener.heard) == tries
    assert len({heard.body for heard in place.ground.listener.heard}) == 1
    off = [hook for hook in place.hooks if not hook["active"]]
    assert bool(off) == is_off
    place.ground.listener.answer = 200
    if is_off:
        assert "switched off and on again" in place.check().sentence()
