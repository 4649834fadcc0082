"""The record of each pull: its lock, its checkpoint, its counts, its outcome and reason."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from include.contract.errors import LimitReached, Reason
from include.warehouse.binary_copy import as_json
from include.warehouse.landing import Counts
from include.warehouse.registry import CouplingId

# How long after its limit ended a waiting pull may take to come back before another run takes its place.
_GRACE = timedelta(minutes=10)


@dataclasses.dataclass(frozen=True)
class Origin:
    """The task of Airflow's that works on a pull: its log is where support reads on."""

    dag_id: str
    run_id: str
    task_id: str


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is to be pulled: an object of a coupling, and how."""

    coupling: str
    object: str
    mode: str
    since: datetime | None = None
    remote_id: str | None = None
    remote_ids: tuple[str, ...] = ()
    """Mode single: the records that events ask for. One that the remote does not have is told, and is no failure."""
    origin: Origin | None = None


@dataclasses.dataclass(frozen=True)
class StreamState:
    """Checkpoint and counts of a stream of a pull."""

    stream: str
    position: dict[str, Any] | None
    cursor_next: Any
    pages: int
    records: int
    new: int
    changed: int
    unchanged: int
    stale: int
    returned: int
    gone: int
    quarantined: int
    expected: int | None
    complete: bool
    guard: str | None


class Busy(LimitReached):
    """Another run pulls this object of this coupling right now, or waits for a limit with a pull half done."""

    error_class = "rate limit"
    next_step = "Wait for the other run; this one goes on by itself."
    support = "Nothing."


def lane(mode: str) -> str:
    """Return what a pull shares its lock and its place with: single records pass long pulls, and the other way round.

    What both land stays in order: landing lets nothing older over anything newer (include/warehouse/landing.py).
    """
    return mode if mode in ("single", "webhook") else "many"


# The same in SQL, of a row of platform.pulls.
_IN_LANE = "(case when mode in ('single', 'webhook') then mode else 'many' end) = %(lane)s"


@contextlib.contextmanager
def locked(connection: psycopg.Connection, ids: CouplingId, name: str, mode: str = "all") -> Iterator[bool]:
    """Hold the lock of an object of a coupling, and of the mode's lane, on this connection; yields whether it was free.

    The lock goes with the connection, so a killed process never leaves it behind.
    """
    values = [f"pull:{name}" if lane(mode) == "many" else f"pull:{name}:{lane(mode)}", ids.coupling_id]
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, %s))", values).fetchone()
    free = bool(row and row[0])
    try:
        yield free
    finally:
        if free and not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(hashtextextended(%s, %s))", values)


def begin(connection: psycopg.Connection, ids: CouplingId, wish: Wish) -> tuple[int, bool]:
    """Open a pull, or take up the unfinished one that asks for the same; return its id and whether it is resumed.

    Only pulls of the same lane count. Call with its lock held: an open pull then waits for a limit, or belongs to a
    process that is dead. An unfinished pull of another kind is abandoned, what it landed stays; but Busy is raised
    while it only waits; but for single records, of which nothing is lost by beginning anew.
    """
    begun_by = wish.origin
    origin = {name: getattr(begun_by, f"{name}_id", None) for name in ("dag", "run", "task")}
    with connection.transaction():
        row = connection.execute(
            "update platform.pulls set attempts = attempts + 1, outcome = null, finished_at = null, waits_until = null,"
            " error_class = null, error_text = null, next_step = null, acts = null,"
            " dag_id = %(dag)s, run_id = %(run)s, task_id = %(task)s"
            " where id = (select id from platform.pulls where coupling_id = %(coupling)s and object = %(object)s"
            "             and " + _IN_LANE + " order by id desc limit 1)"
            " and (outcome is null or outcome = 'failed') and mode = %(mode)s"
            " and since is not distinct from %(since)s and remote_id is not distinct from %(remote)s"
            " and remote_ids is not distinct from %(remotes)s"
            " and started_at > now() - interval '1 day' returning id",
            {**origin, "coupling": ids.coupling_id, "object": wish.object,
             "mode": wish.mode, "since": wish.since, "remote": wish.remote_id, "lane": lane(wish.mode),
             "remotes": list(wish.remote_ids) or None},
        ).fetchone()  # fmt: skip
        if row is not None:
            return int(row[0]), True
        here = {"coupling": ids.coupling_id, "object": wish.object, "lane": lane(wish.mode)}
        if here["lane"] == "many":
            _let_wait(connection, here)
        connection.execute(
            "update platform.pulls set outcome = 'abandoned', finished_at = now()"
            " where coupling_id = %(coupling)s and object = %(object)s and outcome is null and " + _IN_LANE,
            here,
        )
        connection.execute(
            "delete from platform.pull_pages where pull_id in (select id from platform.pulls"
            " where coupling_id = %(coupling)s and object = %(object)s and outcome in ('failed', 'abandoned')"
            " and " + _IN_LANE + ")",
            here,
        )
        row = connection.execute(
            "insert into platform.pulls"
            " (webshop_id, coupling_id, object, mode, since, remote_id, remote_ids, dag_id, run_id, task_id)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
            [
                ids.webshop_id,
                ids.coupling_id,
                wish.object,
                wish.mode,
                wish.since,
                wish.remote_id,
                list(wish.remote_ids) or None,
                *origin.values(),
            ],
        ).fetchone()
        assert row is not None, "an insert with returning gives a row"
        return int(row[0]), False


def _let_wait(connection: psycopg.Connection, here: dict[str, Any]) -> None:
    """Raise Busy while a half-done pull of the object waits for its limit: starting another would begin it anew."""
    row = connection.execute(
        "select mode, waits_until from platform.pulls where coupling_id = %(coupling)s and object = %(object)s"
        " and outcome is null and waits_until + %(grace)s > now() and " + _IN_LANE,
        here | {"grace": _GRACE},
    ).fetchone()
    if row is not None:
        raise Busy(f"a pull ({row[0]}) of {here['object']} is half done and waits for its limit", row[1] + _GRACE / 2)


def state(connection: psycopg.Connection, pull_id: int, stream: str) -> StreamState:
    """Return a stream's checkpoint, made on first use."""
    connection.execute(
        "insert into platform.pull_streams (pull_id, stream) values (%s, %s) on conflict do nothing", [pull_id, stream]
    )
    columns = ", ".join(field.name for field in dataclasses.fields(StreamState))
    with connection.cursor(row_factory=class_row(StreamState)) as cursor:
        row = cursor.execute(
            f"select {columns} from platform.pull_streams where pull_id = %s and stream = %s", [pull_id, stream]
        ).fetchone()
    assert row is not None, "the row was made above"
    return row


@dataclasses.dataclass(frozen=True)
class Passed:
    """Pages that were landed together: the number of the last one, the position after it, and the keys seen."""

    last_page: int
    pages: int
    position: dict[str, Any]
    cursor: Any
    first_expected: int | None
    expected: int | None
    keys: list[str] | None


def checkpoint(connection: psycopg.Connection, pull_id: int, stream: str, counts: Counts, passed: Passed) -> None:
    """Move a stream's checkpoint past landed pages, in their transaction; the keys are the snapshot's evidence."""
    connection.execute(
        "update platform.pull_streams set position = %s, cursor_next = %s, pages = pages + %s,"
        " records = records + %s, new = new + %s, changed = changed + %s, unchanged = unchanged + %s,"
        " stale = stale + %s, returned = returned + %s, quarantined = quarantined + %s,"
        " expected = coalesce(%s, expected), expected_at_first = coalesce(expected_at_first, %s), updated_at = now()"
        " where pull_id = %s and stream = %s",
        [Jsonb(passed.position), Jsonb(passed.cursor), passed.pages, counts.records, counts.new, counts.changed,
         counts.unchanged, counts.stale, counts.returned, counts.quarantined, passed.expected, passed.first_expected,
         pull_id, stream],
    )  # fmt: skip
    if passed.keys:
        _keep_keys(connection, pull_id, stream, passed.last_page, passed.keys)


def saw(connection: psycopg.Connection, pull_id: int, stream: str, counts: Counts, page: int, keys: list[str]) -> None:
    """Count records that were asked for one by one after the last page, as seen."""
    connection.execute(
        "update platform.pull_streams set pages = %s, records = records + %s, new = new + %s, changed = changed + %s,"
        " unchanged = unchanged + %s, stale = stale + %s, returned = returned + %s, quarantined = quarantined + %s"
        " where pull_id = %s and stream = %s",
        [page, counts.records, counts.new, counts.changed, counts.unchanged, counts.stale, counts.returned,
         counts.quarantined, pull_id, stream],
    )  # fmt: skip
    _keep_keys(connection, pull_id, stream, page, keys)


def _keep_keys(connection: psycopg.Connection, pull_id: int, stream: str, page: int, keys: list[str]) -> None:
    connection.execute(
        "insert into platform.pull_pages (pull_id, stream, page, keys) values (%s, %s, %s, %s::jsonb)",
        [pull_id, stream, page, as_json(keys)],
    )


def count_requests(connection: psycopg.Connection, pull_id: int, requests: int) -> None:
    """Add to the requests that a pull made."""
    connection.execute("update platform.pulls set requests = requests + %s where id = %s", [requests, pull_id])


def succeed(connection: psycopg.Connection, pull_id: int) -> None:
    """Close a pull as succeeded; its news, and that of failed pulls before it, may now be mapped.

    A pull of single records completes nothing of what a failed one left, but for these records: the rest of that news
    goes on waiting.
    """
    with connection.transaction():
        connection.execute(
            "update platform.pulls set outcome = 'succeeded', finished_at = now() where id = %s", [pull_id]
        )
        connection.execute("delete from platform.pull_pages where pull_id = %s", [pull_id])
        connection.execute(
            "update platform.news set pull_id = %(this)s where pull_id in ("
            " select old.id from platform.pulls as old join platform.pulls as this"
            " on this.coupling_id = old.coupling_id and this.object = old.object"
            " where this.id = %(this)s and this.mode in ('all', 'changed')"
            " and old.id < this.id and old.outcome in ('failed', 'abandoned'))",
            {"this": pull_id},
        )
        connection.execute(
            "update platform.news set pull_id = %(this)s from platform.pulls as this where this.id = %(this)s"
            " and this.mode = 'single' and news.coupling_id = this.coupling_id"
            " and news.root_key = any(this.remote_ids || this.remote_id) and news.pull_id in ("
            " select old.id from platform.pulls as old where old.coupling_id = this.coupling_id"
            "  and old.object = this.object and old.mode = 'single' and old.id < this.id"
            "  and old.outcome in ('failed', 'abandoned'))",
            {"this": pull_id},
        )


def fail(connection: psycopg.Connection, pull_id: int, reason: Reason, waits_until: datetime | None = None) -> None:
    """Write down why a pull stopped; a pull that waits for a limit stays open."""
    remark(connection, pull_id, reason)
    connection.execute(
        "update platform.pulls set waits_until = %(until)s, outcome = case when %(until)s::timestamptz is null then"
        " 'failed' end, finished_at = case when %(until)s::timestamptz is null then now() end where id = %(pull)s",
        {"until": waits_until, "pull": pull_id},
    )


def remark(connection: psycopg.Connection, pull_id: int, reason: Reason) -> None:
    """Write a reason into the pull's record and among its faults."""
    words = [reason.error_class, reason.text, reason.next_step, reason.acts]
    connection.execute(
        "with pull as (update platform.pulls set error_class = %s, error_text = %s, next_step = %s, acts = %s"
        " where id = %s returning *)"
        " insert into platform.pull_faults (pull_id, attempt, error_class, error_text, next_step, acts)"
        " select id, attempts, error_class, error_text, next_step, acts from pull",
        [*words, pull_id],
    )


def has_news(connection: psycopg.Connection, pull_id: int) -> bool:
    """Return whether a pull left something to map."""
    row = connection.execute("select exists (select from platform.news where pull_id = %s)", [pull_id]).fetchone()
    return bool(row and row[0])


def cursor(connection: psycopg.Connection, coupling_id: int, stream: str) -> Any:
    """Return where the next changed-since pull of a stream starts; None before the first finished pull."""
    row = connection.execute(
        "select value from platform.cursors where coupling_id = %s and stream = %s", [coupling_id, stream]
    ).fetchone()
    return row[0] if row else None


def move_cursor(connection: psycopg.Connection, coupling_id: int, stream: str, value: Any) -> None:
    """Move a stream's cursor after a finished pull; an empty answer leaves it where it is."""
    connection.execute(
        "insert into platform.cursors (coupling_id, stream, value) values (%s, %s, %s)"
        " on conflict (coupling_id, stream) do update"
        " set value = case when excluded.value = 'null' then cursors.value else excluded.value end,"
        " completed_at = now()",
        [coupling_id, stream, Jsonb(value)],
    )


def progress(connection: psycopg.Connection, coupling: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Return the latest pulls with their streams' counts added up, newest first."""
    with connection.cursor(row_factory=dict_row) as rows:
        return rows.execute(
            "select c.name as coupling, p.id, p.object, p.mode, p.outcome, p.started_at, p.finished_at, p.requests,"
            " p.run_id, p.waits_until,"
            " p.error_class, p.error_text, p.next_step, coalesce(sum(s.pages), 0)::int as pages,"
            " coalesce(sum(s.records), 0)::bigint as records, coalesce(sum(s.new), 0)::bigint as new,"
            " coalesce(sum(s.changed), 0)::bigint as changed, coalesce(sum(s.unchanged), 0)::bigint as unchanged,"
            " coalesce(sum(s.gone), 0)::bigint as gone, coalesce(sum(s.quarantined), 0)::bigint as quarantined,"
            " case when bool_and(s.expected is not null) then sum(s.expected) end as expected"
            " from platform.pulls p join platform.couplings c on c.id = p.coupling_id"
            " left join platform.pull_streams s on s.pull_id = p.id"
            " where %(coupling)s::text is null or c.name = %(coupling)s"
            " group by c.name, p.id order by p.id desc limit %(limit)s",
            {"coupling": coupling, "limit": limit},
        ).fetchall()
