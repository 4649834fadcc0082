"""Exact Online tells by key what is deleted: no pull-all is needed."""

from __future__ import annotations

import pytest

from include.sandbox import serve
from tests.sync.stage import Stage

ERP = "bralex__exact_online"


@pytest.mark.requirement("R16")
@pytest.mark.rule("B3")
@pytest.mark.example(7)
def test_the_feed_of_deletions_disables_in_a_changed_since_pull(stage: Stage) -> None:
    with serve("exact_online", seed=3, size=120, orders=5, settings={"per_minute": 10**6, "per_day": 10**6}) as company:
        stage.coupled(ERP, company)
        stage.pull_every("all")
        stage.transform()
        ids = {row["remote_id"]: row["id"] for row in stage.rows("select remote_id, id from optiply.products")}
        (key,) = company.admin.change(seed=2, deleted_products=1)["deleted_products"]
        pulled = stage.pull_every("changed")
        # Where the feed was heard is told: it is pulled with the products, and speaks for all streams.
        assert stage.streams(pulled[ERP, "products"].pull_id)["deleted"]["gone"] >= 1
        stage.transform()
        product = stage.product(ERP, key)
        assert (product["status"], product["id"]) == ("disabled", ids[key])
        assert product["deleted_at"] is not None
        others = stage.one("select count(*) from optiply.products where deleted_at is not null")
        assert others == 1
        suppliers = stage.rows(
            "select s.status, s.deleted_at, s.preferred from optiply.supplier_products s where s.product_id = %s",
            ids[key],
        )
        assert suppliers
        assert all(row["status"] == "disabled" and row["deleted_at"] for row in suppliers)
        assert stage.pull_every("all")[ERP, "products"].gone == 0, "the comparison finds nothing more"
