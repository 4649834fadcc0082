"""Land a page: new and changed records by COPY, unchanged ones at the cost of a look, all in the page's transaction.

The way a record takes: same key and same hash as the current version = unchanged; the remote's own order older
than ours = stale (older news never overwrites newer); a record that was gone and is here again = returned.

Several pulls may land in one stream at the same time. Where the remote's order does not tell which of two is newer, and
another pull has landed its version after this page was asked for, nobody can say: the record is overtaken, and asked
for anew by its key.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import psycopg
from psycopg import errors, sql

from include.warehouse import binary_copy
from include.warehouse.binary_copy import as_json
from include.warehouse.quarantine import Unlandable, set_aside

# What PostgreSQL says to JSON that it cannot store: NUL characters, lone surrogates, numbers out of numeric's range.
_NOT_STORABLE = (errors.DataError, errors.ProgramLimitExceeded, errors.StatementTooComplex)


class Landable(Protocol):
    """What a record must say to be landed."""

    @property
    def key(self) -> str:
        """Its id in the remote."""

    @property
    def root(self) -> str:
        """The id of the record it belongs to; its own where it belongs to none."""

    @property
    def raw(self) -> bytes:
        """Its JSON as received."""

    @property
    def order(self) -> int | None:
        """The remote's version or change time; None where it tells none."""

    @property
    def digest(self) -> bytes:
        """16 bytes that change when the record does."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where records land: the stream's table, for one coupling, as part of one pull."""

    webshop_id: int
    coupling_id: int
    connector: str
    stream: str
    objects: tuple[str, ...]
    pull_id: int
    rooted: bool
    """Whether records belong to another record; otherwise the table derives the root itself."""

    @property
    def table(self) -> sql.Identifier:
        """The landing table."""
        return sql.Identifier("staging", f"{self.connector}__{self.stream}")


@dataclasses.dataclass(frozen=True)
class Counts:
    """What became of the records of a page."""

    records: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    returned: int = 0
    quarantined: int = 0
    overtaken: tuple[str, ...] = ()
    """The keys of records that were not landed, because another pull landed them while their page was on its way."""


@dataclasses.dataclass
class _Sorted:
    """The records of a page by what they are to what we know."""

    new: list[Landable]
    changed: list[Landable]
    returned: list[Landable]
    unchanged: int = 0
    stale: int = 0
    overtaken: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class _Known:
    """The version of a record that is current."""

    digest: bytes
    order: int | None
    gone: bool
    is_fresh: bool
    """Another pull landed it, or found it gone, after these records were asked for."""


def land(
    connection: psycopg.Connection, place: Place, records: Sequence[Landable], age: float = 0.0
) -> tuple[Counts, list[str]]:
    """Land the records of one page inside the caller's transaction; return the counts and the keys seen.

    `age`: how many seconds ago they were asked for. A record that PostgreSQL cannot store as JSON goes to quarantine.
    """
    latest = _latest_per_key(records)
    hold(connection, place)
    # The look by key must use its index: the planner knows nothing yet of a table that was empty a second ago.
    in_force = connection.execute(
        "select set_config('enable_seqscan', 'off', true), exists (select from platform.approvals"
        " where coupling_id = %s and stream = %s and state in ('waiting', 'refused'))",
        [place.coupling_id, place.stream],
    ).fetchone()
    if in_force and in_force[1]:
        _take_off_lists(connection, place, latest)
    found = _sort(latest, _known(connection, place, latest, age))
    quarantined = 0
    try:
        # A savepoint: storing is tried as it is, because asking first would cost more than fetching the page.
        with connection.transaction():
            _store(connection, place, found)
    except _NOT_STORABLE:
        quarantined = _quarantine_unstorable(connection, place, found)
        _store(connection, place, found)
    tell(connection, place, {record.root for record in (*found.new, *found.changed, *found.returned)})
    counts = Counts(
        records=len(records),
        new=len(found.new),
        changed=len(found.changed),
        unchanged=found.unchanged + len(records) - len(latest),
        stale=found.stale + len(found.overtaken),
        returned=len(found.returned),
        quarantined=quarantined,
        overtaken=tuple(found.overtaken),
    )
    return counts, list(latest)


def hold(connection: psycopg.Connection, place: Place) -> None:
    """Be the only writer of a stream of a coupling until the transaction ends.

    Webhook, poll and push answers must see each other's versions, and a deletion what has come back.
    """
    values = [f"{place.connector}__{place.stream}", place.coupling_id]
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, %s))", values)


def _take_off_lists(connection: psycopg.Connection, place: Place, keys: Collection[str]) -> None:
    """Note on lists of records that a person is or was asked about which of them the remote has after all."""
    connection.execute(
        "update platform.approval_records r set came_back_at = now() from platform.approvals a"
        " where a.coupling_id = %s and a.stream = %s and a.state in ('waiting', 'refused') and r.approval_id = a.id"
        " and r.came_back_at is null and r.record_key = any(%s)",
        [place.coupling_id, place.stream, list(keys)],
    )


def _latest_per_key(records: Sequence[Landable]) -> dict[str, Landable]:
    """A record can stand twice on a page; the one with the newest order counts, else the last one."""
    latest: dict[str, Landable] = {}
    for record in records:
        known = latest.get(record.key)
        if known is None or known.order is None or record.order is None or record.order >= known.order:
            latest[record.key] = record
    return latest


def _known(connection: psycopg.Connection, place: Place, keys: Mapping[str, Landable], age: float) -> dict[str, _Known]:
    # One look per key, whatever the planner believes: any other plan reads all records of the coupling for each page.
    query = sql.SQL(
        "select key, uuid_send(payload_hash), remote_order, gone_at is not null,"
        " greatest(case when pull_id is distinct from %s then landed_at end, gone_at)"
        "  >= clock_timestamp() - make_interval(secs => %s)"
        " from json_array_elements_text(%s::json) as key cross join lateral"
        " (select payload_hash, remote_order, gone_at, landed_at, pull_id"
        " from {} where coupling_id = %s and record_key = key and superseded_at is null limit 1) as here"
    ).format(place.table)
    rows = connection.execute(query, [place.pull_id, age, as_json(keys), place.coupling_id], binary=True)
    if not age:
        return {key: _Known(digest, order, gone, False) for key, digest, order, gone, _ in rows}
    singly = _asked_singly(connection, place, age)
    return {
        key: _Known(digest, order, gone, bool(is_fresh) or bool(singly & {key, keys[key].root}))
        for key, digest, order, gone, is_fresh in rows
    }


def _asked_singly(connection: psycopg.Connection, place: Place, age: float) -> set[str]:
    """Return the records that other pulls asked for by id in the last `age` seconds.

    What they found unchanged left no version to see it by; and still it is newer than what this pull brings.
    """
    rows = connection.execute(
        "select unnest(remote_ids || remote_id) from platform.pulls where coupling_id = %s and mode = 'single'"
        " and id <> %s and started_at > now() - interval '1 hour' - make_interval(secs => %s)"
        " and (finished_at is null or finished_at >= clock_timestamp() - make_interval(secs => %s))",
        [place.coupling_id, place.pull_id, age, age],
    )
    return {key for (key,) in rows if key is not None}


def _sort(latest: dict[str, Landable], known: dict[str, _Known]) -> _Sorted:
    found = _Sorted([], [], [])
    for key, record in latest.items():
        if key not in known:
            found.new.append(record)
            continue
        here = known[key]
        ahead = None if here.order is None or record.order is None else record.order - here.order
        if ahead is not None and ahead < 0:
            found.stale += 1
        elif here.is_fresh and not ahead and (here.gone or here.digest != record.digest):
            found.overtaken.append(key)
        elif here.digest != record.digest:
            found.changed.append(record)
        elif here.gone:
            found.returned.append(record)
        else:
            found.unchanged += 1
    return found


def _store(connection: psycopg.Connection, place: Place, found: _Sorted) -> None:
    current = " where coupling_id = %s and superseded_at is null and record_key = any(%s)"
    for records, change in ((found.changed, "superseded_at = now()"), (found.returned, "gone_at = null")):
        if records:
            query = sql.SQL("update {} set " + change + current).format(place.table)
            connection.execute(query, [place.coupling_id, [record.key for record in records]])
    if found.new or found.changed:
        _copy(connection, place, [*found.new, *found.changed])


def _copy(connection: psycopg.Connection, place: Place, records: Sequence[Landable]) -> None:
    """COPY the records; the rows are built here because the driver's way costs more than fetching them."""
    columns = ["webshop_id", "coupling_id", "pull_id", "record_key", "payload", "payload_hash", "remote_order"]
    columns += ["root_key"] if place.rooted else []
    head = binary_copy.numbers(len(columns), place.webshop_id, place.coupling_id) + binary_copy.big(place.pull_id)
    rows = [binary_copy.START]
    for record in records:
        rows += (head, binary_copy.text(record.key), binary_copy.jsonb(record.raw), binary_copy.uuid(record.digest))
        rows.append(binary_copy.big(record.order))
        if place.rooted:
            rows.append(binary_copy.text(record.root))
    rows.append(binary_copy.END)
    statement = sql.SQL("copy {} ({}) from stdin with (format binary)").format(
        place.table, sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"".join(rows))


def tell(connection: psycopg.Connection, place: Place, roots: Collection[str]) -> None:
    """Put roots into the news, once per object that the stream feeds: the next transform maps them."""
    if roots and place.objects:
        connection.execute(
            "insert into platform.news (webshop_id, coupling_id, object, root_key, pull_id)"
            " select %s, %s, fed, root, %s from unnest(%s::text[]) as fed, json_array_elements_text(%s::json) as root",
            [place.webshop_id, place.coupling_id, place.pull_id, list(place.objects), as_json(roots)],
        )


def _quarantine_unstorable(connection: psycopg.Connection, place: Place, found: _Sorted) -> int:
    """Take the records that PostgreSQL cannot store out of `found` and put them into quarantine."""
    records = [*found.new, *found.changed]
    texts = [record.raw.decode("utf-8", "replace").replace("\x00", "") for record in records]
    valid = connection.execute(
        "select pg_input_is_valid(text, 'jsonb')"
        " from json_array_elements_text(%s::json) with ordinality as t(text, place) order by place",
        [as_json(texts)],
    ).fetchall()
    refused = [
        Unlandable(record.key, "record", "PostgreSQL cannot store it as JSON", text)
        for record, text, (good,) in zip(records, texts, valid, strict=True)
        if not good
    ]
    set_aside(connection, place.webshop_id, place.coupling_id, place.stream, refused)
    keys = {record.key for record in refused}
    found.new = [record for record in found.new if record.key not in keys]
    found.changed = [record for record in found.changed if record.key not in keys]
    return len(refused)
