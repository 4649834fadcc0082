"""What the remote is told of an order: dates, lots, prices, the coupling's settings; and what it cannot be told."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from include.contract.errors import Misconfigured, RemoteDown
from include.engine.ports import Credentials
from include.kit.scratch import scratch, server
from include.sandbox import Running, serve
from include.sync.push_answers import drop, waiting
from include.warehouse.push_wanted import Wanted, wanted
from tests.sync.push_stage import Desk, ours, writes

pytestmark = pytest.mark.requirement("F3")
SHOP, CONCEPT, CLIENT = "acme__picqer", "concept__picqer", "client__picqer"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with serve("picqer", seed=5, size=10, orders=2, settings={"per_minute": 10**6}) as running:
        yield running


@pytest.fixture(scope="module")
def fulfilment() -> Iterator[Running]:
    with serve("picqer", seed=6, size=10, orders=2, settings={"per_minute": 10**6, "account": "fulfilment"}) as running:
        yield running


@pytest.fixture(scope="module")
def shared(sandbox: Running, fulfilment: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with scratch(server(), "push_values") as dsn:
        desk = Desk(dsn, tmp_path_factory.mktemp("configs"))
        desk.couple("acme", sandbox)
        concept = {
            "export.as_draft": True,
            "export.line_price": False,
            "export.warehouse": 19,
            "export.reference_field": "remarks",
            "export.reference_template": "Optiply {{buy_order_id}} (spoed)",
        }
        desk.couple("concept", sandbox, concept)
        desk.couple("client", fulfilment, {"account.kind": "fulfilment"})
        yield desk
        desk.close()


@pytest.fixture
def desk(shared: Desk, sandbox: Running) -> Iterator[Desk]:
    sandbox.admin.forget_requests()
    yield shared
    sandbox.admin.clear_faults()


def wish(desk: Desk, number: int, *, merged: bool = False) -> Wanted:
    with desk.platform.connect() as connection:
        return wanted(connection, desk.order(number)["id"], merged=merged)


def asked_on(desk: Desk, number: int, moment: str) -> None:
    desk.connection.execute(
        "update platform.push_orders set created_at = %s where id = %s", [moment, desk.order(number)["id"]]
    )


@pytest.mark.rule("B10")
@pytest.mark.parametrize(
    ("asked", "delivery_time", "due"),
    [
        ("2026-05-21 08:00+00", 10, "2026-05-31"),
        ("2026-05-21 08:00+00", None, "2026-05-22"),
        ("2026-05-22 08:00+00", None, "2026-05-25"),
        ("2026-05-23 08:00+00", None, "2026-05-25"),
        ("2026-05-21 23:00+00", None, "2026-05-25"),
    ],
    ids=["the supplier's days", "the next day", "after Friday", "after Saturday", "by the webshop's own clock"],
)
def test_the_day_on_which_goods_are_due(desk: Desk, asked: str, delivery_time: int | None, due: str) -> None:
    desk.place(SHOP, 3001)
    desk.connection.execute(
        "update optiply.suppliers set delivery_time = %s where id = %s", [delivery_time, desk.suppliers[SHOP][0]]
    )
    asked_on(desk, 3001, asked)
    found = wish(desk, 3001)
    assert found.values["order.receipt_date"] == due
    assert [line.values["line.receipt_date"] for line in found.lines] == [due]


@pytest.mark.rule("B10")
def test_lots_and_prices_are_exact(desk: Desk) -> None:
    supplier, product = desk.suppliers[SHOP][0], desk.products[SHOP][0]
    desk.connection.execute(
        "insert into optiply.supplier_products"
        " (webshop_id, coupling_id, remote_id, product_id, supplier_id, name, lot_size)"
        " select webshop_id, coupling_id, 'lot', id, %s, name, 6 from optiply.products where id = %s",
        [supplier, product],
    )
    desk.place(SHOP, 3002, (0, 12, "474.00"), (0, 3, "100.00"), (1, 3, "10.00"))
    apart, merged = wish(desk, 3002), wish(desk, 3002, merged=True)
    names = ("line.quantity", "line.unit_price", "line.lot_size", "line.quantity_in_lots", "line.price_per_lot")
    assert sorted(tuple(line.values[name] for name in names) for line in apart.lines) == [
        (3, Decimal("3.3333"), 1, Decimal(3), Decimal("3.3333")),
        (3, Decimal("33.3333"), 6, Decimal("0.5"), Decimal(200)),
        (12, Decimal("39.5"), 6, Decimal(2), Decimal(237)),
    ]
    assert sorted(tuple(line.values[name] for name in names) for line in merged.lines) == [
        (3, Decimal("3.3333"), 1, Decimal(3), Decimal("3.3333")),
        (15, Decimal("38.2667"), 6, Decimal("2.5"), Decimal("229.6")),
    ]
    assert drop(desk.platform.connect, SHOP, "3002", "test").endswith("not sent any more")


def test_the_coupling_s_settings_decide_what_is_sent(desk: Desk, sandbox: Running) -> None:
    desk.place(CONCEPT, 3003, (0, 12, "474.00"))
    assert desk.push(CONCEPT).sentence() == "1 sent"
    (made,) = [
        row.data for row in sandbox.world["purchase_orders"].rows.values()
        if row.data["remarks"] == "Optiply 3003 (spoed)"
    ]  # fmt: skip
    assert (made["status"], made["idwarehouse"], made["supplier_orderid"]) == ("concept", 19, None)
    product = sandbox.world["products"].rows[str(made["products"][0]["idproduct"])].data
    assert made["products"][0]["price"] == product["fixedstockprice"]
    assert writes(sandbox) == ["POST /api/v1/purchaseorders"]
    assert desk.order(3003)["reference"] == "Optiply 3003 (spoed)"


def test_a_fulfilment_account_is_told_the_supplier_s_name(desk: Desk, fulfilment: Running) -> None:
    desk.suppliers[CLIENT] = [
        desk.one(
            "insert into optiply.suppliers (webshop_id, coupling_id, remote_id, name)"
            " select webshop_id, id, 'name:jansen bv', 'Jansen BV' from platform.couplings where name = %s"
            " returning id",
            CLIENT,
        )
    ]
    desk.place(CLIENT, 3004)
    assert desk.push(CLIENT).sentence() == "1 sent"
    assert [(order["supplier_name"], order["idsupplier"]) for order in ours(fulfilment, 3004)] == [("Jansen BV", None)]


def test_what_the_remote_cannot_change_is_done_by_hand(desk: Desk, sandbox: Running) -> None:
    desk.place(SHOP, 3005)
    desk.push(SHOP)
    sandbox.admin.forget_requests()
    desk.place(SHOP, 3005, supplier_id=desk.suppliers[SHOP][1])
    (stuck,) = desk.push(SHOP).stuck
    assert (stuck.state, stuck.what) == ("rejected", "Picqer does not change idsupplier of an order that was sent")
    assert "push drop" in stuck.next_step
    assert writes(sandbox) == []
    assert drop(desk.platform.connect, SHOP, "3005", "anneke") == (
        "order 3005 is not sent any more; the remote's word holds"
    )
    order = desk.order(3005)
    assert (order["state"], order["sent_version"]) == ("sent", order["wanted_version"])


def test_another_day_is_told_and_a_complete_order_is_left_alone(desk: Desk, sandbox: Running) -> None:
    desk.place(SHOP, 3006)
    desk.push(SHOP)
    desk.place(SHOP, 3006, expected_delivery_date="2027-01-15T10:00:00Z")
    assert desk.push(SHOP).sentence() == "1 sent"
    (made,) = ours(sandbox, 3006)
    assert (made["delivery_date"], made["products"][0]["delivery_date"]) == ("2027-01-15", "2027-01-15")
    desk.place(SHOP, 3006, (0, 24, "948.00"))
    as_platform(desk, "update optiply.buy_orders set completed = now() where id = %s", desk.buy_order(3006))
    (stuck,) = desk.push(SHOP).stuck
    assert stuck.what == "the order is complete in Picqer and is not changed any more"


def as_platform(desk: Desk, query: str, *values: Any) -> None:
    with desk.connection.transaction():
        desk.connection.execute("select set_config('optiply.writer', 'platform', true)")
        desk.connection.execute(query.encode(), values)


@pytest.mark.requirement("R7")
def test_without_a_connection_nothing_was_sent_and_nothing_is_looked_up(desk: Desk, sandbox: Running) -> None:
    desk.place(SHOP, 3007)
    known = desk.opened[SHOP]
    with socket.create_server(("127.0.0.1", 0)) as gone:
        host = f"http://127.0.0.1:{gone.getsockname()[1]}"
    desk.opened[SHOP] = Credentials(known.name, host, known.login, known.password)
    with pytest.raises(RemoteDown):
        desk.push(SHOP)
    desk.opened[SHOP] = known
    assert (desk.order(3007)["state"], desk.steps(3007)) == ("waiting", [("create", "refused")])
    assert desk.push(SHOP).sentence() == "1 sent"
    assert [entry["method"] for entry in sandbox.admin.requests()] == ["POST", "POST"]


@pytest.mark.requirement("R1")
def test_a_connection_that_cannot_be_used_rejects_no_order(desk: Desk) -> None:
    for number in (3020, 3021):
        desk.place(SHOP, number)
    known = desk.opened[SHOP]
    desk.opened[SHOP] = Credentials(known.name, "http://", known.login, known.password)
    with pytest.raises(Misconfigured, match="cannot be called"):
        desk.push(SHOP)
    desk.opened[SHOP] = known
    assert [(desk.order(number)["state"], desk.steps(number)) for number in (3020, 3021)] == [("waiting", [])] * 2
    assert desk.order(3020)["error_class"] == "configuration"
    assert desk.push(SHOP).sentence() == "2 sent"


def test_a_reference_that_could_not_be_found_again_is_refused(desk: Desk, sandbox: Running) -> None:
    config = desk.configs[CONCEPT]
    config.settings["export.reference_template"] = "x" * 50 + " {{buy_order_id}}"
    desk.place(CONCEPT, 3008)
    (stuck,) = desk.push(CONCEPT).stuck
    assert "is longer than" in stuck.what
    config.settings["export.reference_template"] = "Optiply"
    desk.place(CONCEPT, 3009)
    (stuck,) = desk.push(CONCEPT).stuck
    assert "does not hold Optiply's number 3009" in stuck.what
    assert writes(sandbox) == []


def test_a_setting_that_changes_meanwhile_hides_no_order(desk: Desk, sandbox: Running) -> None:
    """Looked for in another field, or under another text, the order would not be found and be sent a second time."""
    desk.place(SHOP, 3010)
    sandbox.admin.fault("cut", "/purchaseorders?", method="POST", after=True)
    assert desk.push(SHOP).states == {"unknown": 1}
    settings = desk.configs[SHOP].settings
    before = dict(settings)
    settings |= {"export.reference_field": "remarks", "export.reference_template": "Optiply {{buy_order_id}}"}
    desk.connection.execute("update platform.push_orders set waits_until = null")
    assert desk.push(SHOP).sentence() == "1 sent"
    assert len(ours(sandbox, 3010)) == 1
    desk.place(SHOP, 3011)
    sandbox.admin.fault("status", "/purchaseorders?", method="POST", status=400)
    assert desk.push(SHOP).states == {"rejected": 1}
    settings |= before
    waiting(desk.platform.connect, SHOP, ["3011"], "test")
    assert desk.push(SHOP).sentence() == "1 sent"
    assert len(ours(sandbox, 3011)) == 1, "what was refused follows the corrected setting"
