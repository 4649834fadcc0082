"""What a scheduled run may ask of a remote in each state of its coupling, and what its log says where it may not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from include.contract.errors import AuthRefused, Misconfigured
from include.sandbox import Running, serve
from include.sync import life
from include.sync.auth import digest_of
from include.tasks import activation_operators, catch_up, gate
from include.warehouse import life as lives
from tests.sync.stage import Stage

SHOP, SIBLING, OTHER = "velodrome__woocommerce", "bralex__bol_com", "houtrijk__picqer"
SCHEDULED, BY_HAND = SimpleNamespace(run_type="scheduled"), SimpleNamespace(run_type="manual")
REFUSED = AuthRefused("401: no such key").reason
pytestmark = pytest.mark.requirement("R13", "R2")


@pytest.fixture
def stage(clean_copy: Callable[[str], Stage]) -> Stage:
    return clean_copy("gate")


@pytest.fixture
def shop(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with serve("woocommerce", seed=5, size=10, orders=5) as running:
        stage.coupled(SHOP, running)
        monkeypatch.setattr(gate, "credentials", lambda config: stage.opened[config.name])
        monkeypatch.setattr(activation_operators, "credentials", lambda config: stage.opened[config.name])
        yield running


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """The runs that were asked of Airflow."""
    asked: list[tuple[str, str, dict[str, Any]]] = []
    monkeypatch.setattr(catch_up, "_send", lambda *what: asked.append(what))
    return asked


def put(stage: Stage, state: str, *names: str) -> None:
    stage.connection.execute(
        "update platform.coupling_life l set state = %s, before = case when %s = 'needs_auth' then 'active' end"
        " from platform.couplings c where c.id = l.coupling_id and c.name = any(%s)",
        [state, state, list(names)],
    )


def refuse(stage: Stage, digest: bytes) -> None:
    put(stage, "active", SHOP)
    with stage.platform.connect() as connection:
        life.auth_failed(connection, SHOP, REFUSED, "products", digest)


def let_in(stage: Stage, run: SimpleNamespace) -> None:
    gate.admit(stage.platform, stage.configs[SHOP], run)


@pytest.mark.parametrize(
    ("state", "words", "step"),
    [
        ("new", "was never activated", "Activate it"),
        ("activating", "is being activated", "come on by themselves"),
        ("paused", "is paused", "Resume it"),
        ("inactive", "is switched off", "Activate it again"),
    ],
)
def test_a_schedule_asks_nothing_of_a_coupling_that_is_not_active(
    stage: Stage, caplog: pytest.LogCaptureFixture, state: str, words: str, step: str
) -> None:
    put(stage, state, SHOP)
    with caplog.at_level(logging.INFO), pytest.raises(AirflowSkipException, match=words):
        let_in(stage, SCHEDULED)
    told, advice = caplog.messages[-2:]
    assert told.startswith(f"SKIPPED: {SHOP} {words} since ")
    assert advice.startswith("Next step: ")
    assert step in advice
    let_in(stage, BY_HAND)


def test_an_active_one_goes_on(stage: Stage) -> None:
    put(stage, "active", SHOP)
    let_in(stage, SCHEDULED)


def test_the_credentials_that_were_refused_are_not_tried_by_schedule(
    stage: Stage, shop: Running, caplog: pytest.LogCaptureFixture
) -> None:
    refuse(stage, digest_of(stage.platform.vault, stage.opened[SHOP]))
    shop.admin.forget_requests()
    with caplog.at_level(logging.INFO), pytest.raises(AirflowSkipException, match="needs re-authentication"):
        let_in(stage, SCHEDULED)
    assert shop.admin.requests() == []
    assert any("auth: 401: no such key" in line for line in caplog.messages)
    assert caplog.messages[-1].startswith("Who acts: customer. Next step: Ask the customer for new credentials")


def test_other_credentials_are_tried_once_and_let_all_go_on_that_share_them(
    stage: Stage, shop: Running, started: list[tuple[str, str, dict[str, Any]]]
) -> None:
    stage.connection.execute("update platform.couplings set connection = %s where name = %s", [SHOP, SIBLING])
    put(stage, "active", SIBLING)
    refuse(stage, b"the hash of others")
    shop.admin.forget_requests()
    let_in(stage, SCHEDULED)
    let_in(stage, SCHEDULED)
    assert len(shop.admin.requests()) == 1
    ((dag, run, form),) = started
    assert (dag, form) == (f"{SIBLING}__extract", {"objects": ["sell_orders"], "mode": "changed"})
    assert run.startswith("catch_up_20"), "its own run catches the first one up"


def test_other_credentials_that_are_refused_fail_one_run(stage: Stage, shop: Running) -> None:
    refuse(stage, b"the hash of others")
    shop.admin.fault("status", "/products", status=401, times=None)
    with pytest.raises(AuthRefused):
        let_in(stage, SCHEDULED)
    with pytest.raises(AirflowSkipException):
        let_in(stage, SCHEDULED)


def test_without_a_connection_there_is_nothing_to_try(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, started: list[Any]
) -> None:
    def lacking(_config: object) -> None:
        raise Misconfigured("there is no Airflow connection")

    monkeypatch.setattr(gate, "credentials", lacking)
    refuse(stage, b"a hash")
    with pytest.raises(AirflowSkipException):
        let_in(stage, SCHEDULED)
    assert started == []


def test_the_form_does_what_it_says(
    stage: Stage, shop: Running, started: list[tuple[str, str, dict[str, Any]]]
) -> None:
    config = stage.configs[SHOP]
    put(stage, "active", SHOP)
    assert "is paused since" in activation_operators.do(stage.platform, config, "pause", "sam")
    assert "is active since" in activation_operators.do(stage.platform, config, "resume", "sam")
    assert [(dag, form["mode"]) for dag, _, form in started] == [(f"{SHOP}__extract", "changed")]
    refuse(stage, b"a hash")
    told = activation_operators.do(stage.platform, config, "recheck", "sam")
    assert told.startswith("WooCommerce accepts the credentials")
    assert len(started) == 2
    put(stage, "needs_auth", SHOP)
    stage.connection.execute("update platform.coupling_life set before = 'activating' where state = 'needs_auth'")
    activation_operators.do(stage.platform, config, "recheck", "sam")
    assert started[-1][0] == "activate"
    assert started[-1][2] == {"coupling": SHOP}
    assert "is switched off since" in activation_operators.do(stage.platform, config, "deactivate", "sam")
    with stage.platform.connect() as connection:
        assert lives.of(connection, SHOP).state == "inactive"
        assert lives.of(connection, OTHER).state == "new"
