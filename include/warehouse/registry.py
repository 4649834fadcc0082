"""Write what the YAML files say into the warehouse, where mappings and pulls read it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from include.contract.errors import Misconfigured
from include.spec.overrides import Override


@dataclasses.dataclass(frozen=True)
class CouplingRow:
    """A coupling as the warehouse knows it."""

    webshop: str
    webshop_title: str
    time_zone: str
    name: str
    connector: str
    title: str
    role: str
    match_key: str | None
    settings: dict[str, Any]
    config_hash: str
    active: bool
    owned: tuple[tuple[str, int], ...]
    """Objects that the coupling brings, each with its priority (1 wins)."""
    overrides: tuple[Override, ...] = ()
    """What it maps otherwise than its connector's mappings."""


def register(connection: psycopg.Connection, rows: list[CouplingRow]) -> list[str]:
    """Write couplings; return the names whose settings changed, so that they are mapped again from raw."""
    with connection.transaction():
        return [row.name for row in rows if _register(connection, row)]


def create_streams(connection: psycopg.Connection, connector: str, streams: Mapping[str, bool]) -> None:
    """Make the landing tables of a connector; `streams` says of each whether its records belong to another record."""
    for stream, rooted in streams.items():
        connection.execute("select platform.create_stream(%s, %s, %s)", [connector, stream, rooted])


def _register(connection: psycopg.Connection, row: CouplingRow) -> bool:
    webshop_id = _one(
        connection,
        "insert into platform.webshops (name, title, time_zone) values (%s, %s, %s)"
        " on conflict (name) do update set title = excluded.title, time_zone = excluded.time_zone returning id",
        [row.webshop, row.webshop_title, row.time_zone],
    )
    known = connection.execute("select config_hash from platform.couplings where name = %s", [row.name]).fetchone()
    coupling_id = _one(
        connection,
        "insert into platform.couplings"
        " (webshop_id, name, connector, title, role, match_key, settings, config_hash, active)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (name) do update set webshop_id = excluded.webshop_id, connector = excluded.connector,"
        " title = excluded.title, role = excluded.role, match_key = excluded.match_key, settings = excluded.settings,"
        " config_hash = excluded.config_hash, active = excluded.active, synced_at = now() returning id",
        [webshop_id, row.name, row.connector, row.title, row.role, row.match_key, Jsonb(row.settings), row.config_hash,
         row.active],
    )  # fmt: skip
    connection.execute("delete from platform.ownership where coupling_id = %s", [coupling_id])
    for name, priority in row.owned:
        connection.execute(
            "insert into platform.ownership (webshop_id, object, coupling_id, priority) values (%s, %s, %s, %s)",
            [webshop_id, name, coupling_id, priority],
        )
    connection.execute("delete from platform.overrides where coupling_id = %s", [coupling_id])
    for override in row.overrides:
        connection.execute(
            "insert into platform.overrides (coupling_id, object, table_name, column_name, expression, sql, is_skip,"
            " when_empty, file, line) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [coupling_id, *dataclasses.astuple(override)],
        )
    return known is not None and known[0] != row.config_hash


def _one(connection: psycopg.Connection, query: str, values: list[Any]) -> int:
    row = connection.execute(query, values).fetchone()
    assert row is not None, "an upsert with returning gives a row"
    return int(row[0])


@dataclasses.dataclass(frozen=True)
class CouplingId:
    """A coupling's numbers."""

    webshop_id: int
    coupling_id: int


def coupling_id(connection: psycopg.Connection, name: str) -> CouplingId:
    """Return the numbers of a registered coupling. Raises Misconfigured where it is unknown."""
    row = connection.execute("select webshop_id, id from platform.couplings where name = %s", [name]).fetchone()
    if row is None:
        raise Misconfigured(f"coupling '{name}' is not registered in the warehouse", next_step="Run ./run cli deploy.")
    return CouplingId(*row)
