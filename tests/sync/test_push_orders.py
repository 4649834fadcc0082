"""Buy orders reach the remote: made, released, changed, cancelled, refused with words, sent again by one call."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from include.contract.errors import AuthRefused, LimitReached, Misconfigured, RemoteDown
from include.kit.scratch import scratch, server
from include.sandbox import Running, serve
from include.sync.push_answers import adopt, drop, retry, waiting
from include.warehouse import push_orders
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


def test_lines_of_one_product_are_sent_as_one(desk: Desk, sandbox: Running) -> None:
    order_id = desk.place(SHOP, 1002, (0, 12, "480.00"), (1, 1, "9.00"), (0, 4, "144.00"))
    assert desk.push(SHOP).sentence() == "1 sent"
    (made,) = ours(sandbox, 1002)
    assert sorted((line["amount"], line["price"]) for line in made["products"]) == [(1, 9), (16, 39)]
    rows = desk.rows("select remote_id from optiply.buy_order_lines where buy_order_id = %s order by id", order_id)
    assert [row["remote_id"] is None for row in rows] == [False, False, True], "the merged row has no line of its own"


def test_half_an_order_is_never_sent(desk: Desk, sandbox: Running) -> None:
    product, supplier = desk.products[SHOP][0], desk.suppliers[SHOP][0]
    desk.connection.execute(
        "insert into optiply.buy_orders (optiply_id, supplier_id, total_value) values (1003, %s, 30)", [supplier]
    )
    line = (
        "insert into optiply.buy_order_lines (optiply_id, buy_order_id, product_id, quantity, subtotal_value)"
        " values (%s, (select id from optiply.buy_orders where optiply_id = 1003), %s, 1, %s)"
    )
    desk.connection.execute(line, [100301, product, 10])
    assert desk.push(SHOP).sentence() == "nothing to send"
    with desk.platform.connect() as connection:
        (listed,) = push_orders.listed(connection, SHOP, done=False)
    assert "waiting for its lines: they do not add up to its total_value" in listed.lines()[0]
    desk.connection.execute(line, [100302, desk.products[SHOP][1], 20])
    assert desk.push(SHOP).sentence() == "1 sent"
    assert len(ours(sandbox, 1003)[0]["products"]) == 2


def test_changes_of_an_order_that_was_sent_are_only_the_difference(desk: Desk, sandbox: Running) -> None:
    desk.place(SHOP, 1004, (0, 12, "480.00"), (1, 5, "50.00"), (2, 1, "7.00"))
    desk.push(SHOP)
    sandbox.admin.forget_requests()
    desk.place(SHOP, 1004, (0, 12, "480.00"), (1, 9, "90.00"), (3, 2, "8.00"))
    assert desk.push(SHOP).sentence() == "1 sent"
    (made,) = ours(sandbox, 1004)
    products = [
        int(row["remote_id"]) for row in desk.rows("select remote_id from optiply.products order by id limit 4")
    ]
    assert [(line["idproduct"], line["amount"]) for line in made["products"]] == [
        (products[0], 12), (products[1], 9), (products[3], 2),
    ]  # fmt: skip
    order = f"/api/v1/purchaseorders/{made['idpurchaseorder']}/products"
    assert sorted(call.split("/products")[0].split(" ")[0] for call in writes(sandbox)) == ["DELETE", "POST", "PUT"]
    assert f"POST {order}" in writes(sandbox)
    names = desk.rows(
        "select l.remote_id from optiply.buy_order_lines l join optiply.buy_orders o on o.id = l.buy_order_id"
        " where o.optiply_id = 1004 and l.deleted_at is null order by l.id"
    )
    assert {row["remote_id"] for row in names} == {str(line["idpurchaseorder_product"]) for line in made["products"]}
    sandbox.admin.forget_requests()
    desk.place(SHOP, 1004, (0, 12, "480.00"), (1, 9, "90.00"), (3, 2, "8.00"))
    assert desk.push(SHOP).sentence() == "nothing to send", "the same again is no wish"


def test_a_line_whose_adding_nobody_knows_of_is_not_added_twice(desk: Desk, sandbox: Running) -> None:
    desk.place(SHOP, 1005, (0, 12, "480.00"))
    desk.push(SHOP)
    sandbox.admin.fault("cut", "/products?", method="POST", after=True)
    desk.place(SHOP, 1005, (0, 12, "480.00"), (1, 3, "9.00"))
    assert desk.push(SHOP).states == {"unknown": 1}
    sandbox.admin.clear_faults()
    desk.connection.execute("update platform.push_orders set waits_until = null")
    assert desk.push(SHOP).sentence() == "1 sent"
    assert [line["amount"] for line in ours(sandbox, 1005)[0]["products"]] == [12, 3]
    assert ("line_added", "found") in desk.steps(1005)


def test_a_cancelled_order_is_cancelled_there_or_never_sent(desk: Desk, sandbox: Running) -> None:
    cancel = "select platform.cancel_buy_order('acme', %s)"
    desk.place(SHOP, 1006)
    desk.push(SHOP)
    desk.place(SHOP, 1007)
    for number in (1006, 1007):
        desk.connection.execute(cancel, [number])
    assert desk.push(SHOP).sentence() == "2 cancelled"
    assert [order["status"] for order in ours(sandbox, 1006)] == ["cancelled"]
    assert ours(sandbox, 1007) == []
    assert (desk.order(1006)["state"], desk.order(1007)["state"]) == ("cancelled", "cancelled")


def test_one_that_is_refused_shows_the_remote_s_words_and_holds_no_other_back(desk: Desk, sandbox: Running) -> None:
    for number in (1008, 1009):
        desk.place(SHOP, number)
    words = '{"error":true,"error_code":5,"error_message":"Verplicht: Betalingsconditie"}'
    sandbox.admin.fault("status", "/purchaseorders?", method="POST", status=400, body=words)
    done = desk.push(SHOP)
    assert done.sentence() == "1 rejected, 1 sent"
    (stuck,) = done.stuck
    assert "answered 400: Verplicht: Betalingsconditie" in stuck.what
    assert "send order 1008 again" in stuck.next_step
    assert desk.push(SHOP).sentence() == "nothing to send"
    assert waiting(desk.platform.connect, SHOP, ["1008"], "support") == "sent again: 1008"
    assert desk.push(SHOP, "1008").sentence() == "1 sent"
    assert len(ours(sandbox, 1008)) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 429}, LimitReached),
        ({"status": 401}, AuthRefused),
    ],
)
@pytest.mark.requirement("R7")
def test_what_is_no_fault_of_the_order_stops_the_run_and_parks_nothing(
    desk: Desk, sandbox: Running, fault: dict[str, int], error: type[Exception]
) -> None:
    number = 1010 + fault["status"]
    desk.place(SHOP, number)
    sandbox.admin.fault("status", "/purchaseorders?", method="POST", **fault)
    with pytest.raises(error):
        desk.push(SHOP)
    assert (desk.order(number)["state"], desk.steps(number)) == ("waiting", [("create", "refused")])
    assert desk.order(number)["error_class"] == error.error_class  # type: ignore[attr-defined]
    assert desk.push(SHOP).sentence() == "1 sent"
    assert len(ours(sandbox, number)) == 1


@pytest.mark.requirement("R7")
def test_a_remote_that_gives_no_clear_answers_is_left_alone(desk: Desk, sandbox: Running) -> None:
    for number in range(1020, 1025):
        desk.place(SHOP, number)
    sandbox.admin.fault("status", "/purchaseorders?", method="POST", after=True, times=None)
    with pytest.raises(RemoteDown, match="no clear answer for 3 orders in a row"):
        desk.push(SHOP)
    sandbox.admin.clear_faults()
    desk.connection.execute("update platform.push_orders set waits_until = null")
    assert desk.push(SHOP).sentence() == "5 sent"
    assert [len(ours(sandbox, number)) for number in range(1020, 1025)] == [1] * 5


def test_a_person_adopts_or_lets_go(desk: Desk, sandbox: Running) -> None:
    connect = desk.platform.connect
    desk.place(SHOP, 1030)
    sandbox.admin.fault("status", "/purchaseorders?", method="POST", after=True)
    desk.push(SHOP)
    (made,) = ours(sandbox, 1030)
    with pytest.raises(Misconfigured, match="no order 4711"):
        retry(connect, SHOP, ["4711"], "support")
    other = desk.order(1001)["remote_id"]
    with pytest.raises(Misconfigured, match=f"{other} is our order OP 1001 already"):
        adopt(connect, SHOP, "1030", other, "support")
    adopt(connect, SHOP, "1030", str(made["idpurchaseorder"]), "support")
    assert desk.push(SHOP).sentence() == "1 sent"
    assert desk.steps(1030) == [("create", "found"), ("mark_as_purchased", "accepted")]
    assert len(ours(sandbox, 1030)) == 1
    with pytest.raises(Misconfigured, match="is sent: there is nothing to decide"):
        drop(connect, SHOP, "1030", "support")
    desk.place(SHOP, 1031)
    assert drop(connect, SHOP, "1031", "support") == "order 1031 is not sent any more"
    assert desk.push(SHOP).sentence() == "nothing to send"
    assert desk.order(1031)["state"] == "cancelled"
    retry(connect, SHOP, ["1031"], "support")
    assert desk.push(SHOP).sentence() == "1 sent", "who let it go may want it again"


def test_two_orders_with_our_reference_are_a_person_s_to_judge(desk: Desk, sandbox: Running) -> None:
    desk.place(SHOP, 1040)
    sandbox.admin.fault("status", "/purchaseorders?", method="POST", after=True)
    desk.push(SHOP)
    (made,) = ours(sandbox, 1040)
    sandbox.world["purchase_orders"].put("99999", {**made, "idpurchaseorder": 99999})
    desk.connection.execute("update platform.push_orders set waits_until = null")
    (stuck,) = desk.push(SHOP).stuck
    assert stuck.state == "parked"
    assert "several orders there hold our reference" in stuck.what
    with pytest.raises(Misconfigured, match="of 1040 nobody knows"):
        waiting(desk.platform.connect, SHOP, ["1040"], "support")
    adopt(desk.platform.connect, SHOP, "1040", "99999", "support")
    assert desk.push(SHOP).sentence() == "1 sent"


def test_a_wish_that_comes_while_an_order_is_sent_is_sent_next(desk: Desk, sandbox: Running) -> None:
    desk.place(SHOP, 1050, (0, 12, "480.00"))
    sandbox.admin.fault("slow", "/purchaseorders?", method="POST", after=True, seconds=0.6)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(desk.push, SHOP)
        while not ours(sandbox, 1050):
            time.sleep(0.01)
        desk.place(SHOP, 1050, (0, 24, "960.00"))
        assert running.result().states == {"sent": 1}
    assert desk.order(1050)["state"] == "waiting"
    assert desk.push(SHOP).sentence() == "1 sent"
    assert [line["amount"] for line in ours(sandbox, 1050)[0]["products"]] == [24]


@pytest.mark.requirement("F2")
def test_no_secret_is_in_the_ledger(desk: Desk) -> None:
    key = desk.opened[SHOP].password
    for table in ("push_orders", "push_steps", "push_lines"):
        rows = desk.rows(f"select t::text as row from platform.{table} t")
        assert rows
        assert not [row for row in rows if key in row["row"]]


def test_what_a_run_costs_follows_what_is_wanted(desk: Desk) -> None:
    with desk.connection.transaction(force_rollback=True):
        desk.connection.execute(
            "insert into optiply.buy_orders (webshop_id, coupling_id, supplier_id, remote_id, placed)"
            " select webshop_id, coupling_id, id, 'old' || n, now()"
            " from optiply.suppliers, generate_series(1, 20000) n where id = %s",
            [desk.suppliers[SHOP][0]],
        )
        desk.connection.execute(
            "insert into platform.push_orders (webshop_id, coupling_id, buy_order_id, reference, state, sent_version)"
            " select webshop_id, coupling_id, id, 'old' || id, 'sent', 1 from optiply.buy_orders"
            " where remote_id like 'old%'"
        )
        desk.connection.execute("analyze platform.push_orders, optiply.buy_orders")
        plan = desk.rows(
            "explain (analyze, buffers off, format text) select id from platform.push_orders p where coupling_id ="
            " (select id from platform.couplings where name = %s) and p.state in ('waiting', 'sending', 'unknown')"
            " order by id limit 32",
            SHOP,
        )
        text = "\n".join(row["QUERY PLAN"] for row in plan)
        assert "push_orders_wanted" in text
        assert "Seq Scan on push_orders" not in text
