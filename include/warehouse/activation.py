"""The steps of activations: what is to be done, what is, and why one stopped."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.contract.errors import Reason


@dataclasses.dataclass(frozen=True)
class Step:
    """One step: its name, and the object with its number of streams where it is a pull."""

    name: str
    object: str | None = None
    streams: int | None = None


def begin(connection: psycopg.Connection, coupling_id: int, steps: Sequence[Step]) -> int:
    """Return the activation that did not end, brought in line with `steps`, or a new one, in one transaction."""
    with connection.transaction():
        number = unfinished(connection, coupling_id) or _new_number(connection, coupling_id)
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into platform.activation_steps as s (coupling_id, activation, place, step, object, streams)"
                " values (%s, %s, %s, %s, %s, %s) on conflict (coupling_id, activation, step) do update set"
                " place = excluded.place, streams = excluded.streams,"
                " state = case s.state when 'dropped' then 'waiting' else s.state end",
                [(coupling_id, number, place, s.name, s.object, s.streams) for place, s in enumerate(steps, 1)],
            )
        connection.execute(
            "update platform.activation_steps set state = 'dropped' where coupling_id = %s and activation = %s"
            " and not step = any(%s) and state <> 'done'",
            [coupling_id, number, [step.name for step in steps]],
        )
        return number


def unfinished(connection: psycopg.Connection, coupling_id: int) -> int | None:
    """Return the number of the latest activation while a step of it is left to do."""
    row = connection.execute(
        "select activation from platform.activation_steps where coupling_id = %s and state not in ('done', 'dropped')"
        " order by activation desc limit 1",
        [coupling_id],
    ).fetchone()
    return int(row[0]) if row else None


def _new_number(connection: psycopg.Connection, coupling_id: int) -> int:
    row = connection.execute(
        "select coalesce(max(activation), 0) + 1 from platform.activation_steps where coupling_id = %s", [coupling_id]
    ).fetchone()
    assert row is not None, "an aggregate gives a row"
    return int(row[0])


def give_up(connection: psycopg.Connection, coupling_id: int) -> None:
    """Drop what is left of an activation: the next one begins at the first step."""
    connection.execute(
        "update platform.activation_steps set state = 'dropped' where coupling_id = %s and state <> 'done'",
        [coupling_id],
    )


@contextlib.contextmanager
def locked(connection: psycopg.Connection, coupling_id: int) -> Iterator[bool]:
    """Hold a coupling's activation on this connection; yields whether nobody else works on it."""
    key = f"activate:{coupling_id}"
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 30))", [key]).fetchone()
    free = bool(row and row[0])
    try:
        yield free
    finally:
        if free and not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(hashtextextended(%s, 30))", [key])


def states(connection: psycopg.Connection, coupling_id: int, number: int) -> dict[str, str]:
    """Return the state of each step, in their order."""
    query = (
        "select step, state from platform.activation_steps where coupling_id = %s and activation = %s order by place"
    )
    return dict(connection.execute(query, [coupling_id, number]).fetchall())


def start(connection: psycopg.Connection, coupling_id: int, number: int, step: str) -> None:
    """Begin a step, or go on with it; its first beginning stays its time."""
    _write(
        connection, coupling_id, number, step,
        "state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now()), finished_at = null,"
        " waits_until = null, error_class = null, error_text = null, acts = null, next_step = null",
    )  # fmt: skip


def end(connection: psycopg.Connection, coupling_id: int, number: int, step: str, words: str) -> None:
    """Close a step that did what it is for; `words` say what that was."""
    _write(connection, coupling_id, number, step, "state = 'done', finished_at = now(), words = %(words)s", words=words)


def stop(
    connection: psycopg.Connection, coupling_id: int, number: int, step: str, reason: Reason, until: datetime | None
) -> None:
    """Write down why a step stopped; one that waits until a time stays running."""
    _write(
        connection, coupling_id, number, step,
        "state = case when %(until)s::timestamptz is null then 'failed' else state end, waits_until = %(until)s,"
        " finished_at = case when %(until)s::timestamptz is null then now() end,"
        " error_class = %(class)s, error_text = %(text)s, acts = %(acts)s, next_step = %(next)s",
        until=until, text=reason.text, acts=reason.acts, next=reason.next_step, **{"class": reason.error_class},
    )  # fmt: skip


def _write(
    connection: psycopg.Connection, coupling_id: int, number: int, step: str, assignments: str, **values: Any
) -> None:
    connection.execute(
        f"update platform.activation_steps set {assignments}"
        " where coupling_id = %(coupling)s and activation = %(number)s and step = %(step)s",
        {"coupling": coupling_id, "number": number, "step": step, **values},
    )


def progress(connection: psycopg.Connection, coupling: str) -> dict[str, Any] | None:
    """Return how far a coupling's latest activation is; None where it never had one."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from platform.activation_progress(%s)", [coupling]).fetchone()


def is_mapped(connection: psycopg.Connection, coupling_id: int) -> bool:
    """Return whether nothing that a finished pull of the coupling brought waits to be mapped."""
    row = connection.execute(
        "select not exists (select from platform.transform_batch where coupling_id = %(id)s)"
        " and not exists (select from platform.news n where n.coupling_id = %(id)s and not exists ("
        "  select from platform.pulls p where p.id = n.pull_id and p.outcome is distinct from 'succeeded'))",
        {"id": coupling_id},
    ).fetchone()
    return bool(row and row[0])
