"""R15: lines of orders on and off, effective with the next transform, both ways."""

import json

import pytest

from tests.dbt.test_sell_orders import PRODUCT, Coupling, Warehouse, line, lines, order, orders, reasons, shop


def switch(warehouse: Warehouse, coupling: Coupling, **settings: object) -> None:
    """Change settings, and put the coupling's roots into the news as the deployment of a changed file does."""
    query = "update platform.couplings set settings = settings || %s where id = %s"
    warehouse.connection.execute(query, (json.dumps(settings), coupling.id))
    warehouse.connection.execute(
        """insert into platform.news (webshop_id, coupling_id, object, root_key)
           select webshop_id, coupling_id, 'sell_orders', record_key from staging.woocommerce__orders
           where coupling_id = %s and superseded_at is null""",
        (coupling.id,),
    )


def live(warehouse: Warehouse) -> list[str]:
    rows = warehouse.rows("select remote_id from optiply.sell_order_lines where deleted_at is null order by remote_id")
    return [row["remote_id"] for row in rows]


@pytest.mark.requirement("R15")
@pytest.mark.rule("B4")
def test_lines_go_and_come_back_with_their_ids_and_the_totals_stay(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    warehouse.land(coupling, "orders", "88", order("completed", line(1, 41, 2, "15.00"), line(2, 42, 1, "4.00")))
    warehouse.transform()
    ids = warehouse.rows("select id, remote_id from optiply.sell_order_lines order by id")
    switch(warehouse, coupling, **{"sell_orders.lines": False})
    run = warehouse.transform()
    assert (live(warehouse), orders(warehouse)) == ([], [("88", "19.00", False)])
    assert warehouse.counts(run, coupling, "sell_order_lines") == (0, 0, 2, 0)
    switch(warehouse, coupling)
    assert warehouse.counts(warehouse.transform(), coupling, "sell_order_lines") == (0, 0, 0, 0)
    switch(warehouse, coupling, **{"sell_orders.lines": True})
    warehouse.transform()
    assert live(warehouse) == ["1", "2"]
    assert warehouse.rows("select id, remote_id from optiply.sell_order_lines order by id") == ids
    assert orders(warehouse) == [("88", "19.00", False)]


@pytest.mark.requirement("R15")
def test_orders_that_come_without_lines_have_their_total_and_get_the_lines_later(warehouse: Warehouse) -> None:
    coupling = shop(warehouse, **{"sell_orders.lines": False})
    warehouse.land(coupling, "orders", "88", order("completed", line(1, 41, 2, "15.00"), line(2, 99, 1, "4.00")))
    warehouse.transform()
    assert (lines(warehouse), orders(warehouse)) == ([], [("88", "19.00", False)])
    assert reasons(warehouse, coupling, "sell_order_lines") == [], "no line waits for a product that it does not need"
    warehouse.land(coupling, "orders", "88", order("completed", line(1, 41, 9, "90.00")))
    warehouse.transform()
    assert orders(warehouse) == [("88", "19.00", False)], "a later edit changes nothing (B4)"
    warehouse.land(coupling, "orders", "88", order("completed", line(1, 41, 2, "15.00"), line(2, 99, 1, "4.00")))
    switch(warehouse, coupling, **{"sell_orders.lines": True})
    warehouse.transform()
    assert (live(warehouse), orders(warehouse)) == (["1"], [("88", "15.00", False)])
    assert reasons(warehouse, coupling, "sell_order_lines") == [("2", "waiting for parent")]
    warehouse.land(coupling, "products", "99", PRODUCT)
    warehouse.transform()
    assert (live(warehouse), orders(warehouse)) == (["1", "2"], [("88", "19.00", False)])
