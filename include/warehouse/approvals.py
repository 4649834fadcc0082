"""Deletions that wait for a person: asked by a pull of everything, listed record by record, decided once (R16)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from include.contract.errors import Misconfigured
from include.warehouse.landing import Place

EXPIRES_AFTER = timedelta(days=7)
"""How long a question waits; after that nothing is deleted, and the next pull of everything asks anew."""
# What names a row of an object; the records of other objects show their key alone.
_NAMES = {
    "products": "concat_ws(', ', name, sku_code)",
    "suppliers": "name",
    "supplier_products": "concat_ws(', ', name, sku_code)",
}
_LABEL_LENGTH = 120


@dataclasses.dataclass(frozen=True)
class Approval:
    """A question to a person, with the names that he knows the coupling by."""

    id: int
    coupling: str
    title: str
    connector: str
    webshop_id: int
    coupling_id: int
    pull_id: int
    object: str
    stream: str
    state: str
    asked_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    known: int
    seen: int
    missing: int
    deleted: int
    came_back: int
    dag_id: str | None
    run_id: str | None
    time_left: timedelta
    """How long it may still be answered."""

    @property
    def is_late(self) -> bool:
        """Whether its time to be answered is over."""
        return self.time_left <= timedelta()

    def headline(self) -> str:
        """Return the question in one line."""
        return f"{self.title}: delete {self.missing} of {self.known} {self.object.replace('_', ' ')} ({self.stream})?"


@dataclasses.dataclass(frozen=True)
class Listed:
    """A record that would go."""

    record_key: str
    label: str | None
    came_back_at: datetime | None


@dataclasses.dataclass(frozen=True)
class Refusal:
    """What a person last said about records that are still missing."""

    approval_id: int
    by: str
    at: datetime

    def sentence(self, count: int) -> str:
        """Return why `count` records are kept."""
        day = f"{self.at:%Y-%m-%d}"
        return f"{self.by} refused on {day} to delete the {count} missing records (approval {self.approval_id})"


_SELECT = (
    "select a.id, c.name as coupling, c.title, c.connector, a.webshop_id, a.coupling_id, a.pull_id, a.object, a.stream,"
    " a.state, a.asked_at, a.expires_at, a.decided_at, a.decided_by, a.known, a.seen, a.missing, a.deleted,"
    " (select count(*) from platform.approval_records r where r.approval_id = a.id and r.came_back_at is not null)"
    " as came_back, p.dag_id, p.run_id, a.expires_at - now() as time_left"
    " from platform.approvals a join platform.couplings c on c.id = a.coupling_id"
    " join platform.pulls p on p.id = a.pull_id "
)
# A record that came back is judged anew when it goes again.
REFUSED = (
    "select distinct r.record_key from platform.approval_records r join platform.approvals a on a.id = r.approval_id"
    " where a.coupling_id = %(coupling)s and a.stream = %(stream)s and a.state = 'refused' and r.came_back_at is null"
)


def one(connection: psycopg.Connection, approval_id: int) -> Approval:
    """Return an approval. Raises Misconfigured where there is none of that number."""
    with connection.cursor(row_factory=class_row(Approval)) as rows:
        found = rows.execute(_SELECT + "where a.id = %s", [approval_id]).fetchone()
    if found is None:
        raise Misconfigured(f"there is no approval {approval_id}", next_step="./run cli approvals list shows them.")
    return found


def latest(connection: psycopg.Connection, limit: int = 50, coupling: str | None = None) -> list[Approval]:
    """Return the approvals of all couplings or one, those that wait first, then the newest."""
    query = _SELECT + "where c.name = coalesce(%s, c.name) order by a.state = 'waiting' desc, a.id desc limit %s"
    with connection.cursor(row_factory=class_row(Approval)) as rows:
        return rows.execute(query, [coupling, limit]).fetchall()


def of_pull(connection: psycopg.Connection, pull_id: int, state: str) -> list[Approval]:
    """Return the approvals that a pull asked for (`waiting`) or made pointless (`overtaken`)."""
    condition = "where a.state = 'waiting' and a.pull_id = %(pull)s order by a.id"
    if state == "overtaken":
        condition = "where a.state = 'overtaken' and a.decided_by = 'pull ' || %(pull)s::bigint order by a.id"
    with connection.cursor(row_factory=class_row(Approval)) as rows:
        return rows.execute(_SELECT + condition, {"pull": pull_id}).fetchall()


def records(connection: psycopg.Connection, approval_id: int, limit: int | None = None) -> list[Listed]:
    """Return the records of an approval by key, all of them or the first `limit`."""
    with connection.cursor(row_factory=class_row(Listed)) as rows:
        return rows.execute(
            "select record_key, label, came_back_at from platform.approval_records where approval_id = %s"
            " order by record_key limit %s",
            [approval_id, limit],
        ).fetchall()


def refusal(connection: psycopg.Connection, place: Place) -> Refusal:
    """Return the latest refusal of records of a stream; call where there is one."""
    with connection.cursor(row_factory=class_row(Refusal)) as rows:
        found = rows.execute(
            "select id as approval_id, decided_by as by, decided_at as at from platform.approvals"
            " where coupling_id = %s and stream = %s and state = 'refused' order by id desc limit 1",
            [place.coupling_id, place.stream],
        ).fetchone()
    assert found is not None, "records are refused, so somebody refused them"
    return found


def ask(connection: psycopg.Connection, place: Place, keys: Sequence[str], seen: int, known: int) -> int:
    """Ask a person whether the records with these keys may be deleted; return the approval's number.

    Where exactly these are asked about already, that question goes on; any other open one of the stream is overtaken.
    Call with the stream held, in the transaction that settles it.
    """
    values: dict[str, object] = {"coupling": place.coupling_id, "stream": place.stream, "pull": place.pull_id}
    values |= {"seen": seen, "known": known, "missing": len(keys), "keys": list(keys)}
    values |= {"wait": EXPIRES_AFTER, "length": _LABEL_LENGTH}
    going_on = connection.execute(
        "update platform.approvals a set pull_id = %(pull)s, known = %(known)s, seen = %(seen)s"
        " where coupling_id = %(coupling)s and stream = %(stream)s and state = 'waiting' and expires_at > now()"
        " and missing = %(missing)s and missing = (select count(*) from platform.approval_records r"
        "  where r.approval_id = a.id and r.came_back_at is null and r.record_key = any(%(keys)s))"
        " returning id",
        values,
    ).fetchone()
    if going_on is None:
        overtake(connection, place)
        going_on = connection.execute(
            "insert into platform.approvals"
            " (webshop_id, coupling_id, pull_id, object, stream, expires_at, known, seen, missing)"
            " select webshop_id, coupling_id, id, object, %(stream)s, now() + %(wait)s, %(known)s, %(seen)s,"
            " %(missing)s from platform.pulls where id = %(pull)s returning id",
            values,
        ).fetchone()
        assert going_on is not None, "the pull that asks has its row"
        _list(connection, place, values | {"approval": going_on[0]})
    return int(going_on[0])


def _list(connection: psycopg.Connection, place: Place, values: dict[str, object]) -> None:
    query = sql.SQL(
        "insert into platform.approval_records (approval_id, record_key, label)"
        " select %(approval)s, record_key, {label} from {table} as here"
        " where coupling_id = %(coupling)s and superseded_at is null and record_key = any(%(keys)s)"
    ).format(label=_label(place), table=place.table)
    connection.execute(query, values)


def _label(place: Place) -> sql.Composable:
    """Return the expression that names a record by the Optiply row made of it, as far as there is one."""
    named = next((name for name in place.objects if name in _NAMES), None)
    if named is None:
        return sql.SQL("null")
    return sql.SQL(
        "(select left({}, %(length)s) from optiply.{} made where made.coupling_id = %(coupling)s"
        " and made.remote_id in (here.record_key, here.root_key)"
        " order by made.remote_id = here.record_key desc limit 1)"
    ).format(sql.SQL(_NAMES[named]), sql.Identifier(named))


def overtake(connection: psycopg.Connection, place: Place) -> None:
    """Close the open question of a stream: a newer complete pull knows better. A late one has expired."""
    connection.execute(
        "update platform.approvals set state = case when expires_at <= now() then 'expired' else 'overtaken' end,"
        " decided_at = now(), decided_by = 'pull ' || %s::bigint"
        " where coupling_id = %s and stream = %s and state = 'waiting'",
        [place.pull_id, place.coupling_id, place.stream],
    )


def decide(connection: psycopg.Connection, approval_id: int, state: str, by: str, deleted: int = 0) -> None:
    """Write down what became of a question that waits."""
    connection.execute(
        "update platform.approvals set state = %s, decided_at = now(), decided_by = %s, deleted = %s"
        " where id = %s and state = 'waiting'",
        [state, by, deleted, approval_id],
    )
