"""The state of couplings: read it, and move it from one state to another."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from include.contract.errors import Misconfigured, Reason

NEW, ACTIVATING, ACTIVE, PAUSED, NEEDS_AUTH, INACTIVE = STATES = (
    "new",
    "activating",
    "active",
    "paused",
    "needs_auth",
    "inactive",
)


@dataclasses.dataclass(frozen=True)
class Life:
    """A coupling's state, since when, at whose wish, and why."""

    coupling_id: int
    coupling: str
    connection: str
    state: str
    since: datetime
    before: str | None
    wanted_by: str | None
    catch_up: bool
    error_class: str | None
    error_text: str | None
    acts: str | None
    next_step: str | None
    refused_object: str | None
    refused_digest: bytes | None

    @property
    def reason(self) -> Reason | None:
        """Why it is so, where there is a reason."""
        if self.error_class is None:
            return None
        return Reason(self.error_class, self.error_text or "", self.acts or "", self.next_step or "")


_LIVES = (
    "select l.coupling_id, c.name as coupling, coalesce(c.connection, c.name) as connection, l.state, l.since,"
    " l.before, l.wanted_by, l.catch_up, l.error_class, l.error_text, l.acts, l.next_step, l.refused_object,"
    " l.refused_digest from platform.coupling_life l join platform.couplings c on c.id = l.coupling_id "
)


def of(connection: psycopg.Connection, coupling: str, *, hold: bool = False) -> Life:
    """Return a coupling's state; with `hold` nobody else changes it before this transaction ends."""
    with connection.cursor(row_factory=class_row(Life)) as cursor:
        query = _LIVES + "where c.name = %s" + (" for update of l" if hold else "")
        found = cursor.execute(query, [coupling]).fetchone()
    if found is None:
        raise Misconfigured(
            f"coupling '{coupling}' is not registered in the warehouse", next_step="Run ./run cli deploy."
        )
    return found


def sharing(connection: psycopg.Connection, credential: str, states: Sequence[str]) -> list[Life]:
    """Return, held, the couplings that use an Airflow connection and are in one of these states, by name."""
    with connection.cursor(row_factory=class_row(Life)) as cursor:
        query = (
            _LIVES + "where coalesce(c.connection, c.name) = %s and l.state = any(%s) order by c.name for update of l"
        )
        return cursor.execute(query, [credential, list(states)]).fetchall()


def move(
    connection: psycopg.Connection,
    coupling_id: int,
    state: str,
    wanted_by: str,
    *,
    before: str | None = None,
    catch_up: bool = False,
    reason: Reason | None = None,
    refused: tuple[str | None, bytes | None] = (None, None),
) -> None:
    """Put a coupling into a state, from now on."""
    why = (reason.error_class, reason.text, reason.acts, reason.next_step) if reason else (None,) * 4
    connection.execute(
        "update platform.coupling_life set state = %s, since = clock_timestamp(), wanted_by = %s, before = %s,"
        " catch_up = %s, error_class = %s, error_text = %s, acts = %s, next_step = %s, refused_object = %s,"
        " refused_digest = %s where coupling_id = %s",
        [state, wanted_by, before, catch_up, *why, *refused, coupling_id],
    )


def still_refused(connection: psycopg.Connection, credential: str, digest: bytes, reason: Reason) -> None:
    """Write down that other credentials were refused as well, so that they are not tried again."""
    connection.execute(
        "update platform.coupling_life l set refused_digest = %s, error_class = %s, error_text = %s, acts = %s,"
        " next_step = %s from platform.couplings c where c.id = l.coupling_id and l.state = 'needs_auth'"
        " and coalesce(c.connection, c.name) = %s",
        [digest, reason.error_class, reason.text, reason.acts, reason.next_step, credential],
    )


def explain(connection: psycopg.Connection, coupling_id: int, reason: Reason | None) -> None:
    """Write down why a coupling gets no further in the state that it is in; None takes the reason away."""
    why = (reason.error_class, reason.text, reason.acts, reason.next_step) if reason else (None,) * 4
    connection.execute(
        "update platform.coupling_life set error_class = %s, error_text = %s, acts = %s, next_step = %s"
        " where coupling_id = %s",
        [*why, coupling_id],
    )


def owes_catch_up(connection: psycopg.Connection, coupling: str, name: str) -> bool:
    """Return whether an object of a coupling is owed a pull of what changed since before it was stopped."""
    row = connection.execute(
        "select l.catch_up and not exists (select from platform.pulls p where p.coupling_id = l.coupling_id"
        " and p.object = %s and p.mode <> 'single' and p.finished_at >= l.since and p.outcome = 'succeeded')"
        " from platform.coupling_life l join platform.couplings c on c.id = l.coupling_id where c.name = %s",
        [name, coupling],
    ).fetchone()
    return bool(row and row[0])


def caught_up(connection: psycopg.Connection, coupling: str, objects: Sequence[str]) -> None:
    """Take the debt away when each of these objects was pulled since the coupling came back."""
    connection.execute(
        "update platform.coupling_life l set catch_up = false from platform.couplings c where c.id = l.coupling_id"
        " and c.name = %s and l.catch_up and not exists (select from unnest(%s::text[]) o where not exists ("
        " select from platform.pulls p where p.coupling_id = c.id and p.object = o and p.mode <> 'single'"
        " and p.finished_at >= l.since and p.outcome = 'succeeded'))",
        [coupling, list(objects)],
    )


@contextlib.contextmanager
def checking(connection: psycopg.Connection, credential: str) -> Iterator[None]:
    """Wait for, and hold, the right to try the credentials of an Airflow connection: one call serves all who ask."""
    key = f"recheck:{credential}"
    connection.execute("select pg_advisory_lock(hashtextextended(%s, 30))", [key])
    try:
        yield
    finally:
        if not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(hashtextextended(%s, 30))", [key])
