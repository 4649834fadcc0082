"""What each coupling's mapping made of a record, who won each field of its row, and why."""

from __future__ import annotations

import dataclasses
from typing import Any

from psycopg import sql

from include.warehouse.explain_find import Scope
from include.warehouse.references import references, remote_ids

# Who and when: told elsewhere.
_NO_FIELDS = {
    "id", "webshop_id", "coupling_id", "remote_id", "optiply_id", "optiply_uuid", "created_at", "updated_at",
    "deleted_at", "remote_data_synced_to_date",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Source:
    """A mapped row: all its columns, and its problems as severity, field and reason."""

    coupling: str
    remote_id: str
    root_key: str
    problems: list[str]
    mapped: dict[str, Any]
    owns: int | None
    """Its place among those that bring the object; None = it is not asked for this object."""


@dataclasses.dataclass(frozen=True)
class Field:
    """An attribute: what is stored, what each coupling says, whose word counts and why."""

    name: str
    stored: Any
    said: dict[str, Any]
    winner: str | None
    why: str


def members(where: Scope, coupling_id: int, remote_id: str) -> list[tuple[int, str]]:
    """Return the records that make the same row, that of the row itself first; one record where nothing is joined."""
    mine = (coupling_id, remote_id)
    name = f"int_{where.table}__members"
    if not where.exists(f"mapping.{name}"):
        return [mine]
    query = sql.SQL(
        "select other.coupling_id, other.remote_id from {0} as mine join {0} as other"
        " on other.anchor_coupling_id = mine.anchor_coupling_id and other.anchor_remote_id = mine.anchor_remote_id"
        " where mine.coupling_id = %(coupling)s and mine.remote_id = %(remote_id)s order by 1, 2"
    ).format(sql.Identifier("mapping", name))
    rows = where.rows(query, coupling=coupling_id, remote_id=remote_id)
    return list(dict.fromkeys([mine, *((row["coupling_id"], row["remote_id"]) for row in rows)]))


def anchor(where: Scope, coupling_id: int, remote_id: str) -> tuple[int, str]:
    """Return the record whose row this one is part of: itself, unless it was joined to another coupling's."""
    name = f"int_{where.table}__members"
    if where.exists(f"mapping.{name}"):
        query = sql.SQL(
            "select anchor_coupling_id, anchor_remote_id from {} where coupling_id = %(coupling)s"
            " and remote_id = %(remote_id)s and anchor_coupling_id is not null"
        ).format(sql.Identifier("mapping", name))
        for row in where.rows(query, coupling=coupling_id, remote_id=remote_id):
            return row["anchor_coupling_id"], row["anchor_remote_id"]
    return coupling_id, remote_id


def sources(where: Scope, records: list[tuple[int, str]]) -> list[Source]:
    """Return the mapped rows of these records."""
    if not where.exists(f"mapping.int_{where.table}__unioned"):
        return []
    query = sql.SQL(
        "select u.*, (select min(o.priority) from platform.ownership o where o.webshop_id = u.webshop_id"
        "  and o.coupling_id = u.coupling_id and o.object = %(object)s) as owns"
        " from {} u where u.coupling_id = %(coupling)s and u.remote_id = %(remote_id)s"
    ).format(where.unioned)
    found = []
    for coupling, remote_id in records:
        for row in where.rows(query, object=where.object, coupling=coupling, remote_id=remote_id):
            owns, problems, root = row.pop("owns"), row.pop("problems"), row.pop("root_key")
            del row["webshop_id"], row["coupling_id"], row["remote_id"]
            found.append(Source(where.couplings[coupling][0], remote_id, root, list(problems), row, owns))
    return found


def fields(where: Scope, row: dict[str, Any] | None, found: list[Source], named: dict[str, Any] | None) -> list[Field]:
    """Return each attribute of the table: stored (`named`: references as remote ids), said by the sources, and why."""
    query = (
        "select attname from pg_attribute where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped"
        " order by attnum"
    )
    columns = [column["attname"] for column in where.rows(query, table=f"optiply.{where.table}")]
    winners, ranks, overridden = _winners(where, row), _ranks(where), _overrides(where, found)
    told = []
    for name in (column for column in columns if column not in _NO_FIELDS and not column.startswith("_")):
        said = {source.coupling: source.mapped[name] for source in found if name in source.mapped}
        winner = winners.get(name) or (next(iter(said)) if len(said) == 1 else None)
        if (winner or "", name) in overridden:
            why = overridden[winner or "", name]
        elif name in winners:
            place = ranks.get((name, winners[name]))
            why = f"place {place} for this field in webshop.yaml" if place else "the first owner that knows it"
        else:
            why = _difference(where, name, row, said)
        told.append(Field(name, named[name] if named else None, said, winner, why))
    return told


def _difference(where: Scope, name: str, row: dict[str, Any] | None, said: dict[str, Any]) -> str:
    """Say why the stored value is not what the only source says; empty where it is, or where there is no saying."""
    if not said:
        return "found by its remote id" if row is not None and name.endswith("_id") else ""
    (value, *others) = said.values()
    if row is None or others or value == row[name]:
        return ""
    if where.table == "sell_order_lines":
        return "a stored line never changes (B4)"
    if row["deleted_at"] is not None:
        return "as its deletion left it (B3)"
    return "a missing value keeps the stored one (B19)" if value is None else "not written"


def _winners(where: Scope, row: dict[str, Any] | None) -> dict[str, str]:
    if row is None or not where.exists("platform.winners"):
        return {}
    query = (
        "select winners from platform.winners where object = %(table)s and coupling_id = %(coupling)s"
        " and remote_id = %(remote_id)s"
    )
    found = where.rows(query, table=where.table, coupling=row["coupling_id"], remote_id=row["remote_id"])
    named = {str(number): name for number, (name, _) in where.couplings.items()}
    return {field: named[str(number)] for row in found for field, number in (row["winners"] or {}).items()}


def _ranks(where: Scope) -> dict[tuple[str, str], int]:
    if not where.exists("platform.field_priority"):
        return {}
    query = (
        "select field, coupling_id, priority from platform.field_priority"
        " where webshop_id = %(webshop)s and object = %(object)s"
    )
    rows = where.rows(query, object=where.object)
    return {(row["field"], where.couplings[row["coupling_id"]][0]): row["priority"] for row in rows}


def _overrides(where: Scope, found: list[Source]) -> dict[tuple[str, str], str]:
    if not where.exists("platform.overrides"):
        return {}
    query = (
        "select c.name, o.column_name, o.expression, o.file, o.line from platform.overrides o"
        " join platform.couplings c on c.id = o.coupling_id where o.table_name = %(table)s and c.name = any(%(names)s)"
    )
    rows = where.rows(query, table=where.table, names=[source.coupling for source in found])
    return {
        (row["name"], row["column_name"]): f"override {row['expression']} ({row['file']}:{row['line']})" for row in rows
    }


def named_references(where: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with remote ids in place of the numbers of the rows that it refers to."""
    named = dict(row)
    for column, parent in references(where.connection, where.table).items():
        if row[column] is not None:
            named[column] = remote_ids(where.connection, parent, [row[column]]).get(row[column])
    return named
