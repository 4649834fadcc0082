"""Copy some webshops' rows from the warehouse into an empty database of the same schema, by COPY, in one snapshot."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from graphlib import TopologicalSorter

import psycopg
from psycopg import sql

_SCHEMAS = ("platform", "staging", "mapping", "optiply")
# No mapping reads them: secrets, limits, the course of pulls; and what a transform begins anew.
_LEFT_OUT = {
    f"platform.{name}"
    for name in (
        "migrations", "tokens", "budgets", "budget_shares", "pulls", "pull_streams", "pull_faults", "pull_pages",
        "news", "transform_batch", "transform_counts", "api_tokens", "placed_documents", "coupling_life", "audit",
        "webhook_endpoints", "webhook_events",
    )
}  # fmt: skip
# Few rows, and the others' names and numbers should be taken as they are.
_WHOLE = {"platform.webshops", "platform.couplings"}


@dataclasses.dataclass(frozen=True)
class Table:
    """A table with the columns that are stored in it, each with its type."""

    schema: str
    name: str
    columns: dict[str, str]
    identity: str | None
    """The column that numbers its rows, where it has one."""

    @property
    def full_name(self) -> str:
        """Schema and name."""
        return f"{self.schema}.{self.name}"

    @property
    def place(self) -> sql.Identifier:
        """The table in a query."""
        return sql.Identifier(self.schema, self.name)


def tables(connection: psycopg.Connection, schemas: Sequence[str]) -> dict[str, Table]:
    """Return the tables of these schemas by full name; virtual columns are no part of them."""
    found = connection.execute(
        "select n.nspname, c.relname,"
        " json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod) order by a.attnum),"
        " min(a.attname) filter (where a.attidentity <> '')"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid"
        " where c.relkind = 'r' and n.nspname = any(%s) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''"
        " group by 1, 2 order by 1, 2",
        [list(schemas)],
    ).fetchall()
    return {f"{row[0]}.{row[1]}": Table(*row) for row in found}


def copy_webshops(source: psycopg.Connection, target: psycopg.Connection, webshops: Sequence[int]) -> int:
    """Copy the rows of these webshops as they are, ids and all; return how many. Of raw data the current versions.

    `source` is in a transaction that reads one snapshot; `target` has the migrations that ran at the source.
    Landing tables and those that dbt made are made here, as they are at the source. Memory stays flat.
    """
    kept = tables(source, _SCHEMAS)
    _make_landing_tables(source, target)
    for table in kept.values():
        if table.schema == "mapping":
            _make(target, table)
    there = tables(target, _SCHEMAS)
    couplings = [
        row[0] for row in source.execute("select id from platform.couplings where webshop_id = any(%s)", [webshops])
    ]
    rows = 0
    # Orders that Optiply placed are copied as they stand: the copy wishes nothing.
    target.execute("select set_config('optiply.writer', 'platform', false)")
    for name in _in_order(target, list(there)):
        if name in kept:
            both = [column for column in there[name].columns if column in kept[name].columns]
            rows += _copy(source, target, kept[name], both, {"webshops": webshops, "couplings": couplings})
            _number_on(target, there[name])
    target.execute("reset optiply.writer")
    for (definition,) in source.execute("select indexdef from pg_indexes where schemaname = 'mapping'").fetchall():
        target.execute(definition)
    return rows


def _make_landing_tables(source: psycopg.Connection, target: psycopg.Connection) -> None:
    query = (
        "select relname, a.attgenerated = '' from pg_class join pg_attribute a on attrelid = pg_class.oid"
        " where relnamespace = 'staging'::regnamespace and relkind = 'r' and attname = 'root_key'"
    )
    for name, rooted in source.execute(query).fetchall():
        connector, _, stream = name.partition("__")
        target.execute("select platform.create_stream(%s, %s, %s)", [connector, stream, rooted])


def _make(target: psycopg.Connection, table: Table) -> None:
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in table.columns.items()
    )
    target.execute(sql.SQL("create table {} ({})").format(table.place, columns))


def _in_order(target: psycopg.Connection, names: list[str]) -> list[str]:
    """Return the tables to copy, each after those it refers to."""
    query = (
        "select a.relnamespace::regnamespace || '.' || a.relname, b.relnamespace::regnamespace || '.' || b.relname"
        " from pg_constraint c join pg_class a on a.oid = c.conrelid join pg_class b on b.oid = c.confrelid"
        " where c.contype = 'f' and c.conrelid <> c.confrelid"
    )
    order = TopologicalSorter[str](dict.fromkeys(names, ()))
    refers: dict[str, set[str]] = {}
    for child, parent in target.execute(query).fetchall():
        order.add(child, parent)
        refers.setdefault(child, set()).add(parent)
    sorted_names = list(order.static_order())
    left_out = set(_LEFT_OUT)
    for name in sorted_names:
        if refers.get(name, set()) & left_out:
            left_out.add(name)
    return [name for name in sorted_names if name not in left_out]


def _copy(
    source: psycopg.Connection, target: psycopg.Connection, table: Table, columns: list[str], chosen: dict[str, object]
) -> int:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    read = sql.SQL("copy (select {} from {} where {}) to stdout").format(names, table.place, _condition(table))
    write = sql.SQL("copy {} ({}) from stdin").format(table.place, names)
    with source.cursor() as reading, target.cursor() as writing:
        with reading.copy(read, chosen) as blocks, writing.copy(write) as copy:
            for block in blocks:
                copy.write(block)
        return writing.rowcount


def _condition(table: Table) -> sql.SQL:
    # Every index begins with the coupling or is unique by it.
    if table.schema == "staging":
        return sql.SQL("coupling_id = any(%(couplings)s) and superseded_at is null")
    if table.full_name in _WHOLE:
        return sql.SQL("true")
    if "push_order_id" in table.columns:
        return sql.SQL("push_order_id in (select id from platform.push_orders where coupling_id = any(%(couplings)s))")
    if "coupling_id" in table.columns:
        return sql.SQL("coupling_id = any(%(couplings)s)")
    if "webshop_id" in table.columns:
        return sql.SQL("webshop_id = any(%(webshops)s)")
    return sql.SQL("true")


def _number_on(target: psycopg.Connection, table: Table) -> None:
    """Let the numbers of new rows follow those of the copied ones."""
    if table.identity is not None:
        query = sql.SQL("select setval(pg_get_serial_sequence(%s, %s), max({})) from {} having count(*) > 0")
        target.execute(query.format(sql.Identifier(table.identity), table.place), [table.full_name, table.identity])
