"""What orders become in Exact Online and Logic4: transfers, production, drafts; what is stopped before it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from include.kit.couplings import coupling_text, webshop_text
from include.kit.scratch import scratch, server
from include.sandbox import Running, serve
from include.sandbox.remote import load_remote
from include.spec.load import load_coupling, load_manifest
from include.sync.configs import deploy_configs
from include.sync.push_answers import retry
from tests.sync.push_stage import Desk, with_patience
from tests.sync.stage import credentials_of

pytestmark = pytest.mark.requirement("F3")
Couple = Callable[..., str]
LOT = 12


@pytest.fixture(scope="module")
def exact() -> Iterator[Running]:
    with serve("exact_online", seed=5, size=60, orders=5, settings=load_remote("exact_online").tested_with) as running:
        yield running


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with scratch(server(), "push_kinds") as dsn:
        made = Desk(dsn, tmp_path_factory.mktemp("configs"))
        yield made
        made.close()


@pytest.fixture(scope="module")
def couple(desk: Desk) -> Couple:
    """Add a webshop that buys through a sandbox; one supplier delivers each of its products in lots of a dozen."""

    def couple(shop: str, running: Running, system: str, settings: Mapping[str, Any]) -> str:
        name, manifest = f"{shop}__{system}", load_manifest(system)
        folder: Path = desk.folder / shop
        folder.mkdir()
        (folder / "webshop.yaml").write_text(webshop_text(shop, manifest))
        given = {**load_remote(system).coupling_settings, **settings}
        (folder / f"{system}.yaml").write_text(coupling_text(shop, manifest, given))
        config = load_coupling(f"{shop}/{system}.yaml", desk.folder)
        desk.configs[name] = with_patience(config, timeout=1, settle=1)
        desk.opened[name] = credentials_of(running, name)
        with desk.platform.connect() as connection:
            assert deploy_configs(connection, desk.folder) == []
        known = offers(running, system)
        insert = (
            "insert into optiply.{table} (webshop_id, coupling_id, remote_id, name) select webshop_id, id, key, key"
            " from platform.couplings, unnest(%s::text[]) with ordinality as given (key, place)"
            " where couplings.name = %s order by place returning id"
        )
        desk.suppliers[name] = [row["id"] for row in desk.rows(insert.format(table="suppliers"), known[0], name)]
        desk.products[name] = [row["id"] for row in desk.rows(insert.format(table="products"), known[1], name)]
        desk.rows(
            "insert into optiply.supplier_products (webshop_id, coupling_id, remote_id, supplier_id, product_id, name,"
            " lot_size) select webshop_id, coupling_id, remote_id, %s, id, name, %s from optiply.products"
            " where id = any(%s) returning id",
            desk.suppliers[name][0], LOT, desk.products[name][:-1],
        )  # fmt: skip
        return name

    return couple


def offers(running: Running, system: str) -> tuple[list[str], list[str]]:
    """Return two suppliers, and three products of the first; Optiply will not know of the last that it delivers it."""
    state = running.admin.state()["collections"]
    if system == "logic4":
        listed = [(row["CreditorId"], row["ProductId"]) for row in state["product_suppliers"]]
    else:
        sold = {item["ID"] for item in state["items"] if item["IsPurchaseItem"] and not item["EndDate"]}
        listed = [(o["Supplier"], o["Item"]) for o in state["supplier_items"] if o["PurchaseUnitFactor"] == LOT]
        listed = [(supplier, item) for supplier, item in listed if item in sold]
    most = max({supplier for supplier, _ in listed}, key=lambda one: sum(one == supplier for supplier, _ in listed))
    other = next(supplier for supplier, _ in listed if supplier != most)
    return [str(most), str(other)], [str(item) for supplier, item in listed if supplier == most][:3]


@pytest.fixture(scope="module")
def shop(couple: Couple, exact: Running) -> str:
    return couple("buys", exact, "exact_online", {"export.line_price": True})


def purchases(running: Running, number: int) -> list[dict[str, Any]]:
    rows = running.admin.state()["collections"]["purchases"]
    return [row for row in rows if row["YourRef"] == str(number)]


@pytest.mark.rule("B10", "B15")
def test_exact_counts_purchase_units_and_their_price(desk: Desk, exact: Running, shop: str) -> None:
    desk.place(shop, 7001, (1, 24, "100.00"), (0, 60, "30.00"))
    assert desk.push(shop).states == {"sent": 1}
    rows = purchases(exact, 7001)
    assert [(row["QuantityInPurchaseUnits"], row["Quantity"], row["UnitPrice"]) for row in rows] in (
        [(2, 24, 50), (5, 60, 6)],
        [(5, 60, 6), (2, 24, 50)],
    )
    assert {row["Description"] for row in rows} == {"Optiply 7001"}
    assert desk.order(7001)["remote_number"] == str(rows[0]["OrderNumber"])


@pytest.mark.parametrize(
    ("number", "lines", "said"),
    [
        (7010, [(0, 30, "1.00")], "line.quantity_in_lots' is needed as a whole number and is 2.5"),
        (7011, [(2, 12, "1.00")], "does not deliver"),
    ],
)
def test_what_exact_would_refuse_is_not_sent(
    desk: Desk, exact: Running, shop: str, number: int, lines: list[tuple[int, int, str]], said: str
) -> None:
    """Of refusals it allows ten an hour."""
    desk.place(shop, number, *lines)
    exact.admin.forget_requests()
    assert desk.push(shop).states == {"rejected": 1}
    order = desk.order(number)
    assert said in order["error_text"]
    assert order["next_step"]
    assert exact.admin.writes("purchaseorder") == []


def test_without_a_lot_size_pieces_would_be_boxes(desk: Desk, couple: Couple) -> None:
    with serve("exact_online", seed=5, size=60, orders=5) as running:
        loose = couple("loose", running, "exact_online", {"supplier_products.lot_size": "none"})
        desk.place(loose, 7020, (0, 24, "1.00"))
        assert desk.push(loose).states == {"rejected": 1}
        assert "supplier_products.lot_size: none" in desk.order(7020)["error_text"]
        assert running.admin.writes("purchaseorder") == []


def test_an_order_that_came_out_as_another_one_is_told(desk: Desk, exact: Running, shop: str) -> None:
    """A lot of six is sent as one box, and Exact's box holds a dozen."""
    desk.rows("update optiply.supplier_products set lot_size = 6 where product_id = %s returning id",
              desk.products[shop][1])  # fmt: skip
    desk.place(shop, 7025, (1, 12, "10.00"))
    assert desk.push(shop).states == {"rejected": 1}
    assert "Optiply wants 12 pieces, and Exact Online has 24" in desk.order(7025)["error_text"]
    (row,) = purchases(exact, 7025)
    exact.admin.amend_order(row["PurchaseOrderID"], line=row["ID"], quantity=1)
    retry(desk.platform.connect, shop, ["7025"], "somebody")
    assert desk.push(shop).states == {"sent": 1}
    assert len(purchases(exact, 7025)) == 1
    desk.rows("update optiply.supplier_products set lot_size = 12 where product_id = %s returning id",
              desk.products[shop][1])  # fmt: skip


def test_the_supplier_of_a_sent_order_stays(desk: Desk, exact: Running, shop: str) -> None:
    desk.place(shop, 7030, (0, 12, "10.00"))
    desk.push(shop)
    before = purchases(exact, 7030)
    desk.rows(
        "insert into optiply.supplier_products (webshop_id, coupling_id, remote_id, supplier_id, product_id, name,"
        " lot_size) select webshop_id, coupling_id, 'other', %s, id, name, %s from optiply.products where id = %s"
        " returning id",
        desk.suppliers[shop][1], LOT, desk.products[shop][0],
    )  # fmt: skip
    desk.place(shop, 7030, (0, 12, "10.00"), supplier_id=desk.suppliers[shop][1])
    assert desk.push(shop).states == {"rejected": 1}
    assert "does not change Supplier of an order that was sent" in desk.order(7030)["error_text"]
    assert purchases(exact, 7030) == before


@pytest.mark.parametrize("kind", ["cut", "status", "late"])
def test_an_order_whose_answer_was_lost_is_found_by_its_number(
    desk: Desk, exact: Running, shop: str, kind: str
) -> None:
    number = 7040 + ["cut", "status", "late"].index(kind)
    desk.place(shop, number, (0, 12, "10.00"))
    exact.admin.fault(kind, "PurchaseOrders", writes=True, after=kind != "late", seconds=0.2)
    desk.push(shop)
    for _ in range(4):
        if desk.order(number)["state"] == "sent":
            break
        wait_for(desk, number)
        desk.push(shop)
    assert desk.order(number)["state"] == "sent"
    assert len({row["PurchaseOrderID"] for row in purchases(exact, number)}) == 1
    exact.admin.clear_faults()


def wait_for(desk: Desk, number: int) -> None:
    """Let an order's time of waiting be over, the database doing the waiting."""
    desk.rows(
        "select pg_sleep(greatest(0, extract(epoch from waits_until - clock_timestamp()) + 0.05))::text"
        " from platform.push_orders where id = %s",
        desk.order(number)["id"],
    )


@pytest.mark.rule("B15")
def test_stock_transfers_are_made_instead_and_found_by_their_description(desk: Desk, couple: Couple) -> None:
    with serve("exact_online", seed=5, size=60, orders=5) as running:
        here, there = (row["ID"] for row in running.admin.state()["collections"]["warehouses"][:2])
        settings = {"export.stock_transfers": True, "export.transfer_from": here}
        unsure = couple("unsure", running, "exact_online", settings)
        desk.place(unsure, 7050, (0, 12, "10.00"))
        assert desk.push(unsure).states == {"rejected": 1}
        assert "export.transfer_to" in desk.order(7050)["error_text"]
    with serve("exact_online", seed=5, size=60, orders=5) as running:
        moves = couple("moves", running, "exact_online", {**settings, "export.transfer_to": there})
        running.admin.fault("cut", "WarehouseTransfers", writes=True, after=True)
        desk.place(moves, 7051, (0, 12, "10.00"), (1, 24, "10.00"))
        assert desk.push(moves).states == {"unknown": 1}
        wait_for(desk, 7051)
        assert desk.push(moves).states == {"sent": 1}
        (made,) = running.admin.state()["collections"]["transfers"]
        assert (made["Description"], made["WarehouseFrom"], made["WarehouseTo"]) == ("Optiply 7051", here, there)
        assert sorted(line["Quantity"] for line in made["WarehouseTransferLines"]) == [12, 24]
        assert purchases(running, 7051) == []
        lines = desk.rows("select remote_id from optiply.buy_order_lines where buy_order_id = %s", desk.buy_order(7051))
        assert {row["remote_id"] for row in lines} == {line["ID"] for line in made["WarehouseTransferLines"]}


@pytest.mark.rule("B15")
def test_what_the_shop_makes_itself_is_a_shop_order_of_one_item(desk: Desk, exact: Running, shop: str) -> None:
    made_item = next(i["ID"] for i in exact.admin.state()["collections"]["items"] if i["IsMakeItem"])
    product = desk.one(
        "insert into optiply.products (webshop_id, coupling_id, remote_id, name) select webshop_id, id, %s, 'Kast'"
        " from platform.couplings where name = %s returning id",
        made_item, shop,
    )  # fmt: skip
    desk.products[shop].append(product)
    place = len(desk.products[shop]) - 1
    desk.place(shop, 7060, (place, 10, "10.00"))
    desk.place(shop, 7061, (place, 10, "10.00"), (0, 12, "1.00"))
    desk.rows("update optiply.buy_orders set assembly = true where optiply_id in (7060, 7061) returning id")
    assert desk.push(shop).states == {"sent": 1, "rejected": 1}
    orders = exact.admin.state()["collections"]["shop_orders"]
    (order,) = (one for one in orders if one["YourRef"] == "7060")
    assert (order["Item"], order["PlannedQuantity"], order["Description"]) == (made_item, 10, "Optiply 7060")
    assert "one line only, and this one has 2" in desk.order(7061)["error_text"]
    # As int_buy_order_lines__exact_online names the line of what is made.
    line = desk.one("select remote_id from optiply.buy_order_lines where buy_order_id = %s", desk.buy_order(7060))
    assert line == f"{order['ID']}_{made_item}"


@pytest.mark.rule("B15")
def test_logic4_takes_branch_and_drafts_and_says_no_with_status_200(desk: Desk, couple: Couple) -> None:
    with serve("logic4", seed=5, size=60, orders=5) as running:
        drafts = couple("drafts", running, "logic4", {"export.as_draft": True, "export.branch": 2})
        desk.place(drafts, 7070, (0, 12, "30.00"))
        # Contains our remark, and is not ours.
        desk.place(drafts, 70700, (0, 6, "15.00"))
        assert desk.push(drafts).states == {"sent": 2}
        state = running.admin.state()["collections"]
        header = next(order for order in state["buy_orders"] if order["Remarks"] == "op-7070")
        (row,) = (one for one in state["buy_order_rows"] if one["BuyOrderId"] == header["Id"])
        assert (header["BranchId"], row["OrderedOnDateByDistributor"]) == (2, None)
        assert (row["QtyToOrder"], row["QtyToDeliver"], row["Price"]) == (12, 12, 2.5)
        desk.configs[drafts] = branch(desk, drafts, 9)
        desk.place(drafts, 7071, (0, 12, "30.00"))
        assert desk.push(drafts).states == {"rejected": 1}
        assert "BranchId is niet gevonden" in desk.order(7071)["error_text"]
        desk.configs[drafts] = branch(desk, drafts, 2)
        desk.place(drafts, 7070, (1, 12, "30.00"))
        assert desk.push(drafts).states == {"rejected": 1}
        assert "taken off" in desk.order(7070)["error_text"], "no call takes a row off"


def branch(desk: Desk, coupling: str, number: int) -> Any:
    """Return the coupling with another branch, as after an edit of its file."""
    shop, _, system = coupling.partition("__")
    file = desk.folder / shop / f"{system}.yaml"
    file.write_text(re.sub(r"(export.branch:) \d+", rf"\1 {number}", file.read_text()))
    return with_patience(load_coupling(f"{shop}/{system}.yaml", desk.folder), timeout=1, settle=1)
