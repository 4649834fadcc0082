"""From a change in each system's sandbox to the landed row: its own webhook, the receiver, the inbox, the drain."""

from __future__ import annotations

import time

import pytest

from include.sync import webhooks
from include.sync.drain import drain
from include.sync.pull import pull
from include.warehouse.pulls import Wish
from tests.registrations.conftest import SIGNING
from tests.registrations.ground import Place, inbox, until

# What happens at the remote, the object that it is about, its landing table, and whether the row is gone then.
CHANGES = {
    "woocommerce": [("new_orders", "sell_orders", "orders", False), ("renamed", "products", "products", False)],
    "picqer": [
        ("new_orders", "sell_orders", "orders", False),
        ("stock", "products", "products", False),
        ("new_purchase_orders", "buy_orders", "purchase_orders", False),
    ],
    "exact_online": [("renamed", "products", "items", False)],
    "lightspeed_ecom": [
        ("new_orders", "sell_orders", "orders", False),
        ("renamed", "products", "products", False),
        ("deleted_products", "products", "products", True),
    ],
    "bol_com": [("new_orders", "sell_orders", "order_details", False)],
    "magento": [("new_orders", "sell_orders", "orders", False)],
}


def landed(place: Place, stream: str) -> dict[str, tuple[bool, object]]:
    """Each record's key with whether it is gone, and its hash."""
    table = f"staging.{place.config.connector}__{stream}"
    rows = place.ground.connection.execute(
        f"select record_key, gone_at is not null as is_gone, payload_hash from {table} where superseded_at is null"
    )
    return {row["record_key"]: (row["is_gone"], row["payload_hash"]) for row in rows}


@pytest.mark.requirement("R4")
def test_a_change_at_the_remote_is_landed(place: Place, receiver: str) -> None:
    changes = CHANGES[place.config.connector]
    for name in dict.fromkeys(name for _, name, _, _ in changes):
        pull(place.ground.platform, place.config, Wish(place.config.name, name, "all"), place.credentials)
    assert place.register().failed == ()
    for kind, name, stream, is_gone in changes:
        before = landed(place, stream)
        (changed, *_) = place.running.admin.change(**{kind: 1})[kind]
        until(lambda: bool(inbox(place)))
        place.settle()
        waiting = len(inbox(place))
        assert {row["object"] for row in inbox(place)} == {name}, kind
        done = drain(place.ground.platform, lambda _: (place.config, place.credentials))
        assert (done.done, done.poison, done.put_off) == (waiting, 0, 0), inbox(place)
        now = landed(place, stream)
        different = {key for key in now if now[key] != before.get(key)}
        assert changed in different, (kind, changed, different)
        assert now[changed][0] is is_gone
        assert (place.config.name, name) in done.news


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("remote", SIGNING, indirect=True)
def test_forged_letters_are_refused_and_doubled_ones_stored_once(place: Place, receiver: str) -> None:
    place.register()
    place.running.admin.webhook_fault("forge")
    place.running.admin.webhook_fault("duplicate")
    place.running.admin.change(new_orders=2)
    until(lambda: len(inbox(place)) == 2)
    place.settle()
    assert len(inbox(place)) == 2
    sent = place.running.admin.webhooks()["sent"][-4:]
    assert sorted((each["fault"], each["status"]) for each in sent) == [
        ("duplicate", 200), ("duplicate", 200), ("forge", 200), ("forged", 401),
    ]  # fmt: skip


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("remote", ["picqer"], indirect=True)
def test_what_is_signed_with_the_secret_of_before_is_still_taken(place: Place, receiver: str) -> None:
    place.register()
    old = next(iter(place.running.remote.post.hooks.values())).secret
    place.rotate()
    # As if it had been signed before the change, and repeated since.
    for hook in place.running.remote.post.hooks.values():
        hook.secret = old
    place.running.admin.change(new_orders=1)
    until(lambda: len(inbox(place)) == 1)
    place.ground.connection.execute("update platform.webhook_endpoints set previous_until = now()")
    time.sleep(0.3)
    place.running.admin.change(new_orders=1)
    until(lambda: place.running.admin.webhooks()["sent"][-1]["status"] == 401)
    assert len(inbox(place)) == 1


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("remote", ["bol_com"], indirect=True)
def test_a_key_of_bol_that_is_new_to_us_is_fetched(place: Place, receiver: str) -> None:
    place.register()
    place.running.admin.set(signature_key=1)
    place.running.admin.change(new_orders=1)
    until(lambda: place.running.admin.webhooks()["sent"][-1]["status"] == 401)

    def is_wanted() -> bool:
        # The receiver tells of the key when it reads its addresses next, which some delivery lets it do.
        place.running.admin.advance(10)
        time.sleep(0.4)
        return place.endpoint()["keys_wanted_at"] is not None

    until(is_wanted)
    place.ground.connection.execute("update platform.webhook_endpoints set secret_set_at = now() - interval '1 hour'")
    webhooks.renew_keys(place.ground.platform, lambda _: (place.config, place.credentials))
    assert place.endpoint()["keys_wanted_at"] is None

    def is_repeated() -> bool:
        place.running.admin.advance(60)
        time.sleep(0.4)
        return bool(inbox(place))

    until(is_repeated)
    assert place.alive, "it was refused for a while, and is not switched off"
