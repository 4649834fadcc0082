"""Events of the inbox become rows: merged per record, never older over newer, set aside when they cannot be done."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from include.contract.errors import Misconfigured
from include.engine.ports import Credentials
from include.sandbox import Running, serve
from include.spec.load import CouplingConfig
from include.sync.drain import Drained, drain
from include.warehouse import inbox
from include.warehouse.inbox import Arrived
from include.warehouse.pulls import Origin
from include.warehouse.registry import coupling_id
from tests.sync.stage import Row, Stage

SHOP = "velodrome__woocommerce"
ORIGIN = Origin("drain_webhooks", "run", "drain")
pytestmark = pytest.mark.requirement("R4")
numbers = itertools.count()


@pytest.fixture(scope="module")
def shop() -> Iterator[Running]:
    with serve("woocommerce", seed=5, size=150, orders=20) as running:
        yield running


@pytest.fixture
def stage(clean_copy: Callable[[str], Stage], shop: Running) -> Iterator[Stage]:
    shop.admin.clear_faults()
    shop.admin.forget_requests()
    made = clean_copy("drain")
    made.coupled(SHOP, shop)
    yield made
    shop.admin.clear_faults()


def arrive(stage: Stage, name: str, remote_id: str | None, **values: Any) -> int:
    """Put one event into the inbox, as the receiver does; return its number."""
    with stage.platform.connect() as connection:
        number = coupling_id(connection, SHOP).coupling_id
        dedup = hashlib.sha256(str(next(numbers)).encode()).digest()
        body = values.get("record") or b"{}"
        inbox.put(connection, [Arrived(number, "x", dedup, body, object=name, remote_id=remote_id, **values)])
    return int(stage.one("select max(id) from platform.webhook_events"))


def empty(stage: Stage) -> Drained:
    """Drain, with waits and pauses over."""
    stage.connection.execute(
        "update platform.webhook_events set waits_until = null; delete from platform.webhook_pauses"
    )
    stage.connection.execute("delete from platform.budgets")

    def opened(name: str) -> tuple[CouplingConfig, Credentials]:
        if name not in stage.opened:
            raise Misconfigured(f"there is no Airflow connection '{name}'")
        return stage.configs[name], stage.opened[name]

    return drain(stage.platform, opened, ORIGIN)


def called(connection: psycopg.Connection) -> tuple[bool, bool]:
    """Whether somebody is called for, and whether somebody is at work."""
    row = connection.execute(inbox.IS_CALLED_FOR).fetchone()
    assert row is not None
    return row[0], row[1]


def event(stage: Stage, number: int) -> Row:
    return stage.row("select * from platform.webhook_events where id = %s", number)


def current(stage: Stage, stream: str, key: str) -> dict[str, Any] | None:
    rows = stage.rows(
        f"select payload from staging.woocommerce__{stream} where record_key = %s"
        " and superseded_at is null and gone_at is null",
        key,
    )
    return rows[0]["payload"] if rows else None


def records(shop: Running, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.admin.state()["collections"][name]
    return found


def asked(shop: Running, path: str) -> int:
    return sum(entry["path"].endswith(path) for entry in shop.admin.requests())


def order(shop: Running, number: int, moment: datetime, **values: Any) -> tuple[str, bytes]:
    """An order as WooCommerce sends it, changed at a moment."""
    held = records(shop, "orders")[number]
    held |= {"date_modified_gmt": moment.strftime("%Y-%m-%dT%H:%M:%S"), **values}
    return str(held["id"]), json.dumps(held).encode()


NOW = datetime.now(UTC) + timedelta(days=1)


def test_thin_events_of_one_record_become_one_call(stage: Stage, shop: Running) -> None:
    first, second = (str(record["id"]) for record in records(shop, "products")[:2])
    sent = [arrive(stage, "products", key) for key in (first, second, first, first)]
    done = empty(stage)
    assert (done.done, done.put_off, done.poison) == (4, 0, 0)
    assert done.news == {(SHOP, "products")}
    pull = stage.last_pull()
    assert (pull["mode"], pull["remote_ids"], pull["outcome"]) == ("single", [first, second], "succeeded")
    assert (pull["dag_id"], pull["run_id"], pull["task_id"]) == dataclasses.astuple(ORIGIN)
    assert [event(stage, number)["pull_id"] for number in sent] == [pull["id"]] * 4
    assert asked(shop, f"/products/{first}") == 1
    assert current(stage, "products", second) is not None
    assert empty(stage).sentence() == "no events waited"


def test_full_events_land_without_a_call_and_never_over_newer(stage: Stage, shop: Running) -> None:
    key, newest = order(shop, 0, NOW, customer_note="newest")
    _, older = order(shop, 0, NOW - timedelta(minutes=1), customer_note="older")
    for record in (older, newest, older):
        arrive(stage, "sell_orders", key, stream="orders", record=record)
    assert empty(stage).news == {(SHOP, "sell_orders")}
    assert current(stage, "orders", key)["customer_note"] == "newest"  # type: ignore[index]
    late = arrive(stage, "sell_orders", key, stream="orders", record=older)
    done = empty(stage)
    assert (done.done, done.news) == (1, frozenset()), "it came too late and changes nothing"
    assert current(stage, "orders", key)["customer_note"] == "newest"  # type: ignore[index]
    row = event(stage, late)
    assert (row["state"], row["record"]) == ("done", None)
    assert shop.admin.requests() == [], "the record was in the event"
    assert stage.row("select stale, new from platform.pull_streams order by pull_id desc limit 1")["stale"] == 1


def test_two_versions_of_one_moment_are_asked_for(stage: Stage, shop: Running) -> None:
    key, one = order(shop, 1, NOW, customer_note="one")
    _, two = order(shop, 1, NOW, customer_note="two")
    for record in (one, two):
        arrive(stage, "sell_orders", key, stream="orders", record=record)
    assert empty(stage).done == 2
    assert asked(shop, f"/orders/{key}") == 1, "nobody can say which of the two is newer but the remote"
    held = current(stage, "orders", key)
    assert held is not None
    assert "customer_note" not in held, "it is what the remote answers"


def test_a_record_with_further_calls_is_asked_for(stage: Stage, shop: Running) -> None:
    held = next(record for record in records(shop, "products") if record["type"] == "variable")
    arrive(stage, "products", str(held["id"]), stream="products", record=json.dumps(held).encode())
    assert empty(stage).done == 1
    assert asked(shop, f"/products/{held['id']}/variations") == 1
    assert stage.one("select count(*) from staging.woocommerce__variations") > 0


def test_a_single_pull_passes_a_long_one_and_is_not_overwritten_by_it(stage: Stage, shop: Running) -> None:
    key = str(records(shop, "orders")[2]["id"])
    shop.admin.fault("slow", "/orders?", seconds=3.0, after=True, times=None)
    long = threading.Thread(target=lambda: stage.pull(SHOP, "sell_orders"))
    long.start()
    try:
        while not asked(shop, "/orders"):
            time.sleep(0.01)
        # The page is read and on its way; now the record changes.
        changed = shop.admin.change(completed_orders=1, seed=3)["completed_orders"]
        key = str(changed[0])
        before = time.monotonic()
        arrive(stage, "sell_orders", key)
        assert empty(stage).done == 1
        assert time.monotonic() - before < 2
        assert long.is_alive()
        landed = current(stage, "orders", key)
    finally:
        long.join()
    assert landed is not None
    assert landed["status"] == "completed"
    assert current(stage, "orders", key) == landed, "the older page came later"
    rows = stage.rows("select mode, outcome from platform.pulls order by id")
    assert [(row["mode"], row["outcome"]) for row in rows] == [("all", "succeeded"), ("single", "succeeded")]
    assert stage.one("select count(*) from staging.woocommerce__orders where gone_at is not null") == 0


def test_one_bad_record_becomes_poison_and_the_others_are_done(stage: Stage, shop: Running) -> None:
    good, bad = (str(record["id"]) for record in records(shop, "products")[:2])
    shop.admin.fault("status", f"/products/{bad}", status=400, times=None)
    poison, fine = arrive(stage, "products", bad), arrive(stage, "products", good)
    for _ in range(3):
        empty(stage)
    assert event(stage, fine)["state"] == "done"
    row = event(stage, poison)
    assert (row["state"], row["attempts"]) == ("poison", 3)
    assert row["reason"].startswith("bad request: ")
    assert current(stage, "products", good) is not None
    assert stage.one("select count(*) from platform.news where root_key = %s", good) > 0
    waits = "select count(*) from platform.news n join platform.pulls p on p.id = n.pull_id where p.outcome = 'failed'"
    assert stage.one(waits) == 0, "what landed before the other one failed is mapped"

    shop.admin.clear_faults()
    with stage.platform.connect() as connection:
        assert inbox.replay(connection, SHOP, []) == 1
    assert empty(stage).done == 1
    assert event(stage, poison)["state"] == "done"


def test_a_remote_that_is_down_costs_no_event_and_is_left_alone(stage: Stage, shop: Running) -> None:
    keys = [str(record["id"]) for record in records(shop, "products")[:3]]
    sent = [arrive(stage, "products", key) for key in keys]
    shop.admin.fault("status", "/products/", status=403, times=None)
    assert empty(stage).put_off == 3
    later = arrive(stage, "products", keys[0])
    with stage.platform.connect() as connection:
        assert inbox.couplings(connection) == [], "the coupling is paused with all its events"
        (found,) = inbox.backlog(connection)
        assert called(connection) == (False, False)
    assert (found.waiting, found.poison) == (4, 0)
    assert (found.pause or "").startswith("remote down")
    shop.admin.clear_faults()
    empty(stage)
    assert {event(stage, number)["state"] for number in [*sent, later]} == {"done"}


def test_after_a_limit_other_records_may_be_asked_for_at_once(stage: Stage, shop: Running) -> None:
    first, second = (str(record["id"]) for record in records(shop, "products")[:2])
    arrive(stage, "products", first)
    shop.admin.fault("status", "/products/", status=429, headers={"Retry-After": "3600"}, times=1)
    empty(stage)
    with stage.platform.connect() as connection:
        (found,) = inbox.backlog(connection)
        assert inbox.couplings(connection) == []
    assert (found.waiting, (found.pause or "").partition(":")[0]) == (1, "rate limit")
    left = stage.one("select extract(epoch from until - now())::int from platform.webhook_pauses")
    assert 3500 < left <= 3600
    arrive(stage, "products", second)
    assert empty(stage).done == 2, "the pull that waits holds back no other one"


def test_what_the_remote_deleted_is_gone_only_when_it_says_so(stage: Stage, shop: Running) -> None:
    stage.pull(SHOP, "products")
    gone = [str(key) for key in shop.admin.change(deleted_products=2, seed=8)["deleted_products"]]
    told = arrive(stage, "products", gone[0], stream="products", says_gone=True)
    only_changed = arrive(stage, "products", gone[1])
    there = str(next(r["id"] for r in records(shop, "products") if str(r["id"]) not in gone))
    mistaken = arrive(stage, "products", there, stream="products", says_gone=True)
    for _ in range(3):
        empty(stage)
    assert {event(stage, number)["state"] for number in (told, only_changed, mistaken)} == {"done"}
    assert current(stage, "products", gone[0]) is None
    assert current(stage, "products", gone[1]) is not None, "no answer alone is no proof"
    assert "the next pull of everything" in event(stage, only_changed)["reason"]
    assert current(stage, "products", there) is not None


def test_without_credentials_events_wait_and_say_why(stage: Stage) -> None:
    stage.opened.clear()
    sent = arrive(stage, "products", "1")
    assert empty(stage).sentence() == "no events waited"
    with stage.platform.connect() as connection:
        (found,) = inbox.backlog(connection)
    assert (found.waiting, event(stage, sent)["attempts"]) == (1, 0)
    assert "there is no Airflow connection" in (found.pause or "")


def test_an_object_that_is_not_switched_on_costs_nothing(stage: Stage) -> None:
    sent = arrive(stage, "receipt_lines", "1")
    assert empty(stage).done == 1
    assert "not switched on" in event(stage, sent)["reason"]


def test_one_at_a_time(stage: Stage) -> None:
    arrive(stage, "receipt_lines", "1")
    with stage.platform.connect() as connection, inbox.locked(connection):
        assert called(connection) == (True, True)
        assert empty(stage).is_busy
    with stage.platform.connect() as connection:
        assert called(connection) == (True, False)
    assert not empty(stage).is_busy
