"""Migrations run once each, in order, also when several processes start at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from include.contract.errors import Misconfigured
from include.local.database_server import DatabaseServer
from include.warehouse.migrate import MIGRATIONS, migrate
from tests.sync.fixtures import DATABASE

ROOT = Path(__file__).resolve().parents[2]
NAME = sql.Identifier(f"{DATABASE}_migrate")
PROGRAM = """
import sys, psycopg
from include.warehouse.migrate import migrate
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    print(*migrate(connection))
"""


@pytest.fixture
def empty(database_server: DatabaseServer) -> Iterator[str]:
    """The address of a database without anything."""
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(NAME))
        connection.execute(sql.SQL("create database {}").format(NAME))
        yield database_server.dsn(f"{DATABASE}_migrate")
        connection.execute(sql.SQL("drop database {} with (force)").format(NAME))


@pytest.fixture
def opened(empty: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty, autocommit=True) as connection:
        yield connection


def test_each_file_once(opened: psycopg.Connection) -> None:
    assert migrate(opened) == sorted(path.name for path in MIGRATIONS.glob("*.sql"))
    assert migrate(opened) == []


def test_two_processes_at_once(empty: str) -> None:
    command = [sys.executable, "-c", PROGRAM, empty]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(outputs, key=len) == [[], sorted(path.name for path in MIGRATIONS.glob("*.sql"))]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def write(**files: str) -> Path:
        for name, text in files.items():
            (tmp_path / f"{name}.sql").write_text(text)
        return tmp_path

    return write


def test_a_changed_file_is_refused(opened: psycopg.Connection, folder: Callable[..., Path]) -> None:
    migrate(opened, folder(m1="create table one (id int)"))
    with pytest.raises(Misconfigured, match=r"m1\.sql ran here and was changed since: write a new file"):
        migrate(opened, folder(m1="create table one (id bigint)", m2="create table two (id int)"))
    assert opened.execute("select to_regclass('two')").fetchone() == (None,)


def test_a_broken_file_leaves_nothing(opened: psycopg.Connection, folder: Callable[..., Path]) -> None:
    with pytest.raises(psycopg.errors.SyntaxError):
        migrate(opened, folder(m1="create table one (id int)", m2="create tabel two (id int)"))
    assert opened.execute("select to_regclass('one'), to_regclass('platform.migrations')").fetchone() == (None, None)
    assert migrate(opened, folder(m2="create table two (id int)")) == ["m1.sql", "m2.sql"]
