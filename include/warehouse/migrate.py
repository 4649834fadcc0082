"""Bring the warehouse's schema up to date: numbered SQL files, each run once, in a transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import psycopg

from include.contract.errors import Misconfigured

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_301_001


def migrate(
    connection: psycopg.Connection, folder: Path = MIGRATIONS, only: Collection[str] | None = None
) -> list[str]:
    """Run the migrations that this database does not have yet (with `only`, of these); return their names.

    Safe when several processes do it at once. Raises Misconfigured when a file that ran was changed afterwards.
    """
    done: list[str] = []
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute("create schema if not exists platform")
        connection.execute(
            "create table if not exists platform.migrations"
            " (name text primary key, digest text not null, ran_at timestamptz not null default now())"
        )
        ran: dict[str, str] = dict(connection.execute("select name, digest from platform.migrations").fetchall())
        for path in sorted(folder.glob("*.sql")):
            if only is not None and path.name not in only:
                continue
            text = path.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()
            if path.name not in ran:
                connection.execute(text.encode())
                connection.execute(
                    "insert into platform.migrations (name, digest) values (%s, %s)", [path.name, digest]
                )
                done.append(path.name)
            elif ran[path.name] != digest:
                raise Misconfigured(f"migration {path.name} ran here and was changed since: write a new file instead")
    return done
