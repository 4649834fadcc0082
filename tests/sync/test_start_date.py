"""A first pull takes the sell orders that were placed from `start_date` on, and no older ones, not even later on."""

from __future__ import annotations

import dataclasses
import json

import pytest

from include.sandbox import serve
from tests.sync.stage import Stage

PLACED = {
    "woocommerce": ("velodrome", "date_created_gmt"),
    "magento": ("tuinhuys", "created_at"),
    "picqer": ("houtrijk", "created"),
    "logic4": ("kantoorwerk", "CreationDate"),
    "lightspeed_ecom": ("lumeno", "createdAt"),
}
"""By connector: a customer who has it, and when an order was placed, as the remote writes it."""


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("connector", PLACED)
def test_orders_before_the_start_date_are_never_asked_for(module_stage: Stage, connector: str) -> None:
    webshop, field = PLACED[connector]
    coupling = f"{webshop}__{connector}"
    with serve(connector, seed=5, size=40, orders=60) as running:
        placed = {str(row[field])[:10] for row in running.admin.state()["collections"]["orders"]}
        start = sorted(placed)[len(placed) // 2]
        config = module_stage.configs[coupling]
        module_stage.configs[coupling] = dataclasses.replace(config, settings=config.settings | {"start_date": start})
        module_stage.coupled(coupling, running)
        for mode in ("all", "changed"):
            module_stage.pull(coupling, "sell_orders", mode)
        landed = [json.loads(row["payload"]) for row in module_stage.landed(connector, "orders")]
        every = running.admin.state()["collections"]["orders"]
    wanted = [row for row in every if str(row[field])[:10] >= start]
    assert 0 < len(landed) == len(wanted) < len(every)
    assert min(str(row[field])[:10] for row in landed) == start
