"""bol.com's shipments complete an order, and are one where the list shows none: never one more (example 34)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from include.sandbox import Running, serve
from include.spec.load import CONFIGS
from tests.sync.stage import Stage

ERP, MARKET = "bralex__exact_online", "bralex__bol_com"
SIZE, ORDERS = 60, 40


@pytest.fixture
def market(stage: Stage, tmp_path: Path) -> Iterator[Running]:
    """A marketplace whose coupling reads shipments, beside the company that has its products."""
    configs = copytree(CONFIGS, tmp_path / "configs")
    file = configs / "bralex" / "bol_com.yaml"
    file.write_text(file.read_text() + "  sell_orders.sync_shipments: true\n")
    assert stage.configure(configs) == []
    unlimited = {"per_minute": 10**6, "per_day": 10**6}
    limits = dict.fromkeys(
        ("orders_per_minute", "order_per_second", "shipments_per_minute", "shipment_per_minute"), 10**6
    )
    with ExitStack() as stack:
        company = stack.enter_context(serve("exact_online", seed=6, size=SIZE, orders=1, settings=unlimited))
        running = stack.enter_context(serve("bol_com", seed=6, size=SIZE, orders=ORDERS, settings=limits))
        stage.coupled(ERP, company)
        stage.coupled(MARKET, running)
        stage.pull(ERP, "products")
        yield running


def shipped_at(market: Running) -> dict[str, datetime]:
    """When the last shipment of each order left."""
    last: dict[str, datetime] = {}
    for row in market.world["shipments"]:
        order, moment = row.data["order"]["orderId"], datetime.fromisoformat(row.data["shipmentDateTime"])
        last[order] = max(moment, last.get(order, moment))
    return last


def completed(stage: Stage) -> dict[str, datetime | None]:
    rows = stage.rows(
        "select o.remote_id, o.completed from optiply.sell_orders o join platform.couplings c on c.id = o.coupling_id"
        " where c.name = %s and o.deleted_at is null",
        MARKET,
    )
    return {row["remote_id"]: row["completed"] for row in rows}


def is_whole(items: list[dict[str, int]]) -> bool:
    return all(item["quantityShipped"] + item["quantityCancelled"] >= item["quantity"] for item in items)


@pytest.mark.example(34)
@pytest.mark.requirement("R5")
def test_an_order_of_list_and_shipments_is_one_and_completed_when_it_left(stage: Stage, market: Running) -> None:
    # A shipment says another time than the order's last change, so that the two are told apart.
    for row in list(market.world["shipments"]):
        moment = datetime.fromisoformat(row.data["shipmentDateTime"]) - timedelta(minutes=61)
        market.world["shipments"].amend(row.key, shipmentDateTime=moment.isoformat())
    whole = {row.key for row in market.world["orders"] if is_whole(row.data["orderItems"])}
    recent = {key for key, moment in shipped_at(market).items() if moment > datetime.now(UTC) - timedelta(days=80)}
    unlisted = max(whole & recent)
    market.world["orders"].remove(unlisted)
    stage.pull_every("all", MARKET)
    stage.transform()
    stored, left = completed(stage), shipped_at(market)
    assert unlisted in stored
    assert len(stored) > 10
    assert {key: moment for key, moment in stored.items() if moment} == {
        key: left[key] for key in stored if key in whole
    }
    lists = [entry["query"] for entry in market.admin.requests() if entry["path"].endswith("/shipments")]
    assert {query["fulfilment-method"] for query in lists} == {"FBR", "FBB"}
    market.admin.change(seed=2, shipped_orders=3, new_orders=2)
    stage.pull_every("changed", MARKET)
    stage.transform()
    later, left = completed(stage), shipped_at(market)
    newly = {key for key in later if later[key] and not stored.get(key)}
    assert newly
    assert {key: later[key] for key in newly} == {key: left[key] for key in newly}
