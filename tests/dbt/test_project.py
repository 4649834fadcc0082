"""What the built project does to the Optiply tables, run by run."""

import pytest

from tests.dbt.warehouse import Coupling, Warehouse, run_dbt

PRODUCT = {
    "id": 794, "name": "Oak chair", "type": "simple", "status": "publish", "sku": "SKU-1001",
    "global_unique_id": "8712345678906", "price": "89.95", "virtual": False, "downloadable": False,
    "manage_stock": True, "stock_quantity": 37,
    "date_created_gmt": "2026-01-02T09:00:00", "date_modified_gmt": "2026-05-03T14:30:12",
}  # fmt: skip


def shop(warehouse: Warehouse, **settings: object) -> Coupling:
    return warehouse.coupling(warehouse.webshop(), "woocommerce", ("products", "sell_orders"), settings)


def land_products(warehouse: Warehouse, coupling: Coupling, *ids: int) -> None:
    for number in ids:
        warehouse.land(coupling, "products", str(number), PRODUCT | {"id": number, "sku": f"SKU-{number}"})


def stored(warehouse: Warehouse, remote_id: str) -> dict[str, object]:
    return warehouse.row("select *, xmin::text as version from optiply.products where remote_id = %s", remote_id)


def writes(warehouse: Warehouse) -> int:
    """Tuples written so far in all tables that a transform may touch."""
    row = warehouse.row(
        """select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) as written
           from (select pg_stat_clear_snapshot()) as fresh cross join pg_stat_user_tables
           where schemaname in ('mapping', 'optiply') or relname in ('quarantine', 'transform_counts')"""
    )
    return int(row["written"])


@pytest.mark.requirement("R17")
def test_first_run_creates_products(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    land_products(warehouse, coupling, 1, 2)
    run = warehouse.transform()
    row = stored(warehouse, "1")
    assert (row["name"], str(row["price"]), row["stock_level"], row["status"]) == ("Oak chair", "89.95", 37, "enabled")
    assert row["updated_at"].isoformat() == "2026-05-03T14:30:12+00:00"  # type: ignore[attr-defined]
    assert (row["_created_by"], row["_changed_by"]) == (run, run)
    assert warehouse.counts(run, coupling, "products") == (2, 0, 0, 0)


@pytest.mark.requirement("R16")
def test_run_without_news_writes_nothing(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    land_products(warehouse, coupling, 1, 2)
    warehouse.transform()
    before = (stored(warehouse, "1"), stored(warehouse, "2"), writes(warehouse))
    assert before[2] > 0
    warehouse.transform()
    assert (stored(warehouse, "1"), stored(warehouse, "2"), writes(warehouse)) == before


@pytest.mark.requirement("R16")
def test_one_change_writes_one_row(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    land_products(warehouse, coupling, 1, 2, 3)
    warehouse.transform()
    untouched = [stored(warehouse, key) for key in ("1", "3")]
    hash_before = stored(warehouse, "2")["_attributes_hash"]
    warehouse.land(coupling, "products", "1", PRODUCT | {"id": 1, "sku": "SKU-1", "slug": "no-attribute"})
    warehouse.land(coupling, "products", "2", PRODUCT | {"id": 2, "sku": "SKU-2", "stock_quantity": 36})
    run = warehouse.transform()
    assert [stored(warehouse, key) for key in ("1", "3")] == untouched
    assert stored(warehouse, "2")["stock_level"] == 36
    assert stored(warehouse, "2")["_attributes_hash"] != hash_before
    assert warehouse.counts(run, coupling, "products") == (0, 1, 0, 1)


@pytest.mark.requirement("R16")
@pytest.mark.rule("B3")
def test_gone_product_is_disabled_and_keeps_its_id_when_it_returns(warehouse: Warehouse) -> None:
    coupling = shop(warehouse, **{"deletions.full_compare": True})
    land_products(warehouse, coupling, 1)
    warehouse.transform()
    first = stored(warehouse, "1")
    warehouse.gone(coupling, "products", "1")
    run = warehouse.transform()
    gone = stored(warehouse, "1")
    assert (gone["status"], gone["id"], gone["name"]) == ("disabled", first["id"], "Oak chair")
    assert gone["deleted_at"] is not None
    assert warehouse.counts(run, coupling, "products") == (0, 0, 1, 0)
    land_products(warehouse, coupling, 1)
    run = warehouse.transform()
    back = stored(warehouse, "1")
    assert (back["status"], back["id"], back["deleted_at"]) == ("enabled", first["id"], None)
    assert warehouse.counts(run, coupling, "products") == (0, 1, 0, 0)


@pytest.mark.requirement("R16")
@pytest.mark.rule("B3")
def test_without_the_full_compare_a_gone_product_changes_nothing(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    land_products(warehouse, coupling, 1)
    warehouse.transform()
    first = stored(warehouse, "1")
    land_products(warehouse, coupling, 2)
    for gone in ("1", "2"):
        warehouse.gone(coupling, "products", gone)
    run = warehouse.transform()
    assert stored(warehouse, "1") == first
    assert warehouse.counts(run, coupling, "products") == (0, 0, 0, 1)
    assert warehouse.rows("select 1 from optiply.products where remote_id = '2'") == []


@pytest.mark.rule("B18")
def test_product_that_becomes_a_parent_of_variations_is_gone(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    land_products(warehouse, coupling, 40)
    warehouse.transform()
    warehouse.land(coupling, "products", "40", PRODUCT | {"id": 40, "type": "variable", "name": "Shirt"})
    variation = PRODUCT | {"id": 41, "sku": "T-S", "attributes": [{"name": "Size", "option": "S"}]}
    warehouse.land(coupling, "variations", "41", variation, root="40")
    warehouse.transform()
    assert stored(warehouse, "40")["deleted_at"] is not None
    assert stored(warehouse, "41")["name"] == "Shirt S"


@pytest.mark.rule("B20")
def test_blocked_record_keeps_the_stored_row(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    land_products(warehouse, coupling, 1)
    warehouse.transform()
    before = stored(warehouse, "1")
    warehouse.land(coupling, "products", "1", PRODUCT | {"id": 1, "name": "New name", "stock_quantity": "seven"})
    warehouse.transform()
    assert stored(warehouse, "1") == before
    problem = {"remote_id": "1", "field": "stock_level", "reason": "stock is unknown", "severity": "blocked"}
    assert warehouse.problems(coupling, "products") == [problem | {"waiting": False, "attempts": 1}]
    warehouse.land(coupling, "products", "1", PRODUCT | {"id": 1, "name": "New name", "stock_quantity": 7})
    warehouse.transform()
    assert (stored(warehouse, "1")["name"], stored(warehouse, "1")["stock_level"]) == ("New name", 7)
    assert warehouse.problems(coupling, "products") == []


@pytest.mark.rule("B20")
def test_problem_that_comes_back_is_reopened_and_counted(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    for quantity in (None, 7, None):
        warehouse.land(coupling, "products", "1", PRODUCT | {"id": 1, "stock_quantity": quantity})
        warehouse.transform()
    assert [(row["field"], row["attempts"]) for row in warehouse.problems(coupling, "products")] == [("stock_level", 2)]


@pytest.mark.rule("B19")
def test_missing_value_never_overwrites_but_a_cleared_match_key_does(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    land_products(warehouse, coupling, 1)
    warehouse.transform()
    warehouse.land(coupling, "products", "1", PRODUCT | {"id": 1, "price": "", "global_unique_id": ""})
    warehouse.transform()
    assert str(stored(warehouse, "1")["price"]) == "89.95"
    assert stored(warehouse, "1")["ean_code"] is None


@pytest.mark.rule("B20")
def test_landing_quarantine_is_left_alone(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    warehouse.connection.execute(
        """insert into platform.quarantine (webshop_id, coupling_id, object, remote_id, field, reason, severity)
           values (%s, %s, 'products', '1', 'id', 'key missing', 'blocked')""",
        (coupling.webshop_id, coupling.id),
    )
    land_products(warehouse, coupling, 1)
    warehouse.transform()
    assert [row["field"] for row in warehouse.problems(coupling, "products")] == ["id"]


def test_new_product_that_arrives_disabled_is_not_created(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    warehouse.land(coupling, "products", "1", PRODUCT | {"id": 1, "status": "draft"})
    warehouse.transform()
    assert warehouse.rows("select 1 from optiply.products") == []
    land_products(warehouse, coupling, 1)
    warehouse.transform()
    assert stored(warehouse, "1")["status"] == "enabled"


@pytest.mark.requirement("R10")
def test_only_a_coupling_that_owns_products_brings_them(warehouse: Warehouse) -> None:
    webshop = warehouse.webshop()
    coupling = warehouse.coupling(webshop, "woocommerce", ("sell_orders",), match_key="sku")
    land_products(warehouse, coupling, 1)
    warehouse.transform()
    assert warehouse.rows("select 1 from optiply.products") == []


def test_only_the_taken_part_of_the_batch_is_mapped(warehouse: Warehouse) -> None:
    first, second = shop(warehouse), shop(warehouse)
    for coupling in (first, second):
        land_products(warehouse, coupling, 1)
    warehouse.connection.execute(
        """insert into platform.transform_batch (object, coupling_id, root_key, webshop_id, taken)
           select object, coupling_id, root_key, webshop_id, webshop_id = %s from platform.news""",
        (first.webshop_id,),
    )
    warehouse.connection.execute("delete from platform.news")
    warehouse.transform()
    assert warehouse.rows("select coupling_id from optiply.products") == [{"coupling_id": first.id}]


@pytest.mark.requirement("R17")
def test_data_tests_of_the_project_hold(warehouse: Warehouse) -> None:
    coupling = shop(warehouse)
    land_products(warehouse, coupling, 1, 2)
    line = {"id": 5, "product_id": 1, "variation_id": 0, "quantity": 1, "subtotal": "4.00"}
    order = {"status": "completed", "date_created_gmt": "2026-05-01T10:00:00", "line_items": [line]}
    warehouse.land(coupling, "orders", "88", order)
    warehouse.transform()
    assert len(warehouse.rows("select 1 from optiply.sell_order_lines")) == 1
    run_dbt("test", "--exclude-resource-type", "unit_test")
    warehouse.connection.execute("update optiply.sell_orders set total_value = 5")
    with pytest.raises(AssertionError, match="sell_order_total_is_sum_of_lines"):
        run_dbt("test", "--select", "sell_order_total_is_sum_of_lines")
