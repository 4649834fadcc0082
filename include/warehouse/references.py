"""Which columns of an Optiply table refer to another one, and by which remote ids people know the rows there."""

from __future__ import annotations

from collections.abc import Collection

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row


def references(connection: psycopg.Connection, table: str) -> dict[str, str]:
    """Return the Optiply table that each referring column of an Optiply table points to."""
    query = (
        "select a.attname, parent.relname from pg_constraint c"
        " join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
        " join pg_class parent on parent.oid = c.confrelid and parent.relnamespace = 'optiply'::regnamespace"
        " where c.contype = 'f' and c.conrelid = %s::regclass"
    )
    with connection.cursor(row_factory=tuple_row) as rows:
        return dict(rows.execute(query, [f"optiply.{table}"]).fetchall())


def remote_ids(connection: psycopg.Connection, table: str, ids: Collection[int]) -> dict[int, str]:
    """Return the remote ids of rows of an Optiply table by their numbers."""
    if not ids:
        return {}
    query = sql.SQL("select id, remote_id from {} where id = any(%s)").format(sql.Identifier("optiply", table))
    with connection.cursor(row_factory=tuple_row) as rows:
        return dict(rows.execute(query, [sorted(ids)]).fetchall())
