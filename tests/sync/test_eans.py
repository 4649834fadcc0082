"""bol.com's lines find Exact's products by EAN; those that do not wait in quarantine until the product appears."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from include.sandbox import Running, serve
from include.spec.load import CONFIGS, load_all
from include.sync.configs import deploy_configs
from tests.sync.stage import Row, Stage

ERP, MARKET = "bralex__exact_online", "bralex__bol_com"
SIZE, ORDERS = 120, 40
pytestmark = [pytest.mark.requirement("R5"), pytest.mark.rule("B14")]


@pytest.fixture(scope="module")
def synced(module_stage: Stage) -> Iterator[tuple[Stage, Running, Running]]:
    """Both systems pulled and mapped once; the tests go on from one another."""
    with ExitStack() as stack:
        limits = {"per_minute": 10**6, "per_day": 10**6}
        company = stack.enter_context(serve("exact_online", seed=6, size=SIZE, orders=1, settings=limits))
        limits = {"orders_per_minute": 10**6, "order_per_second": 10**6}
        market = stack.enter_context(serve("bol_com", seed=6, size=SIZE, orders=ORDERS, settings=limits))
        module_stage.coupled(ERP, company)
        module_stage.coupled(MARKET, market)
        # The marketplace first: an order may be older than the first pull of the products.
        module_stage.pull_every("all", MARKET)
        module_stage.transform()
        yield module_stage, company, market


def sold(market: Running) -> dict[str, dict[str, Any]]:
    """The marketplace's items that count, by id."""
    items = (item for row in market.world["orders"] for item in row.data["orderItems"])
    return {
        i["orderItemId"]: i for i in items if i["quantity"] > i["quantityCancelled"] and not i["cancellationRequest"]
    }


def lines(stage: Stage) -> dict[str, Row]:
    rows = stage.rows(
        "select l.remote_id, l.quantity, p.ean_code, p.remote_id as product, o.remote_id as order_id"
        " from optiply.sell_order_lines l join optiply.products p on p.id = l.product_id"
        " join optiply.sell_orders o on o.id = l.sell_order_id join platform.couplings c on c.id = l.coupling_id"
        " where c.name = %s",
        MARKET,
    )
    return {row["remote_id"]: row for row in rows}


def unmatched(stage: Stage, *, resolved: bool = False) -> dict[str, Row]:
    found = stage.problems(MARKET, resolved=resolved)
    return {row["remote_id"]: row for row in found if row["object"] == "sell_order_lines"}


@pytest.mark.example(40)
def test_without_any_product_every_line_waits_and_no_order_comes(synced: tuple[Stage, Running, Running]) -> None:
    stage, _, market = synced
    assert lines(stage) == {}
    assert stage.one("select count(*) from optiply.sell_orders") == 0
    waiting = unmatched(stage)
    # A newest order is as old as the shop's clock allows; those before the last three months are out of reach.
    assert waiting
    assert set(waiting) <= set(sold(market))
    assert {(r["field"], r["reason"], r["severity"], r["waiting"]) for r in waiting.values()} == {
        ("product_id", "no match", "blocked", True)
    }


@pytest.mark.example(33, 40)
def test_lines_match_although_leading_zeros_differ(synced: tuple[Stage, Running, Running]) -> None:
    stage, company, market = synced
    waited = unmatched(stage)
    stage.pull(ERP, "products")
    stage.transform()
    found, items = lines(stage), sold(market)
    assert found
    for key, row in found.items():
        assert row["ean_code"].lstrip("0") == items[key]["product"]["ean"].lstrip("0")
    differing = [key for key, row in found.items() if row["ean_code"] != items[key]["product"]["ean"]]
    shorter = [key for key in differing if len(found[key]["ean_code"]) < 13]
    longer = [key for key in differing if len(found[key]["ean_code"]) > 13]
    assert shorter, "no line whose product lacks the leading zero"
    assert longer, "no line whose product has one too many"
    left = unmatched(stage)
    eans = {row.data["Barcode"].lstrip("0") for row in company.world["items"] if row.data["Barcode"]}
    newcomers = {key for key in waited if items[key]["product"]["ean"].lstrip("0") not in eans}
    assert newcomers
    assert set(left) >= newcomers
    assert {left[key]["attempts"] for key in newcomers} == {2}, "tried again by this transform, and counted"
    assert set(unmatched(stage, resolved=True)) == set(waited) - set(left)


@pytest.mark.rule("B4", "B5")
def test_an_unmatched_line_is_resolved_when_its_product_appears(synced: tuple[Stage, Running, Running]) -> None:
    stage, company, market = synced
    before, waiting = lines(stage), unmatched(stage)
    (first,) = company.admin.change(seed=1, new_products=1)["new_products"]
    market.admin.forget_requests()
    stage.pull(ERP, "products", "changed")
    stage.transform()
    after, left = lines(stage), unmatched(stage)
    came = {key: row for key, row in after.items() if key not in before}
    assert came
    assert {row["product"] for row in came.values()} == {first}
    assert set(waiting) - set(left) == set(came)
    assert {left[key]["attempts"] - waiting[key]["attempts"] for key in left} == {1}
    assert {key: after[key] for key in before} == before
    assert market.admin.requests() == [], "matched from what is kept, without asking the marketplace again"
    assert all(key in unmatched(stage, resolved=True) for key in came)


@pytest.mark.rule("B3")
def test_a_line_that_waits_is_not_lost_by_pulls_without_news(synced: tuple[Stage, Running, Running]) -> None:
    stage, _, _ = synced
    left, written = unmatched(stage), stage.written()
    assert left
    stage.pull_every("all", MARKET)
    assert stage.transform().roots == 0
    assert unmatched(stage) == left
    assert stage.written() == written


@pytest.mark.requirement("R12", "F4")
def test_another_match_key_in_the_yaml_matches_again_without_fetching(
    synced: tuple[Stage, Running, Running], tmp_path: Path
) -> None:
    """By SKU: what the marketplace's offer calls `reference` is Exact's Code."""
    stage, _, market = synced
    before, left = lines(stage), unmatched(stage)
    with stage.platform.connect() as connection:
        connection.execute("update optiply.products set ean_code = null")
    configs = Path(copytree(CONFIGS, tmp_path / "dag_configs"))
    yaml = configs / "bralex" / "bol_com.yaml"
    yaml.write_text(yaml.read_text().replace("match_key: ean", "match_key: sku"))
    market.admin.forget_requests()
    with stage.platform.connect() as connection:
        assert deploy_configs(connection, configs) == []
    assert stage.one("select count(*) from platform.news") > 0
    stage.transform()
    assert market.admin.requests() == []
    after = lines(stage)
    assert {key: after[key]["product"] for key in before} == {key: row["product"] for key, row in before.items()}
    items = sold(market)
    without = {key for key in left if "reference" not in items[key]["offer"]}
    assert set(unmatched(stage)) >= without
    assert {row["reason"] for row in unmatched(stage).values()} == {"no match"}
    assert load_all(configs)[1] == []
