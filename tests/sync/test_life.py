"""A coupling's life: activated from nothing, stopped by refused credentials and revived, switched off and on again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from include.contract.errors import AuthRefused, Misconfigured, RequestRefused
from include.engine.ports import Credentials
from include.sandbox import Running, serve
from include.spec.load import CouplingConfig
from include.sync import activation, life, webhook_order, webhooks
from include.sync.auth import recheck, recheck_if_changed
from include.sync.configs import row_of
from include.warehouse import activation as steps
from include.warehouse import life as lives
from include.warehouse import registrations, registry
from tests.sync.stage import Row, Stage

SHOP, OTHER, SIBLING = "velodrome__woocommerce", "houtrijk__picqer", "bralex__bol_com"
STEPS = [
    "check_credentials",
    "pull_products",
    "map_products",
    "pull_sell_orders",
    "map_orders",
    "webhooks",
    "schedules",
]
pytestmark = pytest.mark.requirement("R13")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv(webhooks.ADDRESS_VARIABLE, "http://127.0.0.1:9")
    monkeypatch.setattr(webhook_order, "LOOKS", (0.0, 0.1, 0.2))
    with serve("woocommerce", seed=5, size=40, orders=30) as running:
        yield running


@dataclasses.dataclass
class Coupling:
    """One coupling as the tasks of Airflow handle it."""

    stage: Stage
    running: Running
    name: str = SHOP

    def __post_init__(self) -> None:
        self.stage.coupled(self.name, self.running)

    @property
    def config(self) -> CouplingConfig:
        return self.stage.configs[self.name]

    @property
    def credentials(self) -> Credentials:
        return self.stage.opened[self.name]

    def activate(self) -> bool:
        begun = activation.begin(self.stage.platform, self.config, "sam")
        for stage in activation.STAGES if begun else ():
            activation.perform(
                self.stage.platform, self.config, lambda: self.credentials, stage, "sam", self.stage._dbt.transform
            )
        return begun

    def steps(self) -> list[Row]:
        query = (
            "select s.* from platform.activation_steps s join platform.couplings c on c.id = s.coupling_id"
            " where c.name = %s and activation = (select max(activation) from platform.activation_steps"
            " where coupling_id = c.id) order by place"
        )
        return self.stage.rows(query, self.name)

    def states(self) -> dict[str, str]:
        return {row["step"]: row["state"] for row in self.steps()}

    def progress(self) -> Row:
        with self.stage.platform.connect() as connection:
            found = steps.progress(connection, self.name)
        assert found is not None
        return found

    def life(self) -> lives.Life:
        return life_of(self.stage, self.name)

    def audited(self) -> list[str]:
        query = (
            "select a.what from platform.audit a join platform.couplings c on c.id = a.coupling_id"
            " where c.name = %s order by a.id"
        )
        return [row["what"] for row in self.stage.rows(query, self.name)]

    def changed(self, password: str) -> None:
        """Put another password into the Airflow connection."""
        self.stage.opened[self.name] = dataclasses.replace(self.credentials, password=password)


def life_of(stage: Stage, name: str) -> lives.Life:
    with stage.platform.connect() as connection:
        return lives.of(connection, name)


def did(stage: Stage, deed: Callable[..., object], name: str) -> None:
    with stage.platform.connect() as connection:
        deed(connection, name, "sam")


@pytest.mark.requirement("R4", "R14")
def test_from_nothing_to_its_schedules_with_a_stop_in_the_middle(stage: Stage, shop: Running) -> None:
    coupling = Coupling(stage, shop)
    assert coupling.life().state == "new"
    shop.admin.fault("status", "/orders", status=400, times=None)
    with pytest.raises(RequestRefused):
        coupling.activate()
    done = coupling.states()
    assert list(done) == STEPS
    assert [done[name] for name in STEPS] == ["done", "done", "done", "failed", "waiting", "waiting", "waiting"]
    found = coupling.life()
    assert (found.state, found.error_class, found.acts) == ("activating", "bad request", "developer")
    told = coupling.progress()
    assert (told["step"], told["state"], told["steps"], told["steps_done"]) == ("pull_sell_orders", "failed", 7, 3)
    assert told["error_text"] == found.error_text
    assert 42 <= told["percent"] < 57
    assert stage.one("select count(*) from optiply.products") > 0

    shop.admin.clear_faults()
    shop.admin.forget_requests()
    assert coupling.activate()
    assert set(coupling.states().values()) == {"done"}
    asked = [entry["path"] for entry in shop.admin.requests()]
    assert not [path for path in asked if "/products" in path], "what was done is not done again"
    assert coupling.life().state == "active"
    assert coupling.life().error_class is None
    assert stage.one("select count(*) from optiply.sell_orders") > 0
    assert {hook["topic"] for hook in shop.admin.webhooks()["hooks"]} == set(webhooks.topics_of(coupling.config))
    told = coupling.progress()
    assert (told["percent"], told["step"], told["steps_done"]) == (100, None, 7)
    assert told["finished_at"] is not None
    assert coupling.audited() == ["activate", "activated"]
    assert coupling.activate() is False, "one that is active has nothing to be activated"

    _switched_off_and_on_again(coupling)


def _switched_off_and_on_again(coupling: Coupling) -> None:
    """The rest of the test above: it needs an active coupling with webhooks."""
    stage, shop = coupling.stage, coupling.running
    words = activation.deactivate(stage.platform, coupling.config, lambda: coupling.credentials, "sam")
    assert "is switched off since" in words
    assert shop.admin.webhooks()["hooks"] == []
    with pytest.raises(Misconfigured, match="is switched off since") as refused:
        stage.pull(SHOP, "products", "changed")
    assert f"./run cli coupling activate {SHOP}" in refused.value.next_step
    versions = stage.payload_rows()
    assert coupling.activate()
    assert stage.payload_rows() == versions, "what is known already is landed once"
    assert {row["activation"] for row in coupling.steps()} == {2}
    assert coupling.life().state == "active"
    assert shop.admin.webhooks()["hooks"]
    assert coupling.audited() == ["activate", "activated", "deactivate", "activate", "activated"]


@pytest.mark.requirement("R2", "R14")
def test_refused_credentials_stop_only_who_uses_them_and_nothing_is_missed(
    clean_copy: Callable[[str], Stage], shop: Running
) -> None:
    stage = clean_copy("refused")
    coupling = Coupling(stage, shop)
    stage.connection.execute("update platform.coupling_life set state = 'active'")
    stage.connection.execute("update platform.couplings set connection = %s where name = %s", [SHOP, SIBLING])
    for name in ("products", "sell_orders"):
        stage.pull(SHOP, name)
    cursor = stage.one("select value from platform.cursors where stream = 'orders'")

    held = coupling.credentials
    coupling.changed(password="cs_wrong")
    with pytest.raises(AuthRefused):
        stage.pull(SHOP, "sell_orders", "changed")
    stopped = coupling.life()
    assert (stopped.state, stopped.before, stopped.refused_object) == ("needs_auth", "active", "sell_orders")
    assert stopped.next_step is not None
    assert "Ask the customer" in stopped.next_step
    assert "cs_wrong" not in str(stage.rows("select * from platform.coupling_life, platform.audit"))
    assert life_of(stage, SIBLING).state == "needs_auth"
    assert SHOP in str(life_of(stage, SIBLING).error_text), "it says with whom it shares them"
    assert life_of(stage, OTHER).state == "active"

    shop.admin.change(new_orders=3, completed_orders=4, seed=1)
    shop.admin.forget_requests()
    with_same = recheck_if_changed(stage.platform, coupling.config, coupling.credentials, life.PLATFORM)
    assert with_same == []
    assert shop.admin.requests() == [], "the same credentials are not tried again by themselves"
    coupling.changed(password="cs_wrong_as_well")
    with pytest.raises(AuthRefused):
        recheck_if_changed(stage.platform, coupling.config, coupling.credentials, life.PLATFORM)
    assert len(shop.admin.requests()) == 1
    assert recheck_if_changed(stage.platform, coupling.config, coupling.credentials, life.PLATFORM) == []
    assert len(shop.admin.requests()) == 1, "and what was tried once is not tried again"

    stage.opened[SHOP] = held
    revived = recheck_if_changed(stage.platform, coupling.config, held, life.PLATFORM)
    assert {(one.coupling, one.state, one.catch_up) for one in revived} == {
        (SHOP, "active", True),
        (SIBLING, "active", True),
    }
    _caught_up(coupling, cursor)


def _caught_up(coupling: Coupling, cursor: str) -> None:
    """The rest of the test above: what changed meanwhile comes, from where the last good pull left off."""
    stage, shop = coupling.stage, coupling.running
    with stage.platform.connect() as connection:
        assert lives.owes_catch_up(connection, SHOP, "sell_orders")
        shop.admin.forget_requests()
        done = stage.pull(SHOP, "sell_orders", "changed")
        assert done.new + done.changed > 0
        since = next(entry["query"]["modified_after"] for entry in shop.admin.requests() if "/orders" in entry["path"])
        assert datetime.fromisoformat(since).replace(tzinfo=UTC) <= datetime.fromisoformat(cursor)
        assert not lives.owes_catch_up(connection, SHOP, "sell_orders")
        assert lives.owes_catch_up(connection, SHOP, "products"), "each object owes its own"
        assert lives.of(connection, SHOP).catch_up
        stage.pull(SHOP, "products", "changed")
        assert not lives.of(connection, SHOP).catch_up
    remote = {str(order["id"]): order["status"] for order in shop.admin.state()["collections"]["orders"]}
    landed = {
        row["record_key"]: row["status"]
        for row in stage.rows(
            "select record_key, payload ->> 'status' as status from staging.woocommerce__orders"
            " where superseded_at is null and gone_at is null"
        )
    }
    assert landed == {key: status for key, status in remote.items() if status != "trash"}


@pytest.mark.requirement("R2")
def test_credentials_refused_during_an_activation_and_mended_let_it_go_on(
    clean_copy: Callable[[str], Stage], shop: Running
) -> None:
    stage = clean_copy("mended")
    coupling = Coupling(stage, shop)
    held = coupling.credentials
    coupling.changed(password="cs_wrong")
    with pytest.raises(AuthRefused):
        coupling.activate()
    assert coupling.states()["check_credentials"] == "failed"
    assert (coupling.life().state, coupling.life().before) == ("needs_auth", "activating")
    stage.opened[SHOP] = held
    words, (revived,) = recheck(stage.platform, coupling.config, held, "sam")
    assert words == "WooCommerce accepts the credentials, and answers products"
    assert (revived.state, revived.catch_up) == ("activating", False)


@pytest.mark.requirement("R2")
def test_a_key_that_may_not_write_does_not_stop_the_pulls(clean_copy: Callable[[str], Stage], shop: Running) -> None:
    stage = clean_copy("reads")
    coupling = Coupling(stage, shop)
    stage.connection.execute("update platform.coupling_life set state = 'active'")
    shop.admin.fault("status", "/webhooks", status=401, times=None)
    with pytest.raises(AuthRefused):
        webhooks.register(stage.platform, coupling.config, coupling.credentials)
    assert coupling.life().state == "active"
    shop.admin.fault("status", "/products", status=401, times=None)
    with pytest.raises(AuthRefused):
        webhooks.register(stage.platform, coupling.config, coupling.credentials)
    assert coupling.life().state == "needs_auth"


@pytest.mark.requirement("R2")
def test_a_pull_by_hand_that_succeeds_lets_the_schedules_go_on(
    clean_copy: Callable[[str], Stage], shop: Running
) -> None:
    stage = clean_copy("by_hand")
    coupling = Coupling(stage, shop)
    stage.connection.execute("update platform.coupling_life set state = 'active'")
    shop.admin.fault("status", "/products", status=401, times=1)
    with pytest.raises(AuthRefused):
        stage.pull(SHOP, "products")
    assert coupling.life().state == "needs_auth"
    stage.pull(SHOP, "products")
    assert (coupling.life().state, coupling.life().catch_up) == ("active", True)
    assert coupling.audited() == ["auth_failed", "auth_works"]


def test_who_may_do_what_when(clean_copy: Callable[[str], Stage]) -> None:
    stage = clean_copy("states")
    with pytest.raises(Misconfigured, match=r"was never activated since .*pause has no meaning now"):
        did(stage, life.pause, SHOP)
    stage.connection.execute("update platform.coupling_life set state = 'active'")
    did(stage, life.pause, SHOP)
    assert (life_of(stage, SHOP).state, life_of(stage, SHOP).wanted_by) == ("paused", "sam")
    since = life_of(stage, SHOP).since
    did(stage, life.pause, SHOP)
    assert life_of(stage, SHOP).since == since, "asked twice, done once"
    did(stage, life.resume, SHOP)
    assert (life_of(stage, SHOP).state, life_of(stage, SHOP).catch_up) == ("active", True)
    did(stage, life.deactivate, SHOP)
    with pytest.raises(Misconfigured, match="is switched off since"):
        did(stage, life.resume, SHOP)
    with pytest.raises(Misconfigured, match="not registered"):
        did(stage, life.pause, "no__such")
    rows = stage.rows("select who, what, webshop_id is not null as shop, detail from platform.audit order by id")
    assert [(row["who"], row["what"], row["shop"]) for row in rows] == [
        ("sam", "pause", True), ("sam", "resume", True), ("sam", "deactivate", True),
    ]  # fmt: skip
    assert rows[0]["detail"] == {"before": "active", "state": "paused"}


def test_a_change_is_told_and_never_without_its_audit(clean_copy: Callable[[str], Stage]) -> None:
    stage = clean_copy("told")
    number = life_of(stage, SHOP).coupling_id
    with psycopg.connect(stage.dsn, autocommit=True) as listener, stage.platform.connect() as connection:
        listener.execute("listen coupling_life")
        life.deactivate(connection, SHOP, "sam")
        (heard,) = listener.notifies(timeout=5, stop_after=1)
        assert heard.payload == str(number)
        connection.execute("alter table platform.audit add check (what <> 'activate')")
        with pytest.raises(psycopg.errors.CheckViolation):
            life.activate(connection, SHOP, "sam")
    assert life_of(stage, SHOP).state == "inactive"


@pytest.mark.requirement("R4")
def test_stopped_couplings_are_not_looked_at_each_hour(clean_copy: Callable[[str], Stage]) -> None:
    stage = clean_copy("hourly")
    with stage.platform.connect() as connection:
        registrations.open_endpoint(connection, life_of(stage, SHOP).coupling_id, "t" * 32)
        assert registrations.with_endpoint(connection) == [SHOP]
        stage.connection.execute("update platform.coupling_life set state = 'active'")
        life.pause(connection, SHOP, "sam")
        assert registrations.with_endpoint(connection) == []
        life.deactivate(connection, SHOP, "sam")
        assert registrations.with_endpoint(connection) == [SHOP], "what is left there has to be taken away"


@pytest.mark.requirement("R9", "R2")
def test_schedules_stand_in_the_warehouse_as_the_files_say(clean_copy: Callable[[str], Stage]) -> None:
    stage = clean_copy("schedules")
    config = stage.configs[SHOP]
    query = (
        "select s.cron, s.mode, s.objects, s.time_zone from platform.schedules s"
        " join platform.couplings c on c.id = s.coupling_id where c.name = %s order by s.place"
    )
    found = [(row["cron"], row["mode"], tuple(row["objects"])) for row in stage.rows(query, SHOP)]
    assert found == [(plan.cron, plan.mode, plan.objects) for plan in config.plans]
    assert {row["time_zone"] for row in stage.rows(query, SHOP)} == {"Europe/Amsterdam"}
    with stage.platform.connect() as connection:
        registry.register(connection, [row_of(dataclasses.replace(config, enabled=False))])
    assert stage.rows(query, SHOP) == []


@pytest.mark.requirement("R14")
def test_the_share_of_an_activation_follows_its_pulls(clean_copy: Callable[[str], Stage]) -> None:
    stage = clean_copy("share")
    number = life_of(stage, SHOP).coupling_id
    with stage.platform.connect() as connection:
        for activation_number in (1, 2):
            pulls_too = [steps.Step("check"), steps.Step("pull_products", "products", 2)]
            assert steps.begin(connection, number, pulls_too) == activation_number
            steps.start(connection, number, activation_number, "check")
            steps.end(connection, number, activation_number, "check", "well")
            steps.start(connection, number, activation_number, "pull_products")
            if activation_number == 1:
                steps.end(connection, number, activation_number, "pull_products", "well")
        stage.connection.execute(
            "update platform.activation_steps set started_at = now() - interval '30 s' where state = 'running'"
        )
        row = stage.row(
            "insert into platform.pulls (webshop_id, coupling_id, object, mode)"
            " select webshop_id, id, 'products', 'all' from platform.couplings where name = %s returning id",
            SHOP,
        )
        stage.connection.execute(
            "insert into platform.pull_streams (pull_id, stream, records, expected) values (%s, 'products', 50, 100)",
            [row["id"]],
        )
        told = steps.progress(connection, SHOP)
    assert told is not None
    assert (told["step"], told["records"], told["expected"]) == ("pull_products", 50, 100)
    assert told["step_percent"] == 25, "half of the first of two streams"
    assert told["percent"] == pytest.approx(62.5)
    assert timedelta(seconds=80) < timedelta(seconds=told["seconds_left"]) < timedelta(seconds=100)
