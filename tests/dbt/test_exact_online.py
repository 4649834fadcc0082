"""Exact Online end to end: products of three endpoints, suppliers, supplier products and compositions."""

import pytest

from tests.dbt.warehouse import Coupling, Row, Warehouse

OWNS = ("products", "suppliers", "supplier_products", "product_compositions", "sell_orders")


def exact(warehouse: Warehouse, **settings: object) -> Coupling:
    coupling = warehouse.coupling(
        warehouse.webshop(), "exact_online", OWNS, {"sell_orders.source": "orders"} | settings
    )
    warehouse.pulled(coupling, "stock_positions")
    return coupling


def land_item(warehouse: Warehouse, coupling: Coupling, key: str, **fields: object) -> None:
    item = {"ID": key, "Code": f"C-{key}", "Description": f"Item {key}", "IsPurchaseItem": True, "IsMakeItem": 0}
    warehouse.land(coupling, "items", key, item | fields)


def land_account(warehouse: Warehouse, coupling: Coupling, key: str, **fields: object) -> None:
    warehouse.land(coupling, "accounts", key, {"ID": key, "Name": f"Supplier {key}", "IsSupplier": True} | fields)


def land_supplier_item(
    warehouse: Warehouse, coupling: Coupling, key: str, item: str, supplier: str, **fields: object
) -> None:
    record = {"ID": key, "Item": item, "Supplier": supplier, "PurchasePrice": 10, "PurchaseUnitFactor": 1}
    warehouse.land(coupling, "supplier_items", key, record | fields, root=item)


def land_material(
    warehouse: Warehouse, coupling: Coupling, key: str, item: str, part: str, quantity: object, day: int = 1
) -> None:
    record = {"ID": key, "PartItem": part, "Quantity": quantity, "Modified": f"/Date({day * 86_400_000})/"}
    warehouse.land(coupling, "assembly_materials", key, record, root=item)


def preferred(warehouse: Warehouse) -> dict[str, bool]:
    rows = warehouse.rows("select remote_id, preferred from optiply.supplier_products where deleted_at is null")
    return {row["remote_id"]: row["preferred"] for row in rows}


def compositions(warehouse: Warehouse) -> list[Row]:
    return warehouse.rows(
        """select remote_id, part_quantity, deleted_at is not null as deleted
           from optiply.product_compositions order by remote_id"""
    )


@pytest.mark.requirement("R19")
def test_a_change_in_any_of_the_three_endpoints_updates_the_product(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    land_item(warehouse, coupling, "i1")
    warehouse.transform()
    query = "select stock_level, price, name from optiply.products"
    assert warehouse.row(query) == {"stock_level": 0, "price": None, "name": "Item i1"}
    warehouse.land(
        coupling, "stock_positions", "p1", {"WarehouseCode": "1", "CurrentStock": 40, "PlanningOut": 3}, root="i1"
    )
    warehouse.transform()
    assert warehouse.row(query)["stock_level"] == 37
    warehouse.land(coupling, "sales_item_prices", "s1", {"Account": None, "Quantity": 1, "Price": 12.345}, root="i1")
    warehouse.transform()
    assert str(warehouse.row(query)["price"]) == "12.35"


@pytest.mark.requirement("R19")
@pytest.mark.parametrize("source", ["product_cost", "purchase_prices"])
def test_a_price_that_another_endpoint_tells_updates_the_supplier_product(warehouse: Warehouse, source: str) -> None:
    coupling = exact(warehouse, **{"supplier_products.price": source})
    land_item(warehouse, coupling, "i1", CostPriceStandard=7)
    land_account(warehouse, coupling, "S1")
    land_supplier_item(warehouse, coupling, "x1", "i1", "S1")
    paid = {"Account": "S1", "Quantity": 1, "Price": 7}
    warehouse.land(coupling, "purchase_item_prices", "p1", paid, root="i1")
    warehouse.transform()
    query = "select price::text from optiply.supplier_products"
    assert warehouse.row(query)["price"] == "7.00"
    if source == "product_cost":
        land_item(warehouse, coupling, "i1", CostPriceStandard=8)
    else:
        warehouse.land(coupling, "purchase_item_prices", "p1", paid | {"Price": 8}, root="i1")
    warehouse.transform()
    assert warehouse.row(query)["price"] == "8.00"


@pytest.mark.rule("B2")
def test_stock_is_unknown_until_positions_were_pulled_once(warehouse: Warehouse) -> None:
    coupling = warehouse.coupling(warehouse.webshop(), "exact_online", OWNS)
    land_item(warehouse, coupling, "i1")
    warehouse.transform()
    assert warehouse.rows("select 1 from optiply.products") == []
    assert [(row["reason"], row["waiting"]) for row in warehouse.problems(coupling, "products")] == [
        ("stock not pulled yet", True)
    ]
    warehouse.pulled(coupling, "stock_positions")
    warehouse.transform()
    assert warehouse.row("select stock_level from optiply.products")["stock_level"] == 0
    assert warehouse.problems(coupling, "products") == []


@pytest.mark.rule("B3")
@pytest.mark.example(7)
@pytest.mark.parametrize("how", ["gone", "no supplier any more"])
def test_supplier_that_is_gone_is_ignored_and_kept(warehouse: Warehouse, how: str) -> None:
    coupling = exact(warehouse)
    land_account(warehouse, coupling, "S2")
    land_account(warehouse, coupling, "customer", IsSupplier=False)
    warehouse.transform()
    if how == "gone":
        warehouse.gone(coupling, "accounts", "S2")
    else:
        land_account(warehouse, coupling, "S2", IsSupplier=False)
    warehouse.transform()
    row = warehouse.row("select remote_id, ignored, deleted_at is not null as deleted, name from optiply.suppliers")
    assert row == {"remote_id": "S2", "ignored": True, "deleted": True, "name": "Supplier S2"}


@pytest.mark.rule("B13")
@pytest.mark.example(40)
def test_supplier_product_waits_for_its_supplier(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    land_item(warehouse, coupling, "i1")
    land_supplier_item(warehouse, coupling, "x1", "i1", "S1")
    warehouse.transform()
    assert preferred(warehouse) == {}
    problem = {"remote_id": "x1", "field": "supplier_id", "reason": "waiting for parent", "severity": "blocked"}
    assert warehouse.problems(coupling, "supplier_products") == [problem | {"waiting": True, "attempts": 1}]
    land_account(warehouse, coupling, "S1")
    warehouse.transform()
    assert preferred(warehouse) == {"x1": True}
    assert warehouse.problems(coupling, "supplier_products") == []


@pytest.mark.requirement("R11")
@pytest.mark.rule("B6")
def test_preferred_moves_to_a_sibling_that_had_no_news(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    land_item(warehouse, coupling, "i1")
    for supplier in ("S1", "S2"):
        land_account(warehouse, coupling, supplier)
    land_supplier_item(warehouse, coupling, "x1", "i1", "S1", MainSupplier=True)
    land_supplier_item(warehouse, coupling, "x2", "i1", "S2", PurchasePrice=20)
    warehouse.transform()
    assert preferred(warehouse) == {"x1": True, "x2": False}
    warehouse.gone(coupling, "supplier_items", "x1")
    run = warehouse.transform()
    assert preferred(warehouse) == {"x2": True}
    assert warehouse.counts(run, coupling, "supplier_products") == (0, 1, 1, 0)


@pytest.mark.requirement("R11")
@pytest.mark.rule("B6")
def test_supplier_product_that_moves_leaves_its_old_product_with_a_preferred_one(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    for item in ("i1", "i2"):
        land_item(warehouse, coupling, item)
    for supplier in ("S1", "S2"):
        land_account(warehouse, coupling, supplier)
    land_supplier_item(warehouse, coupling, "x1", "i1", "S1", MainSupplier=True)
    land_supplier_item(warehouse, coupling, "x2", "i1", "S2")
    warehouse.transform()
    land_supplier_item(warehouse, coupling, "x1", "i2", "S1", MainSupplier=True)
    warehouse.transform()
    assert preferred(warehouse) == {"x1": True, "x2": True}


@pytest.mark.rule("B20")
def test_supplier_products_that_exchange_their_suppliers(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    land_item(warehouse, coupling, "i1")
    for supplier in ("S1", "S2"):
        land_account(warehouse, coupling, supplier)
    land_supplier_item(warehouse, coupling, "x1", "i1", "S1")
    land_supplier_item(warehouse, coupling, "x2", "i1", "S2")
    warehouse.transform()
    land_supplier_item(warehouse, coupling, "x1", "i1", "S2")
    land_supplier_item(warehouse, coupling, "x2", "i1", "S1")
    warehouse.transform()
    rows = warehouse.rows(
        """select sp.remote_id, s.remote_id as supplier from optiply.supplier_products as sp
           inner join optiply.suppliers as s on s.id = sp.supplier_id where sp.deleted_at is null order by 1"""
    )
    assert [(row["remote_id"], row["supplier"]) for row in rows] == [("x1", "S2"), ("x2", "S1")]


@pytest.mark.rule("B20")
def test_two_records_of_one_pair_give_one_row_and_the_other_takes_over(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    land_item(warehouse, coupling, "i1")
    land_account(warehouse, coupling, "S1")
    land_supplier_item(warehouse, coupling, "x1", "i1", "S1")
    warehouse.transform()
    land_supplier_item(warehouse, coupling, "x2", "i1", "S1")
    warehouse.transform()
    assert preferred(warehouse) == {"x1": True}
    warehouse.gone(coupling, "supplier_items", "x1")
    warehouse.transform()
    assert preferred(warehouse) == {"x2": True}


@pytest.mark.rule("B9")
@pytest.mark.example(6)
def test_circle_is_refused_and_its_edge_waits(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    for item in "ABCD":
        land_item(warehouse, coupling, item)
    land_material(warehouse, coupling, "m1", "A", "B", 2, day=1)
    land_material(warehouse, coupling, "m2", "B", "A", 1, day=2)
    land_material(warehouse, coupling, "m3", "C", "D", 0)
    warehouse.transform()
    assert compositions(warehouse) == [{"remote_id": "A_B", "part_quantity": 2, "deleted": False}]
    problems = [
        (row["remote_id"], row["field"], row["reason"]) for row in warehouse.problems(coupling, "product_compositions")
    ]
    assert problems == [("B_A", "part_product_id", "cycle"), ("C_D", "part_quantity", "part_quantity < 1")]
    warehouse.gone(coupling, "assembly_materials", "m1")
    warehouse.transform()
    assert [(row["remote_id"], row["deleted"]) for row in compositions(warehouse)] == [("A_B", True), ("B_A", False)]


@pytest.mark.rule("B9")
def test_long_circle_with_stored_edges_is_refused(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    for item in "ABC":
        land_item(warehouse, coupling, item)
    land_material(warehouse, coupling, "m1", "A", "B", 1)
    land_material(warehouse, coupling, "m2", "B", "C", 1)
    warehouse.transform()
    land_material(warehouse, coupling, "m3", "C", "A", 1)
    warehouse.transform()
    assert [row["remote_id"] for row in compositions(warehouse)] == ["A_B", "B_C"]


@pytest.mark.rule("B3")
@pytest.mark.example(5)
def test_cancelled_sales_order_is_deleted_and_its_lines_stay(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    land_item(warehouse, coupling, "i1")
    order = {"OrderID": "s-1", "Status": 12, "OrderDate": "/Date(1777593600000)/"}
    warehouse.land(coupling, "sales_orders", "s-1", order)
    warehouse.land(coupling, "sales_order_lines", "l1", {"Item": "i1", "Quantity": 2, "AmountDC": 179.9}, root="s-1")
    warehouse.transform()
    query = "select total_value, completed, deleted_at is not null as deleted from optiply.sell_orders"
    assert {**warehouse.row(query), "total_value": str(warehouse.row(query)["total_value"])} == {
        "total_value": "179.90", "completed": None, "deleted": False,
    }  # fmt: skip
    warehouse.land(coupling, "sales_orders", "s-1", order | {"Status": 45})
    warehouse.transform()
    assert warehouse.row(query)["deleted"] is True
    line = warehouse.row("select quantity, deleted_at from optiply.sell_order_lines")
    assert line == {"quantity": 2, "deleted_at": None}


@pytest.mark.rule("B13")
def test_order_line_that_comes_before_its_order_waits(warehouse: Warehouse) -> None:
    coupling = exact(warehouse)
    land_item(warehouse, coupling, "i1")
    warehouse.land(coupling, "sales_order_lines", "l1", {"Item": "i1", "Quantity": 2, "AmountDC": 5}, root="s-1")
    warehouse.transform()
    assert [row["reason"] for row in warehouse.problems(coupling, "sell_order_lines")] == ["waiting for parent"]
    warehouse.land(coupling, "sales_orders", "s-1", {"Status": 21, "OrderDate": "/Date(1777593600000)/"})
    warehouse.transform()
    assert warehouse.row("select quantity from optiply.sell_order_lines")["quantity"] == 2
    assert warehouse.problems(coupling, "sell_order_lines") == []
