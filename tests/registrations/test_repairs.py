"""What may go wrong with registrations, and what is told about it; at one system that shows all of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from include.contract.errors import AuthRefused, LimitReached, Misconfigured, RemoteDown
from include.engine import client
from include.sandbox import Running, serve
from include.spec.load import load_manifest
from include.sync import webhooks
from include.sync.webhooks import ADDRESS_VARIABLE
from include.warehouse import registrations
from tests.registrations.ground import Ground, Place


@pytest.fixture(scope="module")
def remote() -> Iterator[tuple[str, Running]]:
    with serve("picqer", size=20, orders=20) as running:
        yield "picqer", running


@pytest.mark.requirement("R4")
def test_a_removed_coupling_can_be_registered_again(place: Place) -> None:
    place.register()
    token = place.endpoint()["token"]
    place.remove()
    assert place.register().failed == ()
    assert set(place.alive) == set(webhooks.topics_of(place.config))
    assert (place.endpoint()["is_active"], place.endpoint()["token"]) == (True, token)


def test_a_double_is_taken_away(place: Place) -> None:
    place.register()
    hook = next(iter(place.running.remote.post.hooks.values()))
    place.running.remote.post.register(dataclasses.replace(hook, id="9001", data=dict(hook.data)))
    place.check()
    assert place.alive[hook.topic]["id"] == hook.id


@pytest.mark.requirement("R4")
def test_a_registration_that_never_arrived_is_made_by_the_next_check(place: Place) -> None:
    place.running.admin.fault("lost", method="POST", writes=True, times=1)
    settled = place.register()
    (failed,) = settled.failed
    assert (failed.deed, place.rows()[failed.topic]["state"]) == ("wanted", "wanted")
    assert place.check().failed == ()
    assert set(place.alive) == set(webhooks.topics_of(place.config))


@pytest.mark.requirement("R4")
def test_a_refused_topic_says_why_and_holds_no_other_back(place: Place) -> None:
    place.running.admin.fault("status", method="POST", writes=True, status=400, times=1, body="no such event")
    (failed,) = place.register().failed
    row = place.rows()[failed.topic]
    assert row["state"] == "failed"
    assert row["error_class"] == "bad request"
    assert "no such event" in row["reason"]
    assert row["acts"]
    assert row["next_step"]
    assert len(place.alive) == len(webhooks.topics_of(place.config)) - 1
    assert place.checks()[-1]["outcome"] == "failed"


@pytest.mark.requirement("R4")
def test_switched_off_in_the_yaml_they_are_taken_away(place: Place) -> None:
    place.register()
    place.config = dataclasses.replace(place.config, settings={**place.config.settings, "webhooks.enabled": False})
    assert place.check().failed == ()
    assert place.alive == {}
    assert place.states() == {"removed"}


def test_only_what_is_switched_on_is_asked_for(place: Place) -> None:
    place.config = dataclasses.replace(place.config, objects=("products",))
    place.register()
    assert set(place.alive)
    events = place.config.manifest.webhooks
    assert events is not None
    assert {rule.object for topic in place.alive for rule in events.events[topic]} == {"products"}


def test_without_an_address_a_person_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS_VARIABLE)
    with pytest.raises(Misconfigured, match=ADDRESS_VARIABLE):
        place.register()
    check = place.checks()[-1]
    assert (check["outcome"], check["error_class"], check["acts"]) == ("failed", "configuration", "support")
    assert "public address" in check["next_step"]


@pytest.mark.requirement("R4")
def test_a_remote_that_is_away_leaves_everything_as_it_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.register()
    before = place.alive
    monkeypatch.setattr(client, "_TRIES", 1)
    place.running.admin.fault("status", status=503, times=None)
    with pytest.raises(RemoteDown):
        place.check()
    place.running.admin.clear_faults()
    assert place.alive == before
    assert place.states() == {"registered"}
    check = place.checks()[-1]
    assert (check["outcome"], check["error_class"]) == ("failed", "remote down")


def test_refused_credentials_are_told(place: Place) -> None:
    place.register()
    credentials = dataclasses.replace(place.credentials, password="another", login="another")
    with pytest.raises(AuthRefused):
        webhooks.check(place.ground.platform, place.config, credentials)
    assert place.checks()[-1]["error_class"] == "auth"


def test_two_at_once_do_not_meet(place: Place) -> None:
    place.register()
    number = place.endpoint()["coupling_id"]
    with (
        place.ground.platform.connect() as connection,
        registrations.locked(connection, number),
        pytest.raises(LimitReached),
    ):
        place.check()
    assert place.check().failed == ()


@pytest.mark.requirement("R4")
def test_no_secret_stands_in_the_clear(place: Place) -> None:
    """Not even where the remote writes back what it was sent."""
    place.register()
    (secret,) = place.secrets()
    for hook in list(place.alive.values()):
        place.running.admin.lose_webhook(hook["id"])
    place.running.admin.fault("status", method="POST", writes=True, status=400, times=None, body=f"refused: {secret}")
    assert place.check().failed
    assert secret.encode() not in place.endpoint()["secret"]
    told = [*place.rows().values(), *place.checks()]
    assert told
    assert not any(secret in str(row) for row in told)


def test_a_system_without_webhooks_has_nothing_to_do(ground: Ground) -> None:
    with serve("logic4", size=5, orders=5) as running:
        place = ground.at("logic4", running)
        assert load_manifest("logic4").webhooks is None
        with pytest.raises(Misconfigured, match="sends nothing"):
            place.register()
        assert place.check().done == ()
        assert place.remove().done == ()
