"""Buy orders reach the remote: made, released, changed, cancelled, refused with words, sent again by one call."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from include.kit.scratch import scratch, server
from include.sandbox import Running, serve
from tests.sync.push_stage import Desk, ours, writes

pytestmark = pytest.mark.requirement("F3")
SHOP = "acme__picqer"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with serve("picqer", seed=5, size=20, orders=5, settings={"per_minute": 10**6}) as running:
        yield running


@pytest.fixture(scope="module")
def shared(sandbox: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with scratch(server(), "push_orders") as dsn:
        desk = Desk(dsn, tmp_path_factory.mktemp("configs"))
        desk.couple("acme", sandbox)
        yield desk
        desk.close()


@pytest.fixture
def desk(shared: Desk, sandbox: Running) -> Iterator[Desk]:
    sandbox.admin.forget_requests()
    shared.connection.execute("delete from platform.budgets")
    yield shared
    sandbox.admin.clear_faults()


def test_an_order_is_made_once_and_its_ids_come_back(desk: Desk, sandbox: Running) -> None:
    order_id = desk.place(SHOP, 1001, (0, 12, "474.00"), (1, 5, "12.34"))
    done = desk.push(SHOP)
    assert done.sentence() == "1 sent"
    (made,) = ours(sandbox, 1001)
    assert made["status"] == "purchased"
    assert [(line["amount"], line["price"]) for line in made["products"]] == [
        (12, Decimal("39.5")),
        (5, Decimal("2.468")),
    ]
    ledger = desk.order(1001)
    assert (ledger["state"], ledger["wanted_version"], ledger["sent_version"]) == ("sent", 3, 3)
    assert (ledger["remote_id"], ledger["remote_number"]) == (str(made["idpurchaseorder"]), made["purchaseorderid"])
    assert desk.steps(1001) == [("create", "accepted"), ("mark_as_purchased", "accepted")]
    assert desk.one("select remote_id from optiply.buy_orders where id = %s", order_id) == ledger["remote_id"]
    lines = desk.rows("select remote_id from optiply.buy_order_lines where buy_order_id = %s order by id", order_id)
    assert [row["remote_id"] for row in lines] == [str(line["idpurchaseorder_product"]) for line in made["products"]]
    assert desk.one("select count(*) from platform.news where root_key = %s", ledger["remote_id"]) == 1
    assert desk.push(SHOP).sentence() == "nothing to send"
    assert len(writes(sandbox)) == 2
