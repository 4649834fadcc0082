"""Buy orders, their lines and receipts, from landed records to the Optiply tables."""

from datetime import datetime

import pytest

from tests.dbt.test_exact_online import land_account, land_item
from tests.dbt.warehouse import Coupling, Row, Warehouse

OWNS = ("products", "suppliers", "buy_orders", "receipt_lines")
DAY = 86_400_000
MAY_1, MAY_18, MAY_20 = 1_777_593_600_000, 1_779_062_400_000, 1_779_235_200_000


def company(warehouse: Warehouse) -> Coupling:
    coupling = warehouse.coupling(warehouse.webshop(), "exact_online", OWNS)
    warehouse.pulled(coupling, "stock_positions")
    land_item(warehouse, coupling, "i1")
    land_account(warehouse, coupling, "S4")
    land_account(warehouse, coupling, "S7")
    return coupling


def land_line(warehouse: Warehouse, coupling: Coupling, key: str = "l1", order: str = "p-9", **fields: object) -> None:
    record = {
        "ID": key, "PurchaseOrderID": order, "OrderStatus": 10, "ReceiptStatus": 10, "Supplier": "S4", "LineNumber": 1,
        "OrderDate": f"/Date({MAY_1})/", "Item": "i1", "Quantity": 24, "QuantityInPurchaseUnits": 4,
        "ReceivedQuantity": 0, "AmountDC": 948, "Created": f"/Date({MAY_1})/", "Modified": f"/Date({MAY_1})/",
    }  # fmt: skip
    warehouse.land(coupling, "purchase_orders", key, record | fields, root=order)


def land_receipt(warehouse: Warehouse, coupling: Coupling, key: str, line: str, boxes: object) -> None:
    inside = {"ID": f"{key}-1", "PurchaseOrderLineID": line, "QuantityReceived": boxes, "Created": f"/Date({MAY_18})/"}
    warehouse.land(coupling, "goods_receipts", key, {"ID": key, "GoodsReceiptLines": {"results": [inside]}})


def order(warehouse: Warehouse, remote_id: str = "p-9") -> Row:
    return warehouse.row(
        """select orders.*, suppliers.remote_id as supplier
           from optiply.buy_orders as orders
           inner join optiply.suppliers on suppliers.id = orders.supplier_id where orders.remote_id = %s""",
        remote_id,
    )


def live(warehouse: Warehouse, remote_id: str) -> bool:
    return bool(
        warehouse.rows(
            """select 1 from optiply.buy_order_lines where remote_id = %s and deleted_at is null
               union all select 1 from optiply.receipt_lines where remote_id = %s and deleted_at is null""",
            remote_id, remote_id,
        )
    )  # fmt: skip


@pytest.mark.example(4)
@pytest.mark.rule("B10", "B15")
def test_exact_order_and_receipt_count_pieces(warehouse: Warehouse) -> None:
    coupling = company(warehouse)
    land_line(warehouse, coupling, ReceiptStatus=30, ReceivedQuantity=24, Modified=f"/Date({MAY_20})/")
    land_receipt(warehouse, coupling, "g1", "l1", 4)
    warehouse.transform()
    line = warehouse.row("select quantity, subtotal_value from optiply.buy_order_lines")
    receipt = warehouse.row("select quantity, occurred from optiply.receipt_lines")
    assert (line["quantity"], str(line["subtotal_value"])) == (24, "948.00")
    assert (receipt["quantity"], receipt["occurred"].date().isoformat()) == (24, "2026-05-18")
    assert (order(warehouse)["completed"].date().isoformat(), str(order(warehouse)["total_value"])) == (
        "2026-05-20",
        "948.00",
    )


@pytest.mark.example(27)
def test_order_is_complete_once_and_open_again(warehouse: Warehouse) -> None:
    coupling = company(warehouse)
    land_line(warehouse, coupling, ReceiptStatus=30, Modified=f"/Date({MAY_18})/")
    warehouse.transform()
    completed: datetime = order(warehouse)["completed"]
    assert completed.date().isoformat() == "2026-05-18"
    land_line(warehouse, coupling, ReceiptStatus=30, Modified=f"/Date({MAY_20})/")
    warehouse.transform()
    assert order(warehouse)["completed"] == completed
    land_line(warehouse, coupling, ReceiptStatus=20, Modified=f"/Date({MAY_20 + DAY})/")
    warehouse.transform()
    assert order(warehouse)["completed"] is None


@pytest.mark.example(27)
@pytest.mark.rule("B16")
def test_logic4_receipt_grows_with_its_row_until_the_order_is_closed(warehouse: Warehouse) -> None:
    settings = {"supplier_products.price": "buy_price"}
    coupling = warehouse.coupling(warehouse.webshop(), "logic4", OWNS, settings)
    warehouse.pulled(coupling, "stock")
    warehouse.land(coupling, "products", "5005", {"ProductName1": "Stoel", "StatusId": 2})
    warehouse.land(coupling, "creditors", "4", {"CompanyName": "Jansen"})
    seen: list[tuple[Row, datetime | None, tuple[int, int, int, int]]] = []
    for to_come, closed in ((4, False), (0, True), (0, True)):
        about = {"CreditorId": 4, "CreatedAt": "2026-05-18T09:00:00", "BuyOrderClosed": closed}
        row = {"ProductId": 5005, "QtyToOrder": 10, "QtyToDeliver": to_come, "Price": 7.5,
               "OrderedOnDateByDistributor": "2026-05-18T09:00:00"}  # fmt: skip
        warehouse.land(coupling, "buy_orders", "9001", about | {"seen": len(seen)})
        warehouse.land(coupling, "buy_order_rows", "77", row | {"seen": len(seen)}, root="9001")
        run = warehouse.transform()
        receipt = warehouse.row("select id, remote_id, quantity, occurred from optiply.receipt_lines")
        seen.append((receipt, order(warehouse, "9001")["completed"], warehouse.counts(run, coupling, "receipt_lines")))
    (first, open_order, _), (second, completed, _), (third, still, last_run) = seen
    assert (first["remote_id"], first["quantity"], open_order) == ("9001_77_5005", 6, None)
    assert second == first | {"quantity": 10}
    assert completed is not None
    assert (third, still, last_run) == (second, completed, (0, 0, 0, 1))


@pytest.mark.example(29)
@pytest.mark.rule("B15")
def test_another_supplier_changes_the_same_row(warehouse: Warehouse) -> None:
    coupling = company(warehouse)
    land_line(warehouse, coupling)
    warehouse.transform()
    before = order(warehouse)
    land_line(warehouse, coupling, Supplier="S7")
    run = warehouse.transform()
    after = order(warehouse)
    assert (before["supplier"], after["supplier"], after["id"]) == ("S4", "S7", before["id"])
    assert warehouse.counts(run, coupling, "buy_orders") == (0, 1, 0, 0)


@pytest.mark.rule("B3")
def test_removed_order_takes_lines_and_receipts_along_and_brings_them_back(warehouse: Warehouse) -> None:
    coupling = company(warehouse)
    land_line(warehouse, coupling, "l1")
    land_line(warehouse, coupling, "l2", LineNumber=2, AmountDC=52)
    land_receipt(warehouse, coupling, "g1", "l1", 1)
    land_receipt(warehouse, coupling, "g2", "l2", 1)
    warehouse.transform()
    assert str(order(warehouse)["total_value"]) == "1000.00"
    warehouse.gone(coupling, "purchase_orders", "l1")
    warehouse.transform()
    assert [live(warehouse, key) for key in ("l1", "g1-1", "l2", "g2-1")] == [False, False, True, True]
    assert (str(order(warehouse)["total_value"]), order(warehouse)["deleted_at"]) == ("52.00", None)
    warehouse.gone(coupling, "purchase_orders", "l2")
    warehouse.transform()
    assert order(warehouse)["deleted_at"] is not None
    assert not any(live(warehouse, key) for key in ("l1", "g1-1", "l2", "g2-1"))
    land_line(warehouse, coupling, "l2", LineNumber=2, AmountDC=53)
    warehouse.transform()
    assert (str(order(warehouse)["total_value"]), order(warehouse)["deleted_at"]) == ("53.00", None)
    assert [live(warehouse, key) for key in ("l1", "g1-1", "l2", "g2-1")] == [False, False, True, True]


@pytest.mark.example(40)
@pytest.mark.rule("B13", "B20")
def test_what_waits_for_a_parent_follows_it(warehouse: Warehouse) -> None:
    coupling = company(warehouse)
    land_receipt(warehouse, coupling, "g1", "l2", 2)
    land_line(warehouse, coupling, "l1", Supplier="S9")
    land_line(warehouse, coupling, "l2", "p-10", Item="i2")
    warehouse.transform()
    reasons = [
        (name, row["remote_id"], row["field"], row["reason"])
        for name in ("buy_orders", "buy_order_lines", "receipt_lines")
        for row in warehouse.problems(coupling, name)
    ]
    assert reasons == [
        ("buy_orders", "p-10", "lines", "no line matched yet"),
        ("buy_orders", "p-9", "supplier_id", "waiting for parent"),
        ("buy_order_lines", "l2", "product_id", "waiting for parent"),
        ("receipt_lines", "g1-1", "buy_order_line_id", "waiting for parent"),
    ]
    land_account(warehouse, coupling, "S9")
    land_item(warehouse, coupling, "i2")
    warehouse.transform()
    assert [live(warehouse, key) for key in ("l1", "l2", "g1-1")] == [True, True, True]
    assert warehouse.row("select quantity from optiply.receipt_lines")["quantity"] == 12
    for name in ("buy_orders", "buy_order_lines", "receipt_lines"):
        assert warehouse.problems(coupling, name) == []


@pytest.mark.rule("B20")
def test_an_order_that_is_held_stays_as_it_is_with_its_lines(warehouse: Warehouse) -> None:
    coupling = company(warehouse)
    land_line(warehouse, coupling)
    warehouse.transform()
    land_line(warehouse, coupling, Supplier="S9", Quantity=48, AmountDC=2000)
    warehouse.transform()
    assert (order(warehouse)["supplier"], str(order(warehouse)["total_value"])) == ("S4", "948.00")
    assert warehouse.row("select quantity from optiply.buy_order_lines")["quantity"] == 24
