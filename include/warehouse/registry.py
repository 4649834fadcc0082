"""Write what the YAML files say into the warehouse, where mappings and pulls read it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from include.contract.errors import Misconfigured
from include.spec.overrides import Override


@dataclasses.dataclass(frozen=True)
class Share:
    """What a coupling brings of an object; priority 1 wins. Only with `makes_rows` its records become rows."""

    object: str
    priority: int
    makes_rows: bool


@dataclasses.dataclass(frozen=True)
class FieldRank:
    """A coupling's place among those named for a field; 1 wins."""

    object: str
    field: str
    priority: int


@dataclasses.dataclass(frozen=True)
class Scheduled:
    """What a cron pulls, and how."""

    cron: str
    mode: str
    objects: tuple[str, ...]


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
    shares: tuple[Share, ...]
    field_ranks: tuple[FieldRank, ...] = ()
    match_keys: tuple[tuple[str, str], ...] = ()
    """Of its webshop: each consolidated object with what its records are compared by."""
    overrides: tuple[Override, ...] = ()
    """What it maps otherwise than its connector's mappings."""
    connection: str | None = None
    """The Airflow connection with its credentials; None = one of its own name."""
    schedules: tuple[Scheduled, ...] = ()
    """When it pulls what; nothing while it is switched off."""


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
        " (webshop_id, name, connector, title, role, match_key, settings, config_hash, active, connection)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (name) do update set webshop_id = excluded.webshop_id, connector = excluded.connector,"
        " title = excluded.title, role = excluded.role, match_key = excluded.match_key, settings = excluded.settings,"
        " config_hash = excluded.config_hash, active = excluded.active, connection = excluded.connection,"
        " synced_at = now() returning id",
        [webshop_id, row.name, row.connector, row.title, row.role, row.match_key, Jsonb(row.settings), row.config_hash,
         row.active, row.connection or row.name],
    )  # fmt: skip
    _write_schedules(connection, coupling_id, row)
    _write_shares(connection, webshop_id, coupling_id, row)
    connection.execute("delete from platform.overrides where coupling_id = %s", [coupling_id])
    for override in row.overrides:
        connection.execute(
            "insert into platform.overrides (coupling_id, object, table_name, column_name, expression, sql, is_skip,"
            " when_empty, file, line) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [coupling_id, *dataclasses.astuple(override)],
        )
    return known is not None and known[0] != row.config_hash


def _write_schedules(connection: psycopg.Connection, coupling_id: int, row: CouplingRow) -> None:
    connection.execute("delete from platform.schedules where coupling_id = %s", [coupling_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into platform.schedules (coupling_id, place, cron, time_zone, mode, objects)"
            " values (%s, %s, %s, %s, %s, %s)",
            [
                (coupling_id, place, plan.cron, row.time_zone, plan.mode, list(plan.objects))
                for place, plan in enumerate(row.schedules)
            ],
        )


def _write_shares(connection: psycopg.Connection, webshop_id: int, coupling_id: int, row: CouplingRow) -> None:
    """Write what the coupling brings to its webshop's rows, and how they are consolidated."""
    with connection.cursor() as cursor:
        cursor.execute("delete from platform.ownership where coupling_id = %s", [coupling_id])
        cursor.executemany(
            "insert into platform.ownership (webshop_id, object, coupling_id, priority, makes_rows)"
            " values (%s, %s, %s, %s, %s)",
            [(webshop_id, s.object, coupling_id, s.priority, s.makes_rows) for s in row.shares],
        )
        cursor.execute("delete from platform.field_priority where coupling_id = %s", [coupling_id])
        cursor.executemany(
            "insert into platform.field_priority (webshop_id, object, field, coupling_id, priority)"
            " values (%s, %s, %s, %s, %s)",
            [(webshop_id, r.object, r.field, coupling_id, r.priority) for r in row.field_ranks],
        )
        cursor.execute("delete from platform.consolidation where webshop_id = %s", [webshop_id])
        cursor.executemany(
            "insert into platform.consolidation (webshop_id, object, match_key) values (%s, %s, %s)",
            [(webshop_id, name, match_key) for name, match_key in row.match_keys],
        )


def forget_missing(connection: psycopg.Connection, present: list[str]) -> None:
    """Switch off the couplings that are not `present` any more; they bring nothing to their webshop's rows."""
    connection.execute("update platform.couplings set active = false where not name = any(%s)", [present])
    for table in ("ownership", "field_priority", "schedules"):
        query = sql.SQL(
            "delete from {} where coupling_id in (select id from platform.couplings where not name = any(%s))"
        )
        connection.execute(query.format(sql.Identifier("platform", table)), [present])


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
