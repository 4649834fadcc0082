"""What a transform on a copy changed in the Optiply tables and in quarantine, compared with how the copy was before."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from include.warehouse.copy_rows import Table, tables
from include.warehouse.references import references, remote_ids

# Who and when, and the numbers of rows: they move with every write, or never.
_NOT_COMPARED = {
    "id", "webshop_id", "coupling_id", "remote_id", "created_at", "updated_at", "deleted_at",
    "remote_data_synced_to_date",
}  # fmt: skip
_LINES = "int_sell_order_lines__unioned"
_MADE_OF = ("order_remote_id", "product_remote_id", "product_ean", "product_sku", "quantity", "subtotal_value")
KINDS = ("inserted", "updated", "deleted", "returned")


@dataclasses.dataclass(frozen=True)
class Row:
    """A row that differs: `fields` gives, by column, the old and the new value; references as remote ids."""

    coupling: str
    remote_id: str
    label: str | None
    kind: str
    fields: dict[str, tuple[Any, Any]]


@dataclasses.dataclass(frozen=True)
class TableDifference:
    """An Optiply table: how many rows of each coupling differ in which way, which fields, and the first rows."""

    table: str
    counts: dict[str, dict[str, int]]
    fields: dict[str, int]
    rows: list[Row]


@dataclasses.dataclass(frozen=True)
class ProblemDifference:
    """A reason in quarantine: how many records come under it, how many leave it, and some of these."""

    coupling: str
    object: str
    severity: str
    field: str
    reason: str
    appears: int
    goes: int
    remote_ids: list[str]


def remember(connection: psycopg.Connection) -> None:
    """Keep the Optiply tables and the quarantine as they are now in the schema `before`."""
    connection.execute("create schema before")
    names = [table.full_name for table in tables(connection, ["optiply"]).values()]
    for name in [*names, "platform.quarantine", *(f"mapping.{_LINES}" for _ in _kept_lines(connection))]:
        schema, _, leaf = name.partition(".")
        connection.execute(
            sql.SQL("create table before.{} as table {}").format(sql.Identifier(leaf), sql.Identifier(schema, leaf))
        )


def _kept_lines(connection: psycopg.Connection) -> list[Table]:
    return [table for table in tables(connection, ["mapping"]).values() if table.name == _LINES]


def compare(connection: psycopg.Connection) -> None:
    """Write what differs from `before` into tables of the schema `difference`."""
    connection.execute("create schema difference")
    before = tables(connection, ["before"])
    for table in tables(connection, ["optiply"]).values():
        attributes = [name for name in table.columns if name not in _NOT_COMPARED and not name.startswith("_")]
        known = before[f"before.{table.name}"].columns if f"before.{table.name}" in before else {}
        query = _COMPARE.format(
            difference=sql.Identifier("difference", table.name),
            after=table.place,
            before=sql.Identifier("before", table.name),
            new=_row("new", attributes),
            old=_row("old", [name if name in known else None for name in attributes]),
            attributes=sql.Literal(attributes),
        )
        connection.execute(query)


def _row(prefix: str, names: Sequence[str | None]) -> sql.Composed:
    values = (sql.SQL("null") if name is None else sql.Identifier(prefix, name) for name in names)
    return sql.SQL("row({})").format(sql.SQL(", ").join(values))


# A full join by what a row is known by. Only rows that differ are taken apart into fields.
_COMPARE = sql.SQL("""
create table {difference} as
with compared as (
    select
        coalesce(new.coupling_id, old.coupling_id) as coupling_id,
        coalesce(new.remote_id, old.remote_id) as remote_id,
        case
            when old.id is null then 'inserted'
            when new.id is null or (new.deleted_at is not null and old.deleted_at is null) then 'deleted'
            when new.deleted_at is null and old.deleted_at is not null then 'returned'
            when {new} is distinct from {old} then 'updated'
        end as kind,
        to_jsonb(new) as new,
        to_jsonb(old) as old
    from {after} as new
    full join {before} as old on old.coupling_id = new.coupling_id and old.remote_id = new.remote_id
    where ({new} is distinct from {old} or (new.deleted_at is null) <> (old.deleted_at is null))
        -- What Optiply placed and the remote has not confirmed is made of no record.
        and coalesce(new.remote_id, old.remote_id) is not null
)
select
    couplings.name as coupling,
    compared.remote_id,
    compared.kind,
    coalesce(new ->> 'name', old ->> 'name') as label,
    coalesce((
        select jsonb_object_agg(attribute, jsonb_build_array(old_value, new_value))
        from unnest({attributes}::text[]) as attribute
        cross join lateral (
            select nullif(old -> attribute, 'null') as old_value, nullif(new -> attribute, 'null') as new_value
        ) as field
        where old_value is distinct from new_value
    ), '{{}}') as fields
from compared
inner join platform.couplings on couplings.id = compared.coupling_id
""")


def changed_tables(
    connection: psycopg.Connection, names: Sequence[str], coupling: str | None, rows: int
) -> list[TableDifference]:
    """Return what differs in these Optiply tables, with the first `rows` rows of each; of one coupling where named."""
    found = []
    for name in names:
        place = sql.Identifier("difference", name)
        of = {"coupling": coupling, "rows": rows}
        counts: dict[str, dict[str, int]] = {}
        for of_coupling, kind, count in connection.execute(_COUNTS.format(place), of).fetchall():
            counts.setdefault(of_coupling, {})[kind] = count
        if counts:
            fields: dict[str, int] = dict(connection.execute(_FIELDS.format(place), of).fetchall())
            with connection.cursor(row_factory=class_row(Row)) as cursor:
                first = cursor.execute(_ROWS.format(place), of).fetchall()
            found.append(TableDifference(name, counts, fields, _with_names(connection, name, first)))
    return found


def rows_that_differ(connection: psycopg.Connection) -> int:
    """Return how many rows of all Optiply tables differ."""
    count = 0
    for table in tables(connection, ["difference"]).values():
        row = connection.execute(sql.SQL("select count(*) from {}").format(table.place)).fetchone()
        count += int(row[0]) if row else 0
    return count


_COUNTS = sql.SQL(
    "select coupling, kind, count(*) from {} where %(coupling)s::text is null or coupling = %(coupling)s"
    " group by 1, 2 order by 1, 2"
)
_FIELDS = sql.SQL(
    "select field, count(*) from {}, jsonb_object_keys(fields) as field"
    " where kind = 'updated' and (%(coupling)s::text is null or coupling = %(coupling)s)"
    " group by 1 order by 2 desc, 1"
)
_ROWS = sql.SQL(
    "select coupling, remote_id, label, kind, fields from {}"
    " where %(coupling)s::text is null or coupling = %(coupling)s"
    " order by coupling, kind, remote_id limit %(rows)s"
)


def _with_names(connection: psycopg.Connection, table: str, rows: list[Row]) -> list[Row]:
    """Put the remote ids of the rows that are referred to in place of their numbers."""
    names: dict[str, dict[int, str]] = {}
    for column, parent in references(connection, table).items():
        ids = {number for row in rows for number in row.fields.get(column, ()) if number is not None}
        names[column] = remote_ids(connection, parent, ids)
    return [dataclasses.replace(row, fields=_named(row.fields, names)) for row in rows]


def _named(fields: dict[str, tuple[Any, Any]], names: dict[str, dict[int, str]]) -> dict[str, tuple[Any, Any]]:
    return {
        field: (names[field].get(old), names[field].get(new)) if field in names else (old, new)
        for field, (old, new) in fields.items()
    }


def changed_problems(connection: psycopg.Connection, coupling: str | None) -> list[ProblemDifference]:
    """Return the reasons under which records come into quarantine, or leave it."""
    with connection.cursor(row_factory=class_row(ProblemDifference)) as rows:
        return rows.execute(
            "with opened as (select * from platform.quarantine where resolved_at is null),"
            " known as (select * from before.quarantine where resolved_at is null)"
            " select c.name as coupling, object, max(coalesce(opened.severity, known.severity)) as severity,"
            " field, reason,"
            " count(*) filter (where known.id is null) as appears, count(*) filter (where opened.id is null) as goes,"
            " (array_agg(remote_id order by remote_id))[1:5] as remote_ids"
            " from opened full join known using (coupling_id, object, remote_id, field, reason)"
            " join platform.couplings c on c.id = coupling_id"
            " where (known.id is null or opened.id is null) and (%(coupling)s::text is null or c.name = %(coupling)s)"
            " group by c.name, object, field, reason order by c.name, object, field, reason",
            {"coupling": coupling},
        ).fetchall()


def lines_left_as_they_are(connection: psycopg.Connection) -> int:
    """Return how many stored sell order lines are mapped otherwise now, and stay (B4)."""
    if not _kept_lines(connection) or f"before.{_LINES}" not in tables(connection, ["before"]):
        return 0
    row = connection.execute(
        sql.SQL(
            "select count(*) from mapping.{lines} as new join before.{lines} as old using (coupling_id, remote_id)"
            " join optiply.sell_order_lines stored using (coupling_id, remote_id) where {new} is distinct from {old}"
        ).format(lines=sql.Identifier(_LINES), new=_row("new", _MADE_OF), old=_row("old", _MADE_OF))
    ).fetchone()
    return int(row[0]) if row else 0
