"""A warehouse that knows the couplings of dag_configs, emptied for each test, and what the tests do to it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from include.contract.errors import Reason
from include.local.database_server import DatabaseServer
from include.sync.configs import deploy_configs
from include.warehouse import pulls
from include.warehouse.connection import connector
from include.warehouse.migrate import migrate

DATABASE = f"monitor_{os.getpid()}"


@dataclasses.dataclass
class Warehouse:
    """One database; everything in it happened a given number of minutes ago."""

    dsn: str

    def __post_init__(self) -> None:
        self.connect = connector(self.dsn, "test")
        self.connection = psycopg.connect(self.dsn, autocommit=True, row_factory=dict_row)

    def do(self, query: LiteralString, **values: Any) -> list[dict[str, Any]]:
        cursor = self.connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []

    def one(self, query: LiteralString, **values: Any) -> Any:
        return next(iter(self.do(query, **values)[0].values()))

    def live(self, coupling: str, state: str = "active", minutes: int = 100_000) -> None:
        """Put a coupling into a state, since so many minutes."""
        self.do(
            "update platform.coupling_life set state = %(state)s, since = now() - make_interval(mins => %(minutes)s),"
            " before = case when %(state)s = 'needs_auth' then 'active' end, error_class = null, error_text = null"
            " from platform.couplings c where c.id = coupling_id and c.name = %(coupling)s",
            coupling=coupling,
            state=state,
            minutes=minutes,
        )

    def schedule(self, coupling: str, cron: str, *objects: str, mode: str = "changed") -> None:
        """Let this be the coupling's only schedule."""
        self.do(
            "with gone as (delete from platform.schedules s using platform.couplings c where c.id = s.coupling_id"
            "  and c.name = %(coupling)s and s.place > 0)"
            " insert into platform.schedules (coupling_id, place, cron, time_zone, mode, objects)"
            " select c.id, 0, %(cron)s, w.time_zone, %(mode)s, %(objects)s from platform.couplings c"
            " join platform.webshops w on w.id = c.webshop_id where c.name = %(coupling)s"
            " on conflict (coupling_id, place) do update set cron = excluded.cron, mode = excluded.mode,"
            " objects = excluded.objects",
            coupling=coupling,
            cron=cron,
            mode=mode,
            objects=list(objects),
        )

    def pulled(self, coupling: str, name: str, minutes: float = 0) -> int:
        """Begin a pull of what changed so many minutes ago; return its number."""
        return int(
            self.one(
                "insert into platform.pulls (webshop_id, coupling_id, object, mode, started_at) select webshop_id, id,"
                " %(name)s, 'changed', now() - make_interval(secs => 60 * %(minutes)s) from platform.couplings"
                " where name = %(coupling)s returning id",
                coupling=coupling,
                name=name,
                minutes=minutes,
            )
        )

    def ended(self, pull: int, reason: Reason | None = None) -> None:
        """End a pull now: well, or with a reason."""
        with self.connect() as connection:
            if reason is None:
                pulls.succeed(connection, pull)
            else:
                pulls.fail(connection, pull, reason)


@pytest.fixture(scope="package")
def migrated(database_server: DatabaseServer) -> Iterator[str]:
    """The address of the database that the tests share."""
    _admin(database_server, "drop database if exists {} with (force)")
    _admin(database_server, "create database {}")
    try:
        with connector(database_server.dsn(DATABASE), "test")() as connection:
            migrate(connection)
            assert deploy_configs(connection) == []
        yield database_server.dsn(DATABASE)
    finally:
        _admin(database_server, "drop database if exists {} with (force)")


@pytest.fixture
def warehouse(migrated: str) -> Iterator[Warehouse]:
    """A warehouse in which nothing has happened; no coupling in it is active, and none has a schedule."""
    here = Warehouse(migrated)
    here.do(
        "truncate platform.pulls, platform.object_pulls, platform.schedules, platform.budgets, platform.webhook_events,"
        " platform.activation_steps, platform.alerts, platform.http_details, platform.quarantine cascade"
    )
    here.do("delete from platform.couplings where name like 'many%%'")
    here.do("update platform.coupling_life set state = 'new', before = null, error_class = null, error_text = null")
    try:
        yield here
    finally:
        here.connection.close()


def _admin(server: DatabaseServer, query: LiteralString) -> None:
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(query).format(sql.Identifier(DATABASE)))
