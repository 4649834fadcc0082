"""A warehouse of a test, with pulls and transforms as the platform does them, and what a test asks of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from include.engine.ports import Credentials
from include.sandbox import Running
from include.spec.load import CouplingConfig, load_all
from include.spec.problems import Problem
from include.sync.configs import deploy_configs
from include.sync.dbt import Dbt
from include.sync.pull import Platform, Pulled, pull
from include.sync.transform import RunDbt, Transformed, transform
from include.warehouse.connection import connector
from include.warehouse.pulls import Wish
from include.warehouse.secrets import Vault

Row = dict[str, Any]
OPTIPLY = (
    "products",
    "suppliers",
    "supplier_products",
    "product_compositions",
    "sell_orders",
    "sell_order_lines",
    "buy_orders",
    "buy_order_lines",
    "receipt_lines",
)


def warehouse_environment(dsn: str) -> dict[str, str]:
    """Return what dbt and the command line read to find the warehouse."""
    parts = conninfo_to_dict(dsn)
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "DATABASE": "dbname"}
    return {f"WAREHOUSE_{name}": str(parts[key]) for name, key in names.items()}


def credentials_of(running: Running, coupling: str) -> Credentials:
    """Return the credentials that open a sandbox, as the hook of Airflow hands them over."""
    held = running.admin.credentials()
    extra = {key: str(value) for key, value in held["extra"].items()}
    return Credentials(coupling, held["host"], held["login"], held["password"], extra)


def connection_json(running: Running) -> str:
    """Return AIRFLOW_CONN_<COUPLING> for a sandbox."""
    return json.dumps(running.admin.credentials())


@dataclasses.dataclass
class Stage:
    """One database: `secret` is the key of its vault, `target` the folder that dbt keeps between runs."""

    dsn: str
    secret: str
    target: Path
    configs: dict[str, CouplingConfig] = dataclasses.field(
        default_factory=lambda: {config.name: config for config in load_all()[0]}
    )
    opened: dict[str, Credentials] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.platform = Platform(connector(self.dsn, "test"), Vault(self.secret))
        self.connection = psycopg.connect(self.dsn, autocommit=True, row_factory=dict_row)
        self._dbt = Dbt(self.target)

    def close(self) -> None:
        self.connection.close()

    def configure(self, folder: Path) -> list[Problem]:
        """Take the couplings of another folder; return what is wrong with its files."""
        self.configs = {config.name: config for config in load_all(folder)[0]}
        with self.platform.connect() as connection:
            return deploy_configs(connection, folder)

    def coupled(self, coupling: str, running: Running) -> None:
        """Take a sandbox as the remote of a coupling."""
        self.opened[coupling] = credentials_of(running, coupling)

    def pull(
        self,
        coupling: str,
        name: str,
        mode: str = "all",
        since: datetime | None = None,
        remote_id: str | None = None,
    ) -> Pulled:
        """Pull one object with fresh budgets: the tests' remotes set their own limits."""
        self.connection.execute("delete from platform.budgets")
        wish = Wish(coupling, name, mode, since, remote_id)
        return pull(self.platform, self.configs[coupling], wish, self.opened[coupling])

    def pull_every(self, mode: str = "all", *couplings: str) -> dict[tuple[str, str], Pulled]:
        """Pull every object of the couplings that have a remote."""
        return {
            (coupling, name): self.pull(coupling, name, mode)
            for coupling in couplings or tuple(self.opened)
            for name in self.configs[coupling].objects
        }

    def transform(self, run_dbt: RunDbt | None = None) -> Transformed:
        return transform(self.platform.connect, run_dbt or self._dbt.transform)

    def deploy(self) -> None:
        self._dbt.deploy()

    def rows(self, query: LiteralString | sql.Composed, *values: object) -> list[Row]:
        return self.connection.execute(query, values).fetchall()

    def row(self, query: LiteralString | sql.Composed, *values: object) -> Row:
        rows = self.rows(query, *values)
        assert len(rows) == 1, f"{len(rows)} rows: {query!r}"
        return rows[0]

    def one(self, query: LiteralString | sql.Composed, *values: object) -> Any:
        return next(iter(self.row(query, *values).values()))

    def landed(self, connector: str, stream: str) -> list[Row]:
        """Return the current versions of a stream, by key, without what differs from run to run."""
        query = sql.SQL(
            "select coupling_id, record_key, root_key, payload::text as payload, gone_at is not null as gone"
            " from {} where superseded_at is null order by coupling_id, record_key"
        ).format(sql.Identifier("staging", f"{connector}__{stream}"))
        return self.rows(query)

    def payload_rows(self) -> int:
        """Return how many versions of records are kept."""
        tables = self.rows("select tablename as name from pg_tables where schemaname = 'staging'")
        count = sql.SQL("select count(*) as rows from {}")
        return sum(self.one(count.format(sql.Identifier("staging", table["name"]))) for table in tables)

    def last_pull(self) -> Row:
        return self.row("select * from platform.pulls order by id desc limit 1")

    def streams(self, pull_id: int) -> dict[str, Row]:
        """Return the records of a pull's streams by name."""
        found = self.rows("select * from platform.pull_streams where pull_id = %s", pull_id)
        return {row["stream"]: row for row in found}

    def written(self) -> Mapping[str, dict[int, str]]:
        """Return which transaction wrote each Optiply row: a row that is written again shows another one."""
        query = sql.SQL("select id, xmin::text as xmin, ctid::text as place from optiply.{}")
        return {
            table: {
                row["id"]: f"{row['xmin']} {row['place']}" for row in self.rows(query.format(sql.Identifier(table)))
            }
            for table in OPTIPLY
        }

    def writes(self) -> dict[str, int]:
        """Return PostgreSQL's own count of rows written per Optiply table."""
        self.connection.execute("select pg_stat_force_next_flush()")
        rows = self.rows(
            "select relname, n_tup_ins + n_tup_upd + n_tup_del as written from pg_stat_user_tables"
            " where schemaname = 'optiply'"
        )
        return {row["relname"]: row["written"] for row in rows}

    def product(self, coupling: str, remote_id: str) -> Row:
        return self.row(
            "select p.* from optiply.products p join platform.couplings c on c.id = p.coupling_id"
            " where c.name = %s and p.remote_id = %s",
            coupling,
            remote_id,
        )

    def problems(self, coupling: str, *, resolved: bool = False) -> list[Row]:
        """Return a coupling's quarantine, open or resolved."""
        return self.rows(
            "select q.object, q.remote_id, q.field, q.reason, q.severity, q.waiting, q.attempts, q.raw, q.root_key"
            " from platform.quarantine q join platform.couplings c on c.id = q.coupling_id"
            " where c.name = %s and (q.resolved_at is not null) = %s order by 1, 2, 3, 4",
            coupling,
            resolved,
        )
