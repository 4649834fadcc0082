"""A checked expression as SQL over a row named `given`; every piece comes from a table or from sql_text."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from include.spec import sql_text
from include.spec.columns import Type
from include.spec.expression import ColumnOf, Constant, Kind, Raw, Typed

ROW = "given"
_TYPES = {
    "text": "text",
    "number": "numeric",
    "boolean": "boolean",
    "moment": "timestamptz",
    "raw": "text",
    "null": "text",
}


@dataclasses.dataclass(frozen=True)
class Landing:
    """Where raw fields stand: the connector, and those of its streams whose records belong to another record."""

    connector: str
    rooted: frozenset[str]


def compile_sql(typed: Typed, target: Type, landing: Landing) -> str:
    """Return the SQL for a column of the kind `target`; a text is trimmed and on one line, as mappings give texts."""
    made = _sql(typed, landing)
    return f"platform.filled({made})" if target == "text" else made


def _sql(typed: Typed, landing: Landing) -> str:
    if typed.template:
        arguments = [_sql(argument, landing) for argument in typed.arguments]
        every, rest = typed.joined.join(arguments), typed.joined.join(arguments[1:])
        return typed.template.format(*arguments, all=every, rest=rest)
    match typed.node:
        case Constant(value):
            return _constant(value, typed.kind)
        case ColumnOf(name):
            return f"{ROW}.{sql_text.identifier(name)}"
        case Raw(stream, path):
            return _raw(stream, path, landing)
    raise AssertionError("a checked call has a template")


def _constant(value: str | int | Decimal | bool | None, kind: Kind) -> str:
    if value is None:
        return f"null::{_TYPES.get(kind, 'text')}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return sql_text.quoted(value)
    return str(value) if kind == "whole" else sql_text.number(value)


def _raw(stream: str, path: tuple[str, ...], landing: Landing) -> str:
    """Return the lookup of a field of the current version of a record.

    A stream whose records are their own roots: the record that is the row's root. Another stream: the record with the
    row's remote_id, else the only one that the row's root has; of several none, for any choice would be a guess.
    """
    table = f"staging.{sql_text.identifier(f'{landing.connector}__{stream}')}"
    field = f"platform.raw_text(doc.payload #> array[{', '.join(map(sql_text.quoted, path))}])"
    current = f"from {table} as doc where doc.coupling_id = {ROW}.coupling_id and doc.superseded_at is null"
    if stream not in landing.rooted:
        return f"(select {field} {current} and doc.record_key = {ROW}.root_key)"
    own = f"doc.record_key = {ROW}.remote_id"
    return (
        f"(select case when count(*) = 1 or bool_or({own}) then (array_agg({field} order by {own} desc))[1] end"
        f" {current} and doc.root_key = {ROW}.root_key and doc.gone_at is null)"
    )
