"""Sell orders end to end: scope, merging, what later edits may change, and matching of secondary couplings."""

import pytest

from include.sync.selection import models_of
from tests.dbt.warehouse import Coupling, Row, Warehouse, run_dbt

PRODUCT = {"type": "simple", "status": "publish", "name": "Mug", "price": "5.00", "virtual": True}


def shop(warehouse: Warehouse, **settings: object) -> Coupling:
    coupling = warehouse.coupling(warehouse.webshop(), "woocommerce", ("products", "sell_orders"), settings)
    for key in ("41", "42"):
        warehouse.land(coupling, "products", key, PRODUCT)
    return coupling


def line(key: int, product: int, quantity: int, subtotal: str) -> Row:
    return {"id": key, "product_id": product, "variation_id": 0, "quantity": quantity, "subtotal": subtotal}


def order(status: str, *lines: Row) -> Row:
    return {"status": status, "line_items": lines, "total": "999.99", "date_created_gmt": "2026-05-01T10:00:00"}


def item(key: str, ean: str, quantity: int = 1, price: float = 12.1, **fields: object) -> Row:
    return {"orderItemId": key, "product": {"ean": ean}, "quantity": quantity, "unitPrice": price, **fields}


def bol(warehouse: Warehouse) -> tuple[Coupling, Coupling]:
    """A webshop whose products come from WooCommerce and whose orders come from bol.com."""
    webshop = warehouse.webshop()
    primary = warehouse.coupling(webshop, "woocommerce", ("products",))
    secondary = warehouse.coupling(webshop, "bol_com", ("sell_orders",), match_key="ean")
    return primary, secondary


def land_bol(warehouse: Warehouse, coupling: Coupling, key: str, *items: Row) -> None:
    placed = {"orderId": key, "orderPlacedDateTime": "2026-05-03T12:00:00+02:00"}
    warehouse.land(coupling, "orders", key, placed)
    warehouse.land(coupling, "order_details", key, placed | {"orderItems": items})


def lines(warehouse: Warehouse) -> list[tuple[str, int, str]]:
    rows = warehouse.rows("select remote_id, quantity, subtotal_value from optiply.sell_order_lines order by remote_id")
    return [(row["remote_id"], row["quantity"], str(row["subtotal_value"])) for row in rows]


def orders(warehouse: Warehouse) -> list[tuple[str, str, bool]]:
    rows = warehouse.rows("select remote_id, total_value, deleted_at from optiply.sell_orders order by remote_id")
    return [(row["remote_id"], str(row["total_value"]), row["deleted_at"] is not None) for row in rows]


def reasons(warehouse: Warehouse, coupling: Coupling, name: str) -> list[tuple[str, str]]:
    return [(row["remote_id"], row["reason"]) for row in warehouse.problems(coupling, name)]


@pytest.mark.rule("B5")
@pytest.mark.rule("B1")
def test_equal_products_are_merged_and_the_total_is_that_of_the_lines(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    merged = order("completed", line(1, 41, 2, "15.00"), line(2, 42, 1, "4.00"), line(3, 41, 3, "21.00"))
    warehouse.land(coupling, "orders", "88", merged)
    run = warehouse.transform()
    assert lines(warehouse) == [("1", 5, "36.00"), ("2", 1, "4.00")]
    assert orders(warehouse) == [("88", "40.00", False)]
    assert warehouse.counts(run, coupling, "sell_order_lines") == (2, 0, 0, 0)
    warehouse.land(coupling, "orders", "88", merged | {"note": "read again"})
    run = warehouse.transform()
    assert warehouse.counts(run, coupling, "sell_orders") == (0, 0, 0, 1)
    assert reasons(warehouse, coupling, "sell_order_lines") == []


@pytest.mark.rule("B4")
def test_open_order_is_taken_once_completed_or_with_pull_all_orders(warehouse: Warehouse) -> None:
    strict, all_orders = shop(warehouse), shop(warehouse, **{"sell_orders.pull_all_orders": True})
    for coupling in (strict, all_orders):
        warehouse.land(coupling, "orders", "90", order("processing", line(1, 41, 1, "5.00")))
    warehouse.transform()
    rows = warehouse.rows("select coupling_id, completed from optiply.sell_orders")
    assert rows == [{"coupling_id": all_orders.id, "completed": None}]
    assert reasons(warehouse, strict, "sell_orders") == []
    warehouse.land(strict, "orders", "90", order("completed", line(1, 41, 1, "5.00")))
    warehouse.transform()
    assert len(orders(warehouse)) == 2


@pytest.mark.rule("B4")
@pytest.mark.example(32)
def test_later_edits_leave_lines_alone_and_a_refund_deletes_the_order(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    warehouse.land(coupling, "orders", "88", order("completed", line(1, 41, 2, "49.00")))
    warehouse.transform()
    warehouse.land(coupling, "orders", "88", order("completed", line(1, 41, 9, "1.00"), line(2, 42, 1, "4.00")))
    warehouse.transform()
    assert (lines(warehouse), orders(warehouse)) == ([("1", 2, "49.00")], [("88", "49.00", False)])
    warehouse.land(coupling, "orders", "88", order("refunded"))
    run = warehouse.transform()
    assert (lines(warehouse), orders(warehouse)) == ([("1", 2, "49.00")], [("88", "49.00", True)])
    assert warehouse.counts(run, coupling, "sell_orders") == (0, 0, 1, 0)


@pytest.mark.requirement("R5")
@pytest.mark.rule("B14")
@pytest.mark.example(33)
def test_waiting_line_is_added_when_its_product_comes(warehouse: Warehouse) -> None:
    primary, secondary = bol(warehouse)
    warehouse.land(primary, "products", "1", PRODUCT | {"global_unique_id": "08712345000017"})
    land_bol(warehouse, secondary, "B1", item("i1", "8712345000017", 2, 15.00), item("i2", "9999999999994"))
    warehouse.transform()
    assert lines(warehouse) == [("i1", 2, "24.79")]
    assert orders(warehouse) == [("B1", "24.79", False)]
    assert reasons(warehouse, secondary, "sell_order_lines") == [("i2", "no match")]
    warehouse.land(primary, "products", "2", PRODUCT | {"global_unique_id": "9999999999994"})
    run = warehouse.transform()
    assert lines(warehouse) == [("i1", 2, "24.79"), ("i2", 1, "10.00")]
    assert orders(warehouse) == [("B1", "34.79", False)]
    assert warehouse.counts(run, secondary, "sell_orders") == (0, 1, 0, 0)
    assert reasons(warehouse, secondary, "sell_order_lines") == []


@pytest.mark.rule("B14")
@pytest.mark.example(36)
def test_order_without_any_match_is_held_until_the_key_is_unambiguous(warehouse: Warehouse) -> None:
    primary, secondary = bol(warehouse)
    for key in ("1", "2"):
        warehouse.land(primary, "products", key, PRODUCT | {"global_unique_id": "8712345000017"})
    land_bol(warehouse, secondary, "B1", item("i1", "8712345000017"))
    warehouse.transform()
    assert orders(warehouse) == []
    assert reasons(warehouse, secondary, "sell_orders") == [("B1", "no line matched yet")]
    assert reasons(warehouse, secondary, "sell_order_lines") == [("i1", "ambiguous match")]
    warehouse.land(primary, "products", "2", PRODUCT | {"global_unique_id": "", "status": "draft"})
    warehouse.transform()
    assert orders(warehouse) == [("B1", "10.00", False)]
    assert reasons(warehouse, secondary, "sell_orders") == []


@pytest.mark.rule("B5")
def test_waiting_lines_of_one_product_are_merged_once(warehouse: Warehouse) -> None:
    primary, secondary = bol(warehouse)
    land_bol(warehouse, secondary, "B1", item("i1", "8712345000017"), item("i2", "8712345000017"))
    warehouse.transform()
    assert len(reasons(warehouse, secondary, "sell_order_lines")) == 2
    warehouse.land(primary, "products", "1", PRODUCT | {"global_unique_id": "8712345000017"})
    warehouse.transform()
    assert lines(warehouse) == [("i1", 2, "20.00")]
    warehouse.tell(secondary, "orders", "B1")
    warehouse.transform()
    assert lines(warehouse) == [("i1", 2, "20.00")]
    assert reasons(warehouse, secondary, "sell_order_lines") == []


@pytest.mark.rule("B4")
def test_repeated_batch_of_a_failed_run_changes_nothing(warehouse: Warehouse) -> None:
    primary, secondary = bol(warehouse)
    warehouse.land(primary, "products", "1", PRODUCT | {"global_unique_id": "8712345000017"})
    land_bol(
        warehouse,
        secondary,
        "B1",
        item("i1", "8712345000017"),
        item("i2", "8712345000017"),
        item("i3", "9999999999994"),
    )
    warehouse.connection.execute(
        """insert into platform.transform_batch (object, coupling_id, root_key, webshop_id)
           select distinct object, coupling_id, root_key, webshop_id from platform.news"""
    )
    warehouse.connection.execute("insert into platform.transforms default values")
    run_dbt("run", "--select", *models_of(["products", "sell_orders"]))
    warehouse.connection.execute("update platform.transforms set outcome = 'failed', finished_at = now()")
    stored = (lines(warehouse), orders(warehouse), reasons(warehouse, secondary, "sell_order_lines"))
    assert stored == ([("i1", 2, "20.00")], [("B1", "20.00", False)], [("i3", "no match")])
    run = warehouse.transform()
    assert (lines(warehouse), orders(warehouse), reasons(warehouse, secondary, "sell_order_lines")) == stored
    assert warehouse.counts(run, secondary, "sell_orders") == (0, 0, 0, 1)


@pytest.mark.rule("B4")
def test_order_whose_lines_were_lost_by_a_crash_gets_them(warehouse: Warehouse) -> None:
    primary, secondary = bol(warehouse)
    warehouse.land(primary, "products", "1", PRODUCT | {"global_unique_id": "8712345000017"})
    land_bol(warehouse, secondary, "B1", item("i1", "8712345000017"), item("i2", "9999999999994"))
    warehouse.transform()
    warehouse.connection.execute("delete from optiply.sell_order_lines")
    warehouse.tell(secondary, "orders", "B1")
    warehouse.transform()
    assert lines(warehouse) == [("i1", 1, "10.00")]


@pytest.mark.example(35)
def test_order_that_is_cancelled_as_a_whole_is_deleted(warehouse: Warehouse) -> None:
    primary, secondary = bol(warehouse)
    warehouse.land(primary, "products", "1", PRODUCT | {"global_unique_id": "8712345000017"})
    land_bol(warehouse, secondary, "B1", item("i1", "8712345000017", 2))
    land_bol(warehouse, secondary, "B2", item("i2", "8712345000017", cancellationRequest=True))
    warehouse.transform()
    assert orders(warehouse) == [("B1", "20.00", False)]
    land_bol(warehouse, secondary, "B1", item("i1", "8712345000017", 2, quantityCancelled=2))
    warehouse.transform()
    assert orders(warehouse) == [("B1", "20.00", True)]
    assert lines(warehouse) == [("i1", 2, "20.00")]


@pytest.mark.requirement("R5")
def test_products_of_another_webshop_never_match(warehouse: Warehouse) -> None:
    other, _ = bol(warehouse)
    _, secondary = bol(warehouse)
    warehouse.land(other, "products", "1", PRODUCT | {"global_unique_id": "8712345000017"})
    land_bol(warehouse, secondary, "B1", item("i1", "8712345000017"))
    warehouse.transform()
    assert orders(warehouse) == []
    assert reasons(warehouse, secondary, "sell_order_lines") == [("i1", "no match")]


@pytest.mark.rule("B20")
@pytest.mark.parametrize("older_first", [True, False])
def test_a_line_id_that_two_orders_claim_belongs_to_the_newer_whenever_it_is_mapped(
    warehouse: Warehouse, older_first: bool
) -> None:
    coupling = shop(warehouse)
    days = {"101": "2026-05-01", "102": "2026-05-02"}
    for number in sorted(days, reverse=not older_first):
        about = order("completed", line(7, 41, int(number) - 100, "10.00"))
        warehouse.land(coupling, "orders", number, about | {"date_modified_gmt": f"{days[number]}T10:00:00"})
        warehouse.transform()
    warehouse.tell(coupling, "orders", "101")
    warehouse.transform()
    query = "select order_remote_id, problems from mapping.int_sell_order_lines__unioned"
    warning = "warning|remote_id|more than one record, newest kept"
    told = warehouse.row(query)
    assert told["order_remote_id"] == "102"
    assert warning in told["problems"]
