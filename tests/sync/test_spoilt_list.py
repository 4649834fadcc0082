"""A remote that fails its whole list because of one record: the rest comes, the record is told (Magento, trap 6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from include.sandbox import serve
from tests.sync.stage import Stage

SHOP = "tuinhuys__magento"


@pytest.mark.requirement("R1", "R16")
def test_one_order_that_cannot_be_listed(clean_copy: Callable[[str], Stage]) -> None:
    stage = clean_copy("spoilt")
    with serve("magento", seed=4, size=30, orders=150, settings={"unlistable": 60}) as shop:
        stage.coupled(SHOP, shop)
        orders = len(shop.admin.state()["collections"]["orders"])
        pulled = stage.pull(SHOP, "sell_orders")
        assert (pulled.new, pulled.quarantined) == (orders - 1, 1)
    problem = stage.row("select field, reason from platform.quarantine")
    assert problem["field"] == "entity_id"
    assert "the remote cannot list the record before entity_id" in problem["reason"]
