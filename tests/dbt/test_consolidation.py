"""One Optiply row from the records of several couplings: a shop owns products, a warehouse system stands beside it."""

import pytest

from tests.dbt.warehouse import Coupling, Row, Warehouse, run_dbt

pytestmark = [pytest.mark.requirement("R5"), pytest.mark.requirement("R10")]
ALL = ("products", "suppliers", "supplier_products", "product_compositions", "sell_orders", "buy_orders")


def transform(warehouse: Warehouse) -> int:
    """Map only what a product goes through."""
    return warehouse.transform("int_products__unioned", "int_products__members", "products", "winners", "quarantine")


def erp(warehouse: Warehouse, webshop: int, priority: int = 1) -> Coupling:
    settings = {"deletions.full_compare": True}
    return warehouse.coupling(webshop, "woocommerce", ("products",), settings, priority=priority)


def depot(warehouse: Warehouse, webshop: int) -> Coupling:
    """A warehouse system that only adds to the products of the shop, and brings all the rest."""
    return warehouse.coupling(webshop, "picqer", ALL[1:], priority=2, contributes=("products",))


def both(warehouse: Warehouse) -> tuple[Coupling, Coupling]:
    """The shop's products with the stock of the warehouse system, joined by SKU."""
    webshop = warehouse.webshop()
    shop, picqer = erp(warehouse, webshop), depot(warehouse, webshop)
    warehouse.consolidate(webshop, "products", "sku", stock_level=[picqer, shop], unlimited_stock=[picqer])
    return shop, picqer


def owners(warehouse: Warehouse) -> tuple[Coupling, Coupling]:
    """Two systems that both make products, joined by SKU, the shop first."""
    webshop = warehouse.webshop()
    shop = erp(warehouse, webshop)
    picqer = warehouse.coupling(webshop, "picqer", ALL, priority=2)
    warehouse.consolidate(webshop, "products", "sku")
    return shop, picqer


def land(
    warehouse: Warehouse, coupling: Coupling, key: str, sku: str | None, stock: object = 5, **fields: object
) -> None:
    """A product as each of the two systems writes it."""
    if coupling.connector == "picqer":
        record: Row = {"idproduct": key, "name": f"Depot {key}", "productcode": sku, "type": "normal", "active": True}
        record["stock"] = [{"idwarehouse": 1, "freestock": stock}]
    else:
        record = {"type": "simple", "status": "publish", "name": f"Shop {key}", "sku": sku, "price": "9.95"}
        record |= {"manage_stock": True, "stock_quantity": stock, "virtual": False, "downloadable": False}
    warehouse.land(coupling, "products", key, record | fields)


def products(warehouse: Warehouse) -> dict[str, tuple[int, str, bool]]:
    """Stock, status and whether it is deleted, per stored product."""
    rows = warehouse.rows("select remote_id, stock_level, status, deleted_at from optiply.products")
    return {row["remote_id"]: (row["stock_level"], row["status"], row["deleted_at"] is not None) for row in rows}


def winners(warehouse: Warehouse) -> dict[str, dict[str, int]]:
    rows = warehouse.rows("select remote_id, winners from platform.winners where object = 'products'")
    return {row["remote_id"]: row["winners"] for row in rows}


def waiting(warehouse: Warehouse, coupling: Coupling) -> dict[str, str]:
    return {row["remote_id"]: row["reason"] for row in warehouse.problems(coupling, "products")}


def test_one_row_takes_each_field_from_the_source_that_ranks_first_and_knows(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    land(warehouse, shop, "s1", "MUG-1", 5)
    land(warehouse, shop, "s2", "MUG-2", 6)
    land(warehouse, picqer, "p1", " mug-1", 40, barcode="8712345000017")
    transform(warehouse)
    assert products(warehouse) == {"s1": (40, "enabled", False), "s2": (6, "enabled", False)}
    won = winners(warehouse)
    assert set(won) == {"s1"}, "a row with one source needs no decision"
    assert (won["s1"]["stock_level"], won["s1"]["unlimited_stock"], won["s1"]["name"]) == (
        picqer.id,
        picqer.id,
        shop.id,
    )
    row = warehouse.row("select ean_code, name from optiply.products where remote_id = 's1'")
    assert row == {"ean_code": None, "name": "Shop s1"}, "a contributor is heard for the fields that name it only"


@pytest.mark.requirement("R16")
def test_a_change_of_either_source_writes_the_one_row_and_a_repeat_writes_nothing(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    land(warehouse, shop, "s1", "MUG-1")
    land(warehouse, picqer, "p1", "MUG-1", 40)
    transform(warehouse)
    land(warehouse, picqer, "p1", "MUG-1", 39)
    run = transform(warehouse)
    assert products(warehouse) == {"s1": (39, "enabled", False)}
    assert warehouse.counts(run, shop, "products") == (0, 1, 0, 0)
    land(warehouse, shop, "s1", "MUG-1", name="Mug, blue")
    transform(warehouse)
    assert warehouse.row("select name, stock_level from optiply.products") == {"name": "Mug, blue", "stock_level": 39}
    query = """select (select xmin::text from optiply.products) as product,
               (select xmin::text from platform.winners) as won,
               (select string_agg(xmin::text, ' ') from mapping.int_products__members) as members"""
    before = warehouse.row(query)
    for coupling in (shop, picqer):
        warehouse.replay(coupling, "products")
    transform(warehouse)
    assert warehouse.row(query) == before


@pytest.mark.requirement("R12")
def test_another_priority_and_another_key_decide_again(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    land(warehouse, shop, "s1", "MUG-1", 5, global_unique_id="8712345000017")
    land(warehouse, picqer, "p1", "MUG-1", 40, barcode="8712345000024")
    land(warehouse, picqer, "p2", "MUG-2", 90, barcode="8712345000017")
    transform(warehouse)
    assert products(warehouse) == {"s1": (40, "enabled", False)}
    warehouse.consolidate(shop.webshop_id, "products", "sku", stock_level=[shop, picqer])
    for coupling in (shop, picqer):
        warehouse.replay(coupling, "products")
    transform(warehouse)
    assert products(warehouse) == {"s1": (5, "enabled", False)}
    assert winners(warehouse)["s1"]["stock_level"] == shop.id
    warehouse.consolidate(shop.webshop_id, "products", "ean", stock_level=[picqer])
    for coupling in (shop, picqer):
        warehouse.replay(coupling, "products")
    transform(warehouse)
    assert products(warehouse) == {"s1": (90, "enabled", False)}
    assert waiting(warehouse, picqer) == {"p1": "no match"}


@pytest.mark.rule("B14")
def test_a_contributor_waits_without_a_match_and_comes_with_it(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    land(warehouse, picqer, "p1", "MUG-1", 40)
    land(warehouse, picqer, "p2", None, 41)
    transform(warehouse)
    assert products(warehouse) == {}
    assert waiting(warehouse, picqer) == {"p1": "no match", "p2": "nothing to match by"}
    land(warehouse, shop, "s1", "MUG-1")
    land(warehouse, shop, "s2", None, 6)
    transform(warehouse)
    assert products(warehouse) == {"s1": (40, "enabled", False), "s2": (6, "enabled", False)}
    assert waiting(warehouse, picqer) == {"p2": "nothing to match by"}


@pytest.mark.rule("B14")
def test_ambiguous_records_of_a_contributor_wait_and_the_row_keeps_what_it_had(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    land(warehouse, shop, "s1", "MUG-1", 5)
    land(warehouse, picqer, "p1", "MUG-1", 40)
    transform(warehouse)
    land(warehouse, picqer, "p2", "MUG-1", 70)
    transform(warehouse)
    assert products(warehouse) == {"s1": (40, "enabled", False)}, "not the stock of a source that ranks lower"
    assert waiting(warehouse, picqer) == {"p1": "ambiguous match", "p2": "ambiguous match"}
    land(warehouse, picqer, "p2", "MUG-2", 70)
    land(warehouse, picqer, "p1", "MUG-1", 41)
    transform(warehouse)
    assert products(warehouse) == {"s1": (41, "enabled", False)}
    assert waiting(warehouse, picqer) == {"p2": "no match"}


@pytest.mark.rule("B14")
def test_records_of_the_first_owner_with_one_key_stay_apart(warehouse: Warehouse) -> None:
    shop, picqer = owners(warehouse)
    land(warehouse, shop, "s1", "MUG-1", 5)
    land(warehouse, shop, "s2", "MUG-1", 6)
    land(warehouse, picqer, "p1", "MUG-1", 40)
    transform(warehouse)
    assert products(warehouse) == {"s1": (5, "enabled", False), "s2": (6, "enabled", False)}
    assert waiting(warehouse, picqer) == {"p1": "ambiguous match"}
    land(warehouse, shop, "s2", "MUG-2", 6)
    transform(warehouse)
    assert products(warehouse) == {"s1": (5, "enabled", False), "s2": (6, "enabled", False)}
    assert waiting(warehouse, picqer) == {}
    assert set(winners(warehouse)) == {"s1"}


@pytest.mark.rule("B3")
@pytest.mark.requirement("R16")
def test_a_row_that_is_merged_into_another_comes_back_with_its_id(warehouse: Warehouse) -> None:
    shop, picqer = owners(warehouse)
    land(warehouse, picqer, "p1", "MUG-1", 40)
    transform(warehouse)
    own = warehouse.row("select id from optiply.products where remote_id = 'p1'")["id"]
    land(warehouse, shop, "s1", "MUG-1", 5)
    run = transform(warehouse)
    assert products(warehouse) == {"p1": (40, "disabled", True), "s1": (5, "enabled", False)}
    assert warehouse.counts(run, picqer, "products") == (0, 0, 1, 0)
    land(warehouse, picqer, "p1", "MUG-1", 30)
    transform(warehouse)
    assert products(warehouse)["p1"] == (40, "disabled", True), "what it says now goes to the other's row only"
    warehouse.gone(shop, "products", "s1")
    transform(warehouse)
    assert products(warehouse) == {"p1": (30, "enabled", False), "s1": (5, "disabled", True)}
    assert warehouse.row("select id from optiply.products where remote_id = 'p1'")["id"] == own
    assert winners(warehouse) == {}
    land(warehouse, shop, "s1", "MUG-1", 4)
    transform(warehouse)
    assert products(warehouse) == {"p1": (30, "disabled", True), "s1": (4, "enabled", False)}


@pytest.mark.rule("B3", "B19")
def test_a_contributor_that_goes_leaves_the_owners_own_value(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    land(warehouse, shop, "s1", "MUG-1", 5)
    land(warehouse, picqer, "p1", "MUG-1", 40)
    transform(warehouse)
    warehouse.gone(picqer, "products", "p1")
    transform(warehouse)
    assert products(warehouse) == {"s1": (5, "enabled", False)}
    assert (winners(warehouse), waiting(warehouse, picqer)) == ({}, {})


@pytest.mark.rule("B2", "B19")
def test_a_held_source_that_ranks_first_keeps_the_stored_value(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    land(warehouse, shop, "s1", "MUG-1", 5)
    land(warehouse, picqer, "p1", "MUG-1", 40)
    transform(warehouse)
    land(warehouse, picqer, "p1", "MUG-1", "forty")
    land(warehouse, shop, "s1", "MUG-1", 5, name="Mug, blue")
    transform(warehouse)
    assert warehouse.row("select name, stock_level from optiply.products") == {"name": "Mug, blue", "stock_level": 40}
    assert waiting(warehouse, picqer) == {"p1": "not a number"}
    assert winners(warehouse)["s1"]["stock_level"] == picqer.id
    land(warehouse, picqer, "p1", "MUG-1", 38)
    land(warehouse, shop, "s1", "MUG-1", 5, name=None)
    transform(warehouse)
    assert warehouse.row("select name, stock_level from optiply.products") == {"name": "Mug, blue", "stock_level": 38}
    assert waiting(warehouse, shop) == {"s1": "missing"}, "a held base record keeps its own fields only"


@pytest.mark.rule("B20")
def test_a_base_record_that_is_held_makes_no_row(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    land(warehouse, shop, "s1", "MUG-1", 5, name=None)
    land(warehouse, picqer, "p1", "MUG-1", 40)
    transform(warehouse)
    assert products(warehouse) == {}
    assert waiting(warehouse, shop) == {"s1": "missing"}


def test_products_of_two_webshops_never_merge(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    other, _ = both(warehouse)
    land(warehouse, shop, "s1", "MUG-1", 5)
    land(warehouse, other, "o1", "MUG-1", 6)
    land(warehouse, picqer, "p1", "MUG-1", 40)
    transform(warehouse)
    assert products(warehouse) == {"s1": (40, "enabled", False), "o1": (6, "enabled", False)}


def test_a_failed_run_is_repeated_with_the_same_result(warehouse: Warehouse) -> None:
    """Only the members were written when the run stopped: the batch remembers whom they touched."""
    shop, picqer = both(warehouse)
    land(warehouse, shop, "s1", "MUG-1", 5)
    land(warehouse, shop, "s2", "MUG-2", 6)
    land(warehouse, picqer, "p1", "MUG-1", 40)
    transform(warehouse)
    land(warehouse, picqer, "p1", "MUG-2", 41)
    warehouse.connection.execute(
        "insert into platform.transform_batch (object, coupling_id, root_key, webshop_id)"
        " select object, coupling_id, root_key, webshop_id from platform.news on conflict do nothing"
    )
    run_dbt("run", "--select", "int_products__unioned", "int_products__members")
    assert products(warehouse) == {"s1": (40, "enabled", False), "s2": (6, "enabled", False)}
    transform(warehouse)
    assert products(warehouse) == {"s1": (5, "enabled", False), "s2": (41, "enabled", False)}
    assert set(winners(warehouse)) == {"s2"}


def land_order(warehouse: Warehouse, picqer: Coupling, key: str, product: str) -> None:
    record = {"status": "completed", "created": "2026-05-01 10:00:00", "updated": "2026-05-02 10:00:00"}
    lines = [{"idproduct": product, "productcode": "unlike", "amount": 2, "price": 5}]
    warehouse.land(picqer, "orders", key, record | {"products": lines})


@pytest.mark.rule("B6", "B8")
def test_what_points_at_a_merged_product_points_at_the_row_that_it_lives_in(warehouse: Warehouse) -> None:
    shop, picqer = both(warehouse)
    for key, sku in (("s1", "MUG-1"), ("s2", "MUG-2")):
        land(warehouse, shop, key, sku)
    warehouse.land(picqer, "suppliers", "7", {"idsupplier": 7, "name": "Jansen"})
    land(warehouse, picqer, "p1", "MUG-1", 40, idsupplier=7, fixedstockprice=3, type="composition_with_stock")
    land(warehouse, picqer, "p2", "MUG-2", 41)
    land(warehouse, picqer, "p3", "MUG-3", 42, idsupplier=7, fixedstockprice=3)
    warehouse.land(picqer, "product_parts", "p1_p2", {"idproduct": "p2", "amount": 3}, root="p1")
    land_order(warehouse, picqer, "o1", "p1")
    land_order(warehouse, picqer, "o3", "p3")
    warehouse.transform()
    names = {row["id"]: row["remote_id"] for row in warehouse.rows("select id, remote_id from optiply.products")}
    supplied = warehouse.row("select product_id, preferred from optiply.supplier_products")
    assert (names[supplied["product_id"]], supplied["preferred"]) == ("s1", True)
    composed = warehouse.row("select composed_product_id, part_product_id from optiply.product_compositions")
    assert [names[number] for number in composed.values()] == ["s1", "s2"]
    line = warehouse.row("select product_id, quantity from optiply.sell_order_lines")
    assert (names[line["product_id"]], line["quantity"]) == ("s1", 2)
    assert [row["reason"] for row in warehouse.problems(picqer, "sell_order_lines")] == ["waiting for parent"]
    land(warehouse, picqer, "p1", "MUG-2", 40, idsupplier=7, fixedstockprice=3, type="composition_with_stock")
    land(warehouse, picqer, "p2", "MUG-1", 41)
    warehouse.transform()
    composed = warehouse.row("select composed_product_id, part_product_id from optiply.product_compositions")
    assert [names[number] for number in composed.values()] == ["s2", "s1"], "follows although no part of it changed"
    assert names[warehouse.row("select product_id from optiply.supplier_products")["product_id"]] == "s2"


@pytest.mark.rule("B6")
def test_one_supplier_product_of_two_owners_is_that_of_the_first(warehouse: Warehouse) -> None:
    webshop = warehouse.webshop()
    owned = ("products", "suppliers", "supplier_products")
    exact = warehouse.coupling(webshop, "exact_online", owned)
    warehouse.pulled(exact, "stock_positions")
    picqer = warehouse.coupling(webshop, "picqer", owned, priority=2)
    warehouse.consolidate(webshop, "products", "sku")
    warehouse.consolidate(webshop, "suppliers", "name")
    warehouse.land(picqer, "suppliers", "7", {"idsupplier": 7, "name": "jansen "})
    land(warehouse, picqer, "p1", "mug-1", 40, idsupplier=7, fixedstockprice=3)
    warehouse.transform()
    query = """select c.connector, sp.price::text, s.remote_id as supplier from optiply.supplier_products as sp
               inner join optiply.suppliers as s on s.id = sp.supplier_id
               inner join platform.couplings as c on c.id = sp.coupling_id where sp.deleted_at is null"""
    assert warehouse.row(query) == {"connector": "picqer", "price": "3.00", "supplier": "7"}
    warehouse.land(exact, "items", "i1", {"ID": "i1", "Code": "MUG-1", "Description": "Mug", "IsPurchaseItem": True})
    warehouse.land(exact, "accounts", "S1", {"ID": "S1", "Name": "Jansen", "IsSupplier": True})
    bought = {"ID": "x1", "Item": "i1", "Supplier": "S1", "PurchasePrice": 2, "PurchaseUnitFactor": 1}
    warehouse.land(exact, "supplier_items", "x1", bought, root="i1")
    warehouse.transform()
    assert warehouse.row(query) == {"connector": "exact_online", "price": "2.00", "supplier": "S1"}
    warehouse.gone(exact, "supplier_items", "x1")
    warehouse.transform()
    assert warehouse.row(query) == {"connector": "picqer", "price": "3.00", "supplier": "S1"}
    warehouse.land(exact, "supplier_items", "x1", bought, root="i1")
    warehouse.transform()
    assert warehouse.row(query)["connector"] == "exact_online"


@pytest.mark.rule("B8")
def test_a_composition_moves_with_its_composed_product(warehouse: Warehouse) -> None:
    webshop = warehouse.webshop()
    shop = erp(warehouse, webshop)
    picqer = warehouse.coupling(webshop, "picqer", ("products", "product_compositions"), priority=2)
    warehouse.consolidate(webshop, "products", "sku")
    land(warehouse, picqer, "p1", "MUG-1", type="composition_with_stock")
    land(warehouse, picqer, "p2", "MUG-2")
    warehouse.land(picqer, "product_parts", "p1_p2", {"idproduct": "p2", "amount": 3}, root="p1")
    warehouse.transform()
    before = warehouse.row("select composed_product_id, part_product_id from optiply.product_compositions")
    land(warehouse, shop, "s1", "MUG-1")
    warehouse.transform()
    after = warehouse.row("select composed_product_id, part_product_id from optiply.product_compositions")
    assert after["part_product_id"] == before["part_product_id"]
    assert after["composed_product_id"] != before["composed_product_id"]
