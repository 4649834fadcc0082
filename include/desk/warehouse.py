"""The desk's connections to the warehouse."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg

from include.warehouse.connection import Connect, connector, dsn_from_environment, warehouse_faults

# A page that takes longer than this is of no use to the one who waits for it.
_MOST_MILLISECONDS = 20_000


def connect() -> Connect:
    """Return the way to the warehouse that WAREHOUSE_... names. Raises Misconfigured where it is not set."""
    return connector(dsn_from_environment(), "desk")


@contextlib.contextmanager
def opened() -> Iterator[psycopg.Connection]:
    """Give a connection for one request; faults of PostgreSQL become errors of the tree."""
    with warehouse_faults("looking for a page"), connect()() as connection:
        connection.execute(f"set statement_timeout = {_MOST_MILLISECONDS}")
        yield connection
