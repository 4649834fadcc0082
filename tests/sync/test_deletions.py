"""Deletion by comparison (R16): only a complete pull-all deletes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest

from include.contract.errors import SyncError
from include.engine.client import Client
from include.sandbox import Running, serve
from tests.sync.fixtures import Keep
from tests.sync.stage import Stage

SHOP = "velodrome__woocommerce"
PAGE = "offset=198"


WORLD = {"seed": 2, "size": 320, "orders": 10}


@pytest.fixture(scope="module")
def first_pull(module_stage: Stage, keep: Keep) -> Callable[[], Stage]:
    """A warehouse that holds the shop's products, as often as wanted."""
    with serve("woocommerce", **WORLD) as running:
        module_stage.coupled(SHOP, running)
        module_stage.pull(SHOP, "products")
        module_stage.transform()
    return keep(module_stage)


@pytest.fixture
def shop() -> Iterator[Running]:
    """The same shop anew."""
    with serve("woocommerce", **WORLD) as running:
        yield running


@pytest.fixture
def mapped(first_pull: Callable[[], Stage], shop: Running) -> Stage:
    """The warehouse after the first pull, coupled to the shop."""
    stage = first_pull()
    stage.coupled(SHOP, shop)
    return stage


def delete(shop: Running, count: int, seed: int = 1) -> list[str]:
    """Delete `count` simple products for good, every seventh from `seed` on; return their ids."""
    rows = [row for row in shop.world["products"] if row.data["status"] == "publish" and row.data["type"] == "simple"]
    chosen = [row.key for row in rows[seed::7]][:count]
    assert len(chosen) == count
    for key in chosen:
        shop.world["products"].remove(key)
    return chosen


def gone(stage: Stage) -> set[str]:
    """Return the products that landing knows to be gone."""
    rows = stage.rows("select record_key from staging.woocommerce__products where gone_at is not null")
    return {row["record_key"] for row in rows}


def enabled(stage: Stage, keys: list[str]) -> list[bool]:
    return [row["status"] == "enabled" and row["deleted_at"] is None for row in (stage.product(SHOP, k) for k in keys)]


@pytest.mark.requirement("R16")
@pytest.mark.rule("B3")
def test_gone_after_a_complete_pull_all_and_back_with_its_id(mapped: Stage, shop: Running) -> None:
    (key,) = delete(shop, 1)
    before = mapped.product(SHOP, key)
    mapped.pull(SHOP, "products", "changed")
    mapped.transform()
    assert enabled(mapped, [key]) == [True], "a changed-since pull proves nothing about what it did not see"

    pulled = mapped.pull(SHOP, "products")
    mapped.transform()
    product = mapped.product(SHOP, key)
    assert (pulled.gone, pulled.guards) == (1, ())
    assert (product["status"], product["id"]) == ("disabled", before["id"])
    assert product["deleted_at"] is not None
    assert mapped.pull(SHOP, "products").gone == 0, "gone once"

    row = shop.world["products"].gone.pop(key)
    shop.world["products"].put(key, row.data, row.modified)
    pulled = mapped.pull(SHOP, "products")
    mapped.transform()
    back = mapped.product(SHOP, key)
    assert pulled.changed == 1
    assert mapped.streams(pulled.pull_id)["products"]["returned"] == 1
    assert back | {"updated_at": None} == before | {"updated_at": None, "_changed_by": back["_changed_by"]}


@pytest.mark.requirement("R16", "F1")
@pytest.mark.parametrize("fault", ["cut", "html", "truncate", "empty_page", "status"])
def test_an_interrupted_pull_all_deletes_nothing(mapped: Stage, shop: Running, fault: str) -> None:
    keys = delete(shop, 3)
    shop.admin.fault(fault, PAGE, times=None)
    with pytest.raises(SyncError):
        _impatient(mapped)
    assert mapped.last_pull()["outcome"] == "failed"
    assert mapped.streams(mapped.last_pull()["id"])["products"]["complete"] is False
    assert gone(mapped) == set()
    if fault == "cut":
        mapped.transform()
        assert enabled(mapped, keys) == [True] * 3
    shop.admin.clear_faults()
    pulled = mapped.pull(SHOP, "products")
    assert (pulled.resumed, pulled.gone) == (True, 3)
    assert gone(mapped) == set(keys)
    if fault == "cut":
        mapped.transform()
        assert enabled(mapped, keys) == [False] * 3


def _impatient(stage: Stage) -> None:
    """Pull without the pauses between tries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("include.sync.remote.Client", functools.partial(Client, sleep=lambda _seconds: None))
        stage.pull(SHOP, "products")


@pytest.mark.requirement("R16", "F1")
def test_an_empty_answer_deletes_nothing(mapped: Stage, shop: Running) -> None:
    everything = {name: dict(shop.world[name].rows) for name in ("products", "variations")}
    for name in everything:
        for key in list(shop.world[name].rows):
            shop.world[name].remove(key)
    pulled = mapped.pull(SHOP, "products")
    assert pulled.gone == 0
    assert "no record at all" in mapped.streams(pulled.pull_id)["products"]["guard"]
    mapped.transform()
    assert mapped.one("select count(*) from optiply.products where deleted_at is not null") == 0


@pytest.mark.requirement("R16", "F1")
def test_fewer_records_than_the_remote_counts_delete_nothing(mapped: Stage, shop: Running) -> None:
    """A record that came without its id was not seen: the remote's own total says that something is missing."""
    keys = delete(shop, 2)
    shop.admin.fault("bad_record", "/products?", times=1, flaws=["no_id"])
    pulled = mapped.pull(SHOP, "products")
    stream = mapped.streams(pulled.pull_id)["products"]
    assert (stream["gone"], stream["complete"], stream["quarantined"]) == (0, False, 1)
    assert stream["guard"] == f"saw {stream['expected'] - 1} of {stream['expected']} records that the remote counts"
    assert f"nothing deleted, because {stream['guard']}" in pulled.sentence()
    mapped.transform()
    assert enabled(mapped, keys) == [True, True]


@pytest.mark.requirement("R16", "F1")
def test_above_the_guards_share_nothing_is_deleted_and_the_record_says_why(mapped: Stage, shop: Running) -> None:
    known = mapped.one("select count(*) from staging.woocommerce__products where superseded_at is null")
    rows = [row for row in shop.world["products"] if row.data["type"] == "simple" and row.data["status"] == "publish"]
    listed = [row.key for row in rows]
    share = mapped.configs[SHOP].settings["deletions.guard_share"]
    few, many = int(known * share), int(known * share) + 1
    for key in listed[:many]:
        shop.world["products"].remove(key)
    pulled = mapped.pull(SHOP, "products")
    assert pulled.gone == 0
    (asked,) = pulled.asked
    words = f"{many} of {known} known records are missing, more than 20%: approval {asked.id} waits"
    assert f"nothing deleted, because {words} for a person's answer" in pulled.sentence()
    assert mapped.streams(pulled.pull_id)["products"]["complete"] is False
    mapped.transform()
    assert enabled(mapped, listed[:many]) == [True] * many

    row = shop.world["products"].gone.pop(listed[0])
    shop.world["products"].put(row.key, row.data, row.modified)
    pulled = mapped.pull(SHOP, "products")
    assert (pulled.gone, pulled.guards) == (few, ()), "exactly the share is still allowed"


@pytest.mark.requirement("R16", "F1")
def test_pages_that_shift_while_they_are_pulled_delete_nothing_that_is_there(mapped: Stage, shop: Running) -> None:
    """One product of page 1 goes and a new one comes, between two tries: the remote's total stays the same."""
    shop.admin.fault("status", "offset=99", status=500, times=None)
    with pytest.raises(SyncError):
        _impatient(mapped)
    shop.admin.clear_faults()
    delete(shop, 1, seed=0)
    shop.admin.change(seed=1, new_products=1)
    listed = {row.key for row in shop.world["products"] if row.data["status"] != "trash"}
    mapped.pull(SHOP, "products")
    assert not gone(mapped) & listed
