"""What is let go after its time: in small batches, each of its own transaction, so that nobody waits for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import LiteralString

import psycopg
from psycopg import sql

BATCH = 5_000
# 16 MB of a landing table.
_BLOCKS = 2_000
_LOCK = 7_301_033
_FACT = "landing_tables_maintained"


@dataclasses.dataclass(frozen=True)
class Rule:
    """Rows of one kind: what support calls them, their table and key, and which of them are past their time."""

    name: str
    words: str
    table: LiteralString
    past: LiteralString
    key: LiteralString = "id"


# A pull is kept as long as something is told by it: the status of its object, a question, news that waits for it.
_UNUSED = (
    " and not exists (select from platform.object_pulls o where o.latest_id = t.id)"
    " and not exists (select from platform.approvals a where a.pull_id = t.id)"
    " and t.id not in (select pull_id from platform.news where pull_id is not null)"
)
RULES = (
    Rule(
        "events",
        "webhook events that were done",
        "platform.webhook_events",
        "t.state = 'done' and t.done_at < now() - %(age)s",
    ),
    Rule("quarantine", "solved problems", "platform.quarantine", "t.resolved_at < now() - %(age)s"),
    Rule("http_details", "failing calls", "platform.http_details", "t.at < now() - %(age)s"),
    Rule("alerts", "alerts that were over", "platform.alerts", "t.ended_at < now() - %(age)s"),
    # A pull is taken up again within a day of its beginning, or never.
    Rule(
        "pages",
        "pages of pulls that were given up",
        "platform.pull_pages",
        "t.pull_id in (select id from platform.pulls where outcome is not null and finished_at < now() - %(age)s)",
        key="ctid",
    ),
    Rule("pulls", "records of pulls", "platform.pulls", "t.finished_at < now() - %(age)s" + _UNUSED),
)


def alone(connection: psycopg.Connection) -> bool:
    """Take the lock of the one who lets things go, until the connection closes; return whether it was free."""
    row = connection.execute("select pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
    return bool(row and row[0])


def let_go(connection: psycopg.Connection, rule: Rule, age: timedelta) -> Iterator[int]:
    """Delete the rows of a rule that are older, batch by batch; yields how many went."""
    query = sql.SQL(
        "delete from {table} where {key} = any(array(select t.{key} from {table} t where {past} limit {batch}))"
    ).format(table=sql.SQL(rule.table), key=sql.SQL(rule.key), past=sql.SQL(rule.past), batch=sql.Literal(BATCH))
    while True:
        gone = connection.execute(query, {"age": age}).rowcount
        yield gone
        if gone < BATCH:
            return


def landing_tables(connection: psycopg.Connection) -> list[str]:
    """Return the tables of raw documents, the one first that was gone through longest ago."""
    rows = connection.execute(
        "select c.table_name from information_schema.columns c where c.table_schema = 'staging'"
        " and c.column_name = 'superseded_at' order by coalesce((select f.value ->> c.table_name from platform.facts f"
        " where f.name = %s), ''), 1",
        [_FACT],
    ).fetchall()
    return [str(name) for (name,) in rows]


def let_versions_go(connection: psycopg.Connection, table: str, age: timedelta) -> Iterator[int]:
    """Delete versions that a newer one replaced longer ago, going once through a table; yields how many went.

    The current version stays, however old it is, also that of a record that is gone. There is no index on the time,
    which would cost more at each landing than reading the table once does.
    """
    name = sql.Identifier("staging", table)
    row = connection.execute(
        "select pg_relation_size(%s::regclass) / current_setting('block_size')::integer", [name.as_string(connection)]
    ).fetchone()
    blocks = int(row[0]) if row else 0
    query = sql.SQL(
        "delete from {} where ctid >= %(first)s::tid and ctid < %(end)s::tid and superseded_at < now() - %(age)s"
    ).format(name)
    for first in range(0, blocks, _BLOCKS):
        place = {"first": f"({first},0)", "end": f"({first + _BLOCKS},0)", "age": age}
        yield connection.execute(query, place).rowcount
    connection.execute(
        "insert into platform.facts (name, value) values (%s, jsonb_build_object(%s::text, now()))"
        " on conflict (name) do update set value = facts.value || excluded.value",
        [_FACT, table],
    )
