"""Connections to the warehouse, and its faults as errors of the tree."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

import psycopg
from psycopg import errors

from include.contract.errors import Misconfigured, PlatformBug, WarehouseDown

Connect = Callable[[], psycopg.Connection]
# A plan made while a landing table was empty must not be kept for when it is full; JIT costs more than it gives here.
_OPTIONS = "-c TimeZone=UTC -c plan_cache_mode=force_custom_plan -c jit=off"
_PASSING = (psycopg.OperationalError, psycopg.InterfaceError, errors.SerializationFailure, errors.DeadlockDetected)


def dsn_from_environment() -> str:
    """Return the warehouse's connection string from WAREHOUSE_HOST, _PORT, _USER, _PASSWORD and _DATABASE."""
    names = ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")
    missing = [f"WAREHOUSE_{name}" for name in names if not os.environ.get(f"WAREHOUSE_{name}")]
    if missing:
        raise Misconfigured(f"environment variables are not set: {', '.join(missing)}")
    host, port, user, password, database = (os.environ[f"WAREHOUSE_{name}"] for name in names)
    return psycopg.conninfo.make_conninfo(host=host, port=port, user=user, password=password, dbname=database)


def connector(dsn: str, application: str) -> Connect:
    """Return a function that opens a connection (autocommit, UTC) named `application` in pg_stat_activity."""

    def connect() -> psycopg.Connection:
        try:
            return psycopg.connect(
                dsn, autocommit=True, application_name=application, options=_OPTIONS, connect_timeout=10
            )
        except psycopg.OperationalError as error:
            raise WarehouseDown(f"the warehouse cannot be reached: {_first_line(error)}") from None

    return connect


@contextlib.contextmanager
def warehouse_faults(doing: str) -> Iterator[None]:
    """Turn faults of PostgreSQL while `doing` something into errors of the tree."""
    try:
        yield
    except _PASSING as error:
        raise WarehouseDown(f"PostgreSQL went away while {doing}: {_first_line(error)}") from error
    except psycopg.Error as error:
        raise PlatformBug(f"PostgreSQL refused a statement while {doing}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    # Later lines quote data (DETAIL, CONTEXT), which may be personal.
    return str(error).strip().split("\n", 1)[0]
