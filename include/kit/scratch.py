"""A database of its own on a server that is there: the schema and the landing tables, without a row."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from include.contract.errors import Misconfigured
from include.spec.load import connector_names, load_manifest
from include.warehouse.connection import dsn_from_environment
from include.warehouse.migrate import migrate


def server() -> str:
    """Return the DSN of the server for scratch databases: TEST_DATABASE_URL, else the warehouse's own server."""
    return os.environ.get("TEST_DATABASE_URL") or dsn_from_environment()


@contextlib.contextmanager
def scratch(server: str, purpose: str) -> Iterator[str]:
    """Yield the DSN of a new database on the server that a DSN names; the database is dropped afterwards.

    Raises Misconfigured when the server's user may not create databases.
    """
    name = f"{purpose}_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        except errors.InsufficientPrivilege:
            message = "the database user may not create a scratch database"
            raise Misconfigured(message, next_step="Name a server where one may in TEST_DATABASE_URL.") from None
    dsn = make_conninfo(server, dbname=name)
    try:
        prepare(dsn)
        yield dsn
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def prepare(dsn: str) -> None:
    """Migrate a database and create the landing table of every stream."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        migrate(connection)
        for connector in connector_names():
            for stream, described in load_manifest(connector).streams.items():
                rooted = described.root is not None
                connection.execute("select platform.create_stream(%s, %s, %s)", (connector, stream, rooted))
