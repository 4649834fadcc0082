"""What the demo prints: progress of pulls, rows of the Optiply tables, what a transform changed, and its checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from include.warehouse import batch
from include.warehouse.pulls import progress

_COLUMNS = {
    "suppliers": "remote_id, name, emails, delivery_time, ignored",
    "products": "remote_id, name, sku_code, ean_code, price, stock_level, unlimited_stock, status, assembled",
    "supplier_products": "product_id, supplier_id, price, lot_size, minimum_purchase_quantity, preferred, status",
    "product_compositions": "composed_product_id, part_product_id, part_quantity",
    "sell_orders": "remote_id, placed, total_value, completed, deleted_at",
    "sell_order_lines": "remote_id, sell_order_id, product_id, quantity, subtotal_value",
    "buy_orders": "remote_id, supplier_id, placed, total_value, completed, deleted_at",
    "buy_order_lines": "remote_id, buy_order_id, product_id, quantity, subtotal_value",
    "receipt_lines": "remote_id, buy_order_line_id, quantity, occurred",
}
TABLES = tuple(_COLUMNS)


class Progress:
    """Prints a line whenever a pull has come further."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._last: dict[int, str] = {pull["id"]: _line(pull) for pull in progress(connection)}

    def show(self) -> None:
        """Print the pulls that changed since the last call."""
        for pull in reversed(progress(self._connection)):
            line = _line(pull)
            if self._last.get(pull["id"]) != line:
                self._last[pull["id"]] = line
                say(f"  {line}")


def _line(pull: dict[str, Any]) -> str:
    expected = f" of {pull['expected']}" if pull["expected"] else ""
    found = ", ".join(f"{pull[name]} {name}" for name in ("new", "changed", "gone", "quarantined") if pull[name])
    state = pull["outcome"] or (f"waiting: {pull['error_text']}" if pull["error_text"] else "running")
    head = f"{pull['coupling']:<24} {pull['object'].replace('_', ' '):<22} {pull['mode']:<8}"
    done = f"{pull['pages']:>4} pages {pull['records']:>6}{expected} records"
    return f"{head} {done}  {state}  {found}".rstrip()


def activations(connection: psycopg.Connection) -> None:
    """Print how far each activation is: its steps, and the reason where it stopped."""
    query = (
        "select c.name, a.steps_done, a.steps, a.percent, extract(epoch from a.finished_at - a.started_at), a.step,"
        " a.error_text from platform.activations a join platform.couplings c on c.id = a.coupling_id order by c.name"
    )
    for name, done, steps, percent, seconds, step, why in connection.execute(query):
        end = f"in {seconds:.0f} s" if seconds is not None else f"stopped at {step}: {why}"
        say(f"  {name:<24} {done} of {steps} steps, {percent} % {end}")


def tables(connection: psycopg.Connection) -> None:
    """Print the Optiply tables: rows per webshop, and two sample rows of each."""
    for table in TABLES:
        counts = connection.execute(
            sql.SQL(
                "select w.name, count(*), count(*) filter (where t.deleted_at is not null) from {} t"
                " join platform.webshops w on w.id = t.webshop_id group by w.name order by w.name"
            ).format(sql.Identifier("optiply", table))
        ).fetchall()
        text = ", ".join(
            f"{name} {rows} rows" + (f" ({deleted} deleted)" if deleted else "") for name, rows, deleted in counts
        )
        say(f"\n  optiply.{table}: {text or 'no rows'}")
        for row in _samples(connection, table):
            say("    " + "  ".join(f"{name}={value}" for name, value in row.items()))


def _samples(connection: psycopg.Connection, table: str) -> Sequence[dict[str, Any]]:
    columns = sql.SQL(_COLUMNS[table])
    query = sql.SQL("select {} from {} order by id limit 2").format(columns, sql.Identifier("optiply", table))
    with connection.cursor(row_factory=dict_row) as rows:
        return rows.execute(query).fetchall()


def changes(connection: psycopg.Connection, after: int) -> list[batch.Change]:
    """Print what the transforms after `after` did to the Optiply tables, and return it."""
    found = batch.changes(connection, after, since=True)
    say(f"  {'coupling':<24} {'Optiply table':<22} inserted  updated  deleted  untouched")
    for change in found:
        numbers = f"{change.inserted:>8} {change.updated:>8} {change.deleted:>8} {change.untouched:>10}"
        say(f"  {change.coupling:<24} {change.object:<22} {numbers}")
    if not found:
        say("  nothing was mapped, because nothing changed")
    return found


@dataclasses.dataclass
class Checks:
    """The checks of a demo run; `failed` counts those that did not hold."""

    failed: int = 0

    def hold(self, what: str, holds: bool, found: str = "") -> None:
        """Print a check and remember whether it held."""
        self.failed += not holds
        say(f"  [{'ok' if holds else 'FAILED'}] {what}" + (f" ({found})" if found else ""))


def say(text: str) -> None:
    """Print at once: the reader watches."""
    print(text, flush=True)
