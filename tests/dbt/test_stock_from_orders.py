"""Stock corrected by sell orders, for a system whose products do not tell when an order takes from their stock."""

import json

import pytest

from tests.dbt.test_sell_orders import Coupling, Row, Warehouse, line, order

STOCKED = {
    "type": "simple",
    "status": "publish",
    "name": "Mug",
    "price": "5.00",
    "manage_stock": True,
    "stock_quantity": 10,
}


def shop(warehouse: Warehouse, wants: bool) -> Coupling:
    settings = {"stock.from_sell_orders": wants}
    coupling = warehouse.coupling(warehouse.webshop(), "woocommerce", ("products", "sell_orders"), settings)
    warehouse.land(coupling, "products", "41", STOCKED)
    warehouse.land(coupling, "orders", "1", order("completed", line(1, 41, 4, "5.00")))
    return coupling


def ordered(status: str, quantity: int) -> Row:
    return order(status, line(2, 41, quantity, "5.00")) | {"date_created_gmt": "2100-01-01T10:00:00"}


def stock(warehouse: Warehouse, coupling: Coupling) -> int:
    return int(
        warehouse.row("select stock_level from optiply.products where coupling_id = %s", coupling.id)["stock_level"]
    )


@pytest.mark.requirement("R19")
@pytest.mark.rule("B2")
def test_an_order_takes_from_the_stock_until_it_is_read_again(warehouse: Warehouse) -> None:
    correcting, plain = shop(warehouse, True), shop(warehouse, False)
    warehouse.transform()
    assert (stock(warehouse, correcting), stock(warehouse, plain)) == (10, 10), "older orders are in the number"
    for coupling in (correcting, plain):
        warehouse.land(coupling, "orders", "2", ordered("processing", 3))
    warehouse.transform()
    assert (stock(warehouse, correcting), stock(warehouse, plain)) == (7, 10)
    warehouse.land(correcting, "orders", "2", ordered("processing", 5))
    warehouse.transform()
    assert stock(warehouse, correcting) == 5
    warehouse.land(correcting, "orders", "2", ordered("cancelled", 5))
    warehouse.transform()
    assert stock(warehouse, correcting) == 10


@pytest.mark.requirement("R19")
@pytest.mark.rule("B2")
def test_a_pull_of_everything_that_finds_the_product_unchanged_ends_the_correction(warehouse: Warehouse) -> None:
    coupling = shop(warehouse, True)
    warehouse.land(coupling, "orders", "2", ordered("processing", 3))
    warehouse.transform()
    assert stock(warehouse, coupling) == 7
    query = "select object, root_key from mapping.int_roots__read_anew"
    assert warehouse.rows(query) == []
    warehouse.connection.execute(
        """insert into platform.pulls (webshop_id, coupling_id, object, mode, outcome, started_at, finished_at)
           values (%s, %s, 'products', 'all', 'succeeded', '2100-01-02', '2100-01-03')""",
        (coupling.webshop_id, coupling.id),
    )
    assert warehouse.rows(query) == [{"object": "products", "root_key": "41"}]
    warehouse.tell(coupling, "products", "41")
    warehouse.transform()
    assert stock(warehouse, coupling) == 10
    assert json.dumps(warehouse.rows(query)) == "[]"
