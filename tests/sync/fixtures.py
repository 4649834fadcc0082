"""One migrated and deployed warehouse per session, and copies of it; the conftest files of three folders take these."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql

from include.local.database_server import DatabaseServer
from include.sync.configs import deploy_configs
from include.warehouse.migrate import migrate
from tests.sync.stage import Stage, warehouse_environment

_TEMPLATE = pytest.StashKey[Path]()
# dbt parses everything anew when the database's name changes, so all tests that run it use one name, one after another.
DATABASE = f"sync_{os.getpid()}"
TEMPLATE = f"sync_template_{os.getpid()}"
SECRET = Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def dbt_target(
    request: pytest.FixtureRequest, database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The template database exists from here on; yields the folder where dbt keeps what it parsed."""
    stash = request.config.stash
    if _TEMPLATE not in stash:
        target = tmp_path_factory.mktemp("dbt_target")
        _make(database_server, DATABASE, "template0")
        request.config.add_cleanup(lambda: _drop(database_server, DATABASE, TEMPLATE))
        with pytest.MonkeyPatch.context() as patch:
            _point_to(patch, database_server.dsn(DATABASE))
            with psycopg.connect(database_server.dsn(DATABASE), autocommit=True) as connection:
                migrate(connection)
                assert deploy_configs(connection) == []
            stage = Stage(database_server.dsn(DATABASE), SECRET, target)
            stage.deploy()
            stage.close()
        _admin(database_server, "alter database {} rename to {}", DATABASE, TEMPLATE)
        stash[_TEMPLATE] = target
    return stash[_TEMPLATE]


@pytest.fixture(scope="module")
def module_stage(dbt_target: Path, database_server: DatabaseServer) -> Iterator[Stage]:
    """A clean warehouse that the tests of a file share, in their order."""
    yield from _stage(dbt_target, database_server)


@pytest.fixture
def stage(dbt_target: Path, database_server: DatabaseServer) -> Iterator[Stage]:
    """A clean warehouse for one test."""
    yield from _stage(dbt_target, database_server)


Keep = Callable[[Stage], Callable[[], Stage]]


@pytest.fixture(scope="module")
def keep(dbt_target: Path, database_server: DatabaseServer) -> Iterator[Keep]:
    """Keeps a filled warehouse: what it returns gives that warehouse back, as it was, as often as wanted."""
    kept = f"{DATABASE}_kept"
    open_stages: list[Stage] = []

    def keep_it(stage: Stage) -> Callable[[], Stage]:
        stage.close()
        _make(database_server, kept, DATABASE)

        def restored() -> Stage:
            while open_stages:
                open_stages.pop().close()
            _make(database_server, DATABASE, kept)
            open_stages.append(Stage(stage.dsn, SECRET, dbt_target))
            return open_stages[-1]

        return restored

    yield keep_it
    for stage in open_stages:
        stage.close()
    _drop(database_server, kept)


@pytest.fixture
def clean_copy(dbt_target: Path, database_server: DatabaseServer) -> Iterator[Callable[[str], Stage]]:
    """Makes further clean warehouses, for what runs without dbt."""
    made: list[Stage] = []

    def make(name: str) -> Stage:
        _make(database_server, f"{DATABASE}_{name}", TEMPLATE)
        made.append(Stage(database_server.dsn(f"{DATABASE}_{name}"), SECRET, dbt_target))
        return made[-1]

    yield make
    for stage in made:
        name = stage.connection.info.dbname
        stage.close()
        _drop(database_server, name)


def _stage(target: Path, server: DatabaseServer) -> Iterator[Stage]:
    _make(server, DATABASE, TEMPLATE)
    with pytest.MonkeyPatch.context() as patch:
        _point_to(patch, server.dsn(DATABASE))
        stage = Stage(server.dsn(DATABASE), SECRET, target)
        yield stage
        stage.close()
    _drop(server, DATABASE)


def _point_to(patch: pytest.MonkeyPatch, dsn: str) -> None:
    for name, value in (warehouse_environment(dsn) | {"OPTIPLY_SECRET_KEY": SECRET}).items():
        patch.setenv(name, value)
    patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "False")
    patch.setenv("DO_NOT_TRACK", "1")


def _make(server: DatabaseServer, name: str, template: str) -> None:
    _drop(server, name)
    _admin(server, "create database {} template {}", name, template)


def _drop(server: DatabaseServer, *names: str) -> None:
    for name in names:
        _admin(server, "drop database if exists {} with (force)", name)


def _admin(server: DatabaseServer, query: str, *names: str) -> None:
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(query).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]
