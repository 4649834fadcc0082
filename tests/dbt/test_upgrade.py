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
