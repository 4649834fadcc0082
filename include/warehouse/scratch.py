"""A database beside the warehouse for one process: made, used, dropped. What a crash left behind goes as well."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from include.contract.errors import Misconfigured

# Held, by the number of the database, by the process that uses it. PostgreSQL lets go of it when that process dies.
_LOCK = 7_301_003
_MOST = 99


@contextlib.contextmanager
def scratch_database(connection: psycopg.Connection, purpose: str) -> Iterator[str]:
    """Make an empty database on the server of `connection`; yields its name, <its database>_<purpose>_<number>.

    It sorts text as the connection's database does. It is dropped at the end, also after an error; those of the same
    purpose whose processes died are dropped first. Raises Misconfigured where the user may not create databases, or
    too many are in use.
    """
    _drop_left_behind(connection, purpose)
    number = _free_number(connection)
    name = _name(connection, purpose, number)
    try:
        _create(connection, name)
        yield name
    finally:
        _drop(connection, name)
        connection.execute("select pg_advisory_unlock(%s, %s)", [_LOCK, number])


def beside(dsn: str, database: str) -> str:
    """Return the address of another database of the same server."""
    return make_conninfo(dsn, dbname=database)


def _name(connection: psycopg.Connection, purpose: str, number: int) -> str:
    return f"{connection.info.dbname[:40]}_{purpose}_{number}"


def _drop_left_behind(connection: psycopg.Connection, purpose: str) -> None:
    names = {row[0] for row in connection.execute("select datname from pg_database").fetchall()}
    for number in range(1, _MOST + 1):
        name = _name(connection, purpose, number)
        if name in names and _taken(connection, number):
            _drop(connection, name)
            connection.execute("select pg_advisory_unlock(%s, %s)", [_LOCK, number])


def _free_number(connection: psycopg.Connection) -> int:
    for number in range(1, _MOST + 1):
        if _taken(connection, number):
            return number
    raise Misconfigured(f"{_MOST} such databases are in use", next_step="Wait until one is free.")


def _taken(connection: psycopg.Connection, number: int) -> bool:
    row = connection.execute("select pg_try_advisory_lock(%s, %s)", [_LOCK, number]).fetchone()
    return bool(row and row[0])


def _create(connection: psycopg.Connection, name: str) -> None:
    row = connection.execute(
        "select datlocprovider::text, datcollate, datctype, datlocale from pg_database"
        " where datname = current_database()"
    ).fetchone()
    assert row is not None, "the database that we are in"
    provider, collate, ctype, locale = row
    words = {"c": ("libc", None), "i": ("icu", "icu_locale"), "b": ("builtin", "builtin_locale")}[provider]
    query = sql.SQL(
        "create database {} template template0 encoding 'UTF8' locale_provider {} lc_collate {} lc_ctype {}"
    ).format(sql.Identifier(name), sql.SQL(words[0]), sql.Literal(collate), sql.Literal(ctype))
    if words[1] is not None:
        query += sql.SQL(" {} {}").format(sql.SQL(words[1]), sql.Literal(locale))
    try:
        connection.execute(query)
    except errors.InsufficientPrivilege:
        raise Misconfigured(
            f"the warehouse's user '{connection.info.user}' may not create the copy to work on",
            next_step=f"Let the server's administrator run: alter role {connection.info.user} createdb;",
        ) from None
    # What is lost in a crash here is dropped anyway.
    connection.execute(sql.SQL("alter database {} set synchronous_commit = off").format(sql.Identifier(name)))


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
