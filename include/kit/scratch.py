"""A database of its own on a server that is there: the schema and the landing tables, without a row."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import psycopg

from include.spec.load import connector_names, load_manifest
from include.warehouse.connection import dsn_from_environment
from include.warehouse.migrate import migrate
from include.warehouse.scratch import beside, scratch_database


def server() -> str:
    """Return the DSN of the server for scratch databases: TEST_DATABASE_URL, else the warehouse's own server."""
    return os.environ.get("TEST_DATABASE_URL") or dsn_from_environment()


@contextlib.contextmanager
def scratch(server: str, purpose: str) -> Iterator[str]:
    """Yield the DSN of a new database on the server that a DSN names, prepared; the database is dropped afterwards.

    Raises Misconfigured when the server's user may not create databases.
    """
    with psycopg.connect(server, autocommit=True) as connection, scratch_database(connection, purpose) as name:
        dsn = beside(server, name)
        prepare(dsn)
        yield dsn


def prepare(dsn: str) -> None:
    """Migrate a database and create the landing table of every stream."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        migrate(connection)
        for connector in connector_names():
            for stream, described in load_manifest(connector).streams.items():
                rooted = described.root is not None
                connection.execute("select platform.create_stream(%s, %s, %s)", (connector, stream, rooted))
