"""Registered once per topic, repaired when lost or switched off, taken away at the end: at every system."""

from __future__ import annotations

import dataclasses

import pytest

from include.contract.errors import Misconfigured
from include.sync import webhooks
from include.sync.webhooks import ADDRESS_VARIABLE
from include.warehouse import registrations
from tests.registrations.ground import Place, another_id


@pytest.mark.requirement("R4")
def test_every_topic_is_registered_once_at_the_couplings_own_address(place: Place) -> None:
    settled = place.register()
    assert settled.failed == ()
    assert set(place.alive) == set(webhooks.topics_of(place.config))
    token = place.endpoint()["token"]
    assert {hook["address"] for hook in place.alive.values()} == {f"{place.ground.listener.address}/webhooks/{token}"}
    assert place.states() == {"registered"}
    assert all(row["remote_id"] and row["registered_at"] for row in place.rows().values())
    (check,) = place.checks()
    assert (check["operation"], check["outcome"], check["error_class"]) == ("register", "changed", None)


@pytest.mark.requirement("R4")
def test_registering_again_makes_nothing_new(place: Place) -> None:
    place.register()
    before = place.alive
    place.running.admin.forget_requests()
    assert place.register().sentence() == f"{len(before)} right"
    assert place.alive == before
    assert place.running.admin.writes() == []
    assert place.checks()[-1]["outcome"] == "right"


@pytest.mark.requirement("R4")
def test_what_the_remote_lost_is_registered_again(place: Place) -> None:
    place.register()
    topic, hook = next(iter(place.alive.items()))
    place.running.admin.lose_webhook(hook["id"])
    assert "1 lost and registered again" in place.check().sentence()
    assert topic in place.alive
    row = place.rows()[topic]
    assert (row["state"], row["repairs"]) == ("registered", 1)
    assert "lost" in row["reason"]


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("remote", ["woocommerce", "picqer", "lightspeed_ecom", "bol_com"], indirect=True)
def test_what_the_remote_switched_off_is_on_again(place: Place) -> None:
    place.register()
    topic, hook = next(iter(place.alive.items()))
    place.running.admin.switch_off_webhook(hook["id"])
    assert topic not in place.alive
    assert "1 switched off and on again" in place.check().sentence()
    assert place.alive[topic]["id"] == hook["id"]
    assert place.rows()[topic]["repairs"] == 1


@pytest.mark.requirement("R4")
def test_removal_takes_away_strays_too_and_leaves_others_alone(place: Place) -> None:
    place.register()
    hook = next(iter(place.running.remote.post.hooks.values()))
    doubled = dataclasses.replace(hook, id=another_id(hook.id, 1), data=dict(hook.data))
    address = "https://erp.example/hook"
    foreign = dataclasses.replace(hook, id=another_id(hook.id, 2), address=address, data=dict(hook.data))
    for stray in (doubled, foreign):
        place.running.remote.post.register(stray)
    assert place.remove().failed == ()
    assert [each["id"] for each in place.alive.values()] == [foreign.id]
    assert place.states() == {"removed"}
    assert place.endpoint()["is_active"] is False
    place.running.admin.forget_requests()
    assert place.check().done == (), "what a person removed stays removed"
    assert place.running.admin.writes() == []


@pytest.mark.requirement("R4")
def test_a_registration_whose_answer_never_came_is_not_made_twice(place: Place) -> None:
    place.running.admin.fault("cut", method="POST", writes=True, times=1, after=True)
    place.register()
    topics = set(webhooks.topics_of(place.config))
    assert set(place.alive) == topics
    assert len(place.running.admin.accepted()) == len(topics)
    assert place.states() == {"registered"}


@pytest.mark.requirement("R4")
def test_another_address_registers_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.register()
    monkeypatch.setenv(ADDRESS_VARIABLE, f"{place.ground.listener.address}/moved/")
    assert place.check().failed == ()
    token = place.endpoint()["token"]
    addresses = {hook["address"] for hook in place.alive.values()}
    assert addresses == {f"{place.ground.listener.address}/moved/webhooks/{token}"}
    assert set(place.alive) == set(webhooks.topics_of(place.config))


@pytest.mark.requirement("R4")
def test_a_new_secret_is_registered_and_the_old_one_counts_for_a_while(place: Place) -> None:
    if not place.is_signed_with_ours:
        with pytest.raises(Misconfigured, match="not made by us"):
            place.rotate()
        return
    place.register()
    (old,) = place.secrets()
    assert place.rotate().failed == ()
    new, previous = place.secrets()
    assert previous == old
    assert new != old
    assert place.told_secrets() == {new}
    assert set(place.alive) == set(webhooks.topics_of(place.config))
    row = place.endpoint()
    assert row["previous_until"] - row["secret_set_at"] == registrations.PREVIOUS_KEPT
