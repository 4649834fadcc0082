"""Read the Optiply tables in the form in which they are expected: parents by coupling and remote id."""

from __future__ import annotations

from tests.oracle.tables import DEFAULTS, Attributes, Key
from tests.sync.stage import Stage

PARENTS = {
    "supplier_products": {"product": ("product_id", "products"), "supplier": ("supplier_id", "suppliers")},
    "product_compositions": {
        "composed": ("composed_product_id", "products"),
        "part": ("part_product_id", "products"),
    },
    "sell_order_lines": {"order": ("sell_order_id", "sell_orders"), "product": ("product_id", "products")},
    "buy_orders": {"supplier": ("supplier_id", "suppliers")},
    "buy_order_lines": {"order": ("buy_order_id", "buy_orders"), "product": ("product_id", "products")},
    "receipt_lines": {"line": ("buy_order_line_id", "buy_order_lines")},
}


def read(stage: Stage) -> tuple[dict[str, dict[Key, Attributes]], dict[str, set[Key]]]:
    """Return the rows of every table, and which of them are deleted."""
    tables: dict[str, dict[Key, Attributes]] = {}
    deleted: dict[str, set[Key]] = {}
    keys: dict[str, dict[int, Key]] = {}
    for table, columns in DEFAULTS.items():
        rows = stage.rows(
            f"select t.*, c.name as coupling from optiply.{table} t join platform.couplings c on c.id = t.coupling_id"  # type: ignore[arg-type]
        )
        keys[table] = {row["id"]: (row["coupling"], row["remote_id"]) for row in rows}
        tables[table], deleted[table] = {}, set()
        for row in rows:
            key = keys[table][row["id"]]
            parents = {name: keys[of][row[column]] for name, (column, of) in PARENTS.get(table, {}).items()}
            tables[table][key] = {name: parents.get(name, row.get(name)) for name in columns}
            if row["deleted_at"] is not None:
                deleted[table].add(key)
    return tables, deleted


def problems(stage: Stage) -> set[tuple[str, str, str, str, str]]:
    """Return the open problems: coupling, object, remote id, field, reason."""
    rows = stage.rows(
        "select c.name as coupling, q.object, q.remote_id, q.field, q.reason from platform.quarantine q"
        " join platform.couplings c on c.id = q.coupling_id where q.resolved_at is null"
    )
    return {(row["coupling"], row["object"], row["remote_id"], row["field"], row["reason"]) for row in rows}
