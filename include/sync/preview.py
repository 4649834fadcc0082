"""What this checkout's SQL and YAML would change, found out on a copy: the warehouse is not touched, no remote asked.

A database beside the warehouse gets its schema and the webshops' rows, then this checkout's migrations, couplings and
mappings; all that has landed is mapped again there, and the Optiply tables are compared with how they were.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path

import psycopg

from include.contract.errors import Misconfigured
from include.spec.load import CONFIGS, CONNECTORS, load_all
from include.spec.problems import ConfigError, nearest
from include.spec.tables import TABLES
from include.sync.configs import deploy_configs
from include.sync.dbt import PROJECT, Dbt
from include.sync.replay import replay
from include.sync.transform import transform
from include.warehouse import batch
from include.warehouse.connection import connector, warehouse_faults
from include.warehouse.copy_rows import copy_webshops
from include.warehouse.difference import (
    ProblemDifference,
    TableDifference,
    changed_problems,
    changed_tables,
    compare,
    lines_left_as_they_are,
    remember,
    rows_that_differ,
)
from include.warehouse.migrate import migrate
from include.warehouse.scratch import beside, scratch_database

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Checkout:
    """The files to try: those of this checkout, unless a test says otherwise."""

    configs: Path = CONFIGS
    connectors: Path = CONNECTORS
    project: Path = PROJECT
    target: Path | None = None
    """Where dbt keeps what it has parsed."""


@dataclasses.dataclass(frozen=True)
class Chosen:
    """Whose rows are copied and mapped (None = of all webshops), and what of the result is shown."""

    webshops: tuple[str, ...] | None = None
    coupling: str | None = None
    object: str | None = None
    rows: int = 20


@dataclasses.dataclass(frozen=True)
class Preview:
    """What would change. `waiting` roots had landed and were not mapped yet: their changes are among these."""

    webshops: list[str]
    roots: int
    waiting: int
    tables: list[TableDifference]
    problems: list[ProblemDifference]
    lines_left: int
    """Stored sell order lines that are mapped otherwise now and stay as they are (B4)."""
    elsewhere: int
    """Rows that differ too and were not asked for: of other couplings, or of other objects."""

    @property
    def has_changes(self) -> bool:
        """Whether any row or quarantine entry differs, shown or not."""
        return bool(self.tables or self.problems or self.elsewhere)


def preview(dsn: str, chosen: Chosen, checkout: Checkout = Checkout()) -> Preview:
    """Tell what deploying and replaying `checkout` would change. Takes as long as mapping the webshops anew.

    Raises ConfigError when a file of these webshops is broken, Misconfigured for an unknown webshop, and PlatformBug
    naming the model that cannot be built or run. The copy is dropped in any case.
    """
    with warehouse_faults("previewing"), connector(dsn, "preview")() as keeper:
        ids = _webshop_ids(keeper, chosen.webshops)
        waiting = _waiting(keeper, list(ids.values()))
        with scratch_database(keeper, "preview") as name:
            log.info("Copying the rows of %s into %s", ", ".join(ids), name)
            copied = beside(dsn, name)
            _copy(dsn, copied, list(ids.values()))
            roots = _map(copied, Dbt(checkout.target, checkout.project, name), checkout, set(ids))
            with connector(copied, "preview")() as connection:
                compare(connection)
                return _told(connection, chosen, list(ids), roots, waiting)


def _webshop_ids(connection: psycopg.Connection, names: Sequence[str] | None) -> dict[str, int]:
    known: dict[str, int] = dict(connection.execute("select name, id from platform.webshops order by name").fetchall())
    for name in names or ():
        if name not in known:
            raise Misconfigured(
                f"the warehouse knows no webshop '{name}'.{nearest(name, known)}",
                next_step="A webshop that was never deployed and pulled has nothing to compare with.",
            )
    return {name: known[name] for name in names or known}


def _waiting(connection: psycopg.Connection, webshops: Sequence[int]) -> int:
    row = connection.execute(
        "select count(*) from ("
        "  select object, coupling_id, root_key from platform.news where webshop_id = any(%(ids)s)"
        "  union select object, coupling_id, root_key from platform.transform_batch where webshop_id = any(%(ids)s)"
        " ) as waiting",
        {"ids": list(webshops)},
    ).fetchone()
    return int(row[0]) if row else 0


def _copy(dsn: str, copied: str, webshops: list[int]) -> None:
    """Copy in a snapshot that no transform is in the middle of; the transform's lock is held for a moment only."""
    with connector(dsn, "preview")() as source, connector(copied, "preview")() as target:
        with batch.held(source):
            source.execute("begin isolation level repeatable read read only")
            ran = [row[0] for row in source.execute("select name from platform.migrations").fetchall()]
        migrate(target, only=ran)
        rows = copy_webshops(source, target, webshops)
        source.execute("commit")
        log.info("%d rows copied", rows)
        migrate(target)
        remember(target)
        # Everything is mapped again: what the calendar changes is part of it.
        target.execute(
            "insert into platform.facts (name, value) values ('dates_mapped_to', to_jsonb(current_date))"
            " on conflict (name) do update set value = excluded.value"
        )


def _map(copied: str, dbt: Dbt, checkout: Checkout, webshops: set[str]) -> int:
    """Deploy the checkout on the copy and map all that has landed again; return how many roots that were."""
    connect = connector(copied, "preview")
    with connect() as connection:
        problems = deploy_configs(connection, checkout.configs, checkout.connectors)
        broken = [problem for problem in problems if problem.file.split("/")[-2] in webshops]
        if broken:
            raise ConfigError(broken)
        for config in load_all(checkout.configs, checkout.connectors)[0]:
            if config.webshop.webshop in webshops:
                replay(connection, config.name, config.manifest)
    log.info("Mapping everything that has landed again")
    # The first run of the project on the copy builds the views as well.
    done = transform(connect, lambda _objects: dbt.deploy())
    if not done.roots:
        dbt.deploy()
    return done.roots


def _told(connection: psycopg.Connection, chosen: Chosen, webshops: list[str], roots: int, waiting: int) -> Preview:
    every = [name for names in TABLES.values() for name in names]
    wanted = list(TABLES[chosen.object]) if chosen.object else every
    found = changed_tables(connection, wanted, chosen.coupling, chosen.rows)
    shown = sum(sum(kinds.values()) for table in found for kinds in table.counts.values())
    problems = [
        problem for problem in changed_problems(connection, chosen.coupling)
        if problem.object in wanted or not chosen.object
    ]  # fmt: skip
    elsewhere = rows_that_differ(connection) - shown
    return Preview(webshops, roots, waiting, found, problems, lines_left_as_they_are(connection), elsewhere)
