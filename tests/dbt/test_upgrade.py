"""A warehouse that an earlier checkout made follows the models at the next deployment."""

import pytest

from include.warehouse.migrate import MIGRATIONS
from tests.dbt.warehouse import Warehouse, run_dbt

LINES = "mapping.int_sell_order_lines__unioned"


def indexed(warehouse: Warehouse) -> list[str]:
    query = "select indexdef from pg_indexes where schemaname = 'mapping' and tablename = 'int_products__unioned'"
    return sorted(row["indexdef"].partition(" USING ")[2] for row in warehouse.rows(query))


@pytest.mark.requirement("F4")
def test_indexes_and_types_of_tables_that_are_there_already(warehouse: Warehouse) -> None:
    wanted = indexed(warehouse)
    for row in warehouse.rows(
        "select indexname from pg_indexes where schemaname = 'mapping' and tablename = 'int_products__unioned'"
        " and indexdef like '%%match_value%%' and %s",
        True,
    ):
        warehouse.connection.execute(f'drop index mapping."{row["indexname"]}"'.encode())
    assert indexed(warehouse) != wanted
    views = warehouse.rows("select viewname from pg_views where schemaname = 'mapping'")
    for view in views:
        warehouse.connection.execute(f"drop view if exists mapping.{view['viewname']} cascade".encode())
    warehouse.connection.execute(f"alter table {LINES} alter column subtotal_value type numeric(19, 2)".encode())
    warehouse.connection.execute((MIGRATIONS / "0014_mapped_tables.sql").read_bytes())
    run_dbt("run")
    assert indexed(warehouse) == wanted
    scale = (
        "select numeric_scale from information_schema.columns where table_name = %s and column_name = 'subtotal_value'"
    )
    assert warehouse.row(scale, "int_sell_order_lines__unioned") == {"numeric_scale": None}
    assert len(warehouse.rows("select viewname from pg_views where schemaname = 'mapping'")) == len(views)


@pytest.mark.requirement("R19")
def test_supplier_items_that_were_their_own_root_belong_to_their_item(warehouse: Warehouse) -> None:
    table = "staging.exact_online__supplier_items"
    warehouse.connection.execute(f"alter table {table} drop column root_key cascade".encode())
    own = f"alter table {table} add column root_key text generated always as (record_key) virtual"
    warehouse.connection.execute(own.encode())
    coupling = warehouse.coupling(warehouse.webshop(), "exact_online", ("supplier_products",))
    warehouse.land(coupling, "supplier_items", "x1", {"ID": "x1", "Item": "i1"})
    warehouse.connection.execute("truncate platform.news")
    warehouse.connection.execute((MIGRATIONS / "0020_supplier_items.sql").read_bytes())
    run_dbt("run")
    assert warehouse.row(f"select root_key from {table}") == {"root_key": "i1"}
    assert warehouse.row("select object, root_key from platform.news") == {
        "object": "supplier_products",
        "root_key": "i1",
    }
    warehouse.land(coupling, "supplier_items", "x2", {"ID": "x2", "Item": "i1"}, root="i1")
