"""Land a page: new and changed records by COPY, unchanged ones at the cost of a look, all in the page's transaction.

The way a record takes: same key and same hash as the current version = unchanged; the remote's own order older
than ours = stale (older news never overwrites newer); a record that was gone and is here again = returned.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

import psycopg
from psycopg import sql

from include.warehouse.quarantine import Unlandable, set_aside

_ESCAPES = ((b"\\", b"\\\\"), (b"\n", b"\\n"), (b"\r", b"\\r"), (b"\t", b"\\t"))
_DOUBTFUL = re.compile(rb"\\u0000|\\u[dD][89a-fA-F]|\d[eE][+-]?\d{4,}")


class Landable(Protocol):
    """What a record must say to be landed."""

    @property
    def key(self) -> str: ...
    @property
    def root(self) -> str: ...
    @property
    def raw(self) -> bytes: ...
    @property
    def order(self) -> Decimal | None: ...
    @property
    def digest(self) -> str: ...


@dataclasses.dataclass(frozen=True)
class Place:
    """Where records land: the stream's table, for one coupling, as part of one pull."""

    webshop_id: int
    coupling_id: int
    connector: str
    stream: str
    objects: tuple[str, ...]
    pull_id: int

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


def land(connection: psycopg.Connection, place: Place, records: Sequence[Landable]) -> tuple[Counts, list[str]]:
    """Land the records of one page inside the caller's transaction; return the counts and the keys seen.

    A record that PostgreSQL cannot store (NUL characters, a number out of its range) goes to quarantine.
    """
    latest = _latest_per_key(records)
    # One writer per stream of a coupling: webhook, poll and push answers must see each other's versions.
    connection.execute(
        "select pg_advisory_xact_lock(hashtextextended(%s, %s))", [f"{place.connector}__{place.stream}", place.coupling_id]
    )
    known = _known(connection, place, list(latest))
    fresh: list[Landable] = []
    superseded: list[str] = []
    returned: list[Landable] = []
    unchanged = stale = 0
    for key, record in latest.items():
        if key not in known:
            fresh.append(record)
            continue
        digest, order, gone = known[key]
        if order is not None and record.order is not None and record.order < order:
            stale += 1
        elif digest != record.digest:
            superseded.append(key)
        elif gone:
            returned.append(record)
        else:
            unchanged += 1
    fresh, refused = _storable(connection, place, fresh)
    changed, refused_changes = _storable(connection, place, [latest[key] for key in superseded])
    if changed:
        _supersede(connection, place, [record.key for record in changed])
    _copy(connection, place, [*fresh, *changed])
    if returned:
        _bring_back(connection, place, [record.key for record in returned])
    tell(connection, place, {record.root for record in (*fresh, *changed, *returned)})
    counts = Counts(
        records=len(records),
        new=len(fresh),
        changed=len(changed),
        unchanged=unchanged + len(records) - len(latest),
        stale=stale,
        returned=len(returned),
        quarantined=refused + refused_changes,
    )
    return counts, list(latest)


def _latest_per_key(records: Sequence[Landable]) -> dict[str, Landable]:
    """A record can stand twice on a page; the one with the newest order counts, else the last one."""
    latest: dict[str, Landable] = {}
    for record in records:
        known = latest.get(record.key)
        if known is None or known.order is None or record.order is None or record.order >= known.order:
            latest[record.key] = record
    return latest


def _known(
    connection: psycopg.Connection, place: Place, keys: list[str]
) -> dict[str, tuple[str, Decimal | None, bool]]:
    query = sql.SQL(
        "select record_key, payload_hash, remote_order, gone_at is not null from {}"
        " where coupling_id = %s and record_key = any(%s) and superseded_at is null"
    ).format(place.table)
    rows = connection.execute(query, [place.coupling_id, keys], prepare=True)
    return {key: (digest.hex, order, gone) for key, digest, order, gone in rows}


def _supersede(connection: psycopg.Connection, place: Place, keys: list[str]) -> None:
    query = sql.SQL(
        "update {} set superseded_at = now() where coupling_id = %s and record_key = any(%s) and superseded_at is null"
    ).format(place.table)
    connection.execute(query, [place.coupling_id, keys])


def _bring_back(connection: psycopg.Connection, place: Place, keys: list[str]) -> None:
    query = sql.SQL(
        "update {} set gone_at = null where coupling_id = %s and record_key = any(%s) and superseded_at is null"
    ).format(place.table)
    connection.execute(query, [place.coupling_id, keys])


def _copy(connection: psycopg.Connection, place: Place, records: Sequence[Landable]) -> None:
    """COPY the records as text; the block is built here because a row at a time costs more than fetching it."""
    if not records:
        return
    head = f"{place.webshop_id}\t{place.coupling_id}\t{place.pull_id}\t".encode()
    rows = [
        head
        + b"\t".join(
            (
                _escaped(record.key.encode()),
                _escaped(record.root.encode()),
                _escaped(record.raw),
                record.digest.encode(),
                b"\\N" if record.order is None else str(record.order).encode(),
            )
        )
        for record in records
    ]
    statement = sql.SQL(
        "copy {} (webshop_id, coupling_id, pull_id, record_key, root_key, payload, payload_hash, remote_order) from stdin"
    ).format(place.table)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"\n".join(rows) + b"\n")


def _escaped(text: bytes) -> bytes:
    for character, escape in _ESCAPES:
        if character in text:
            text = text.replace(character, escape)
    return text


def tell(connection: psycopg.Connection, place: Place, roots: set[str]) -> None:
    """Put roots into the news, once per object that the stream feeds: the next transform maps them."""
    if roots and place.objects:
        connection.execute(
            "insert into platform.news (webshop_id, coupling_id, object, root_key, pull_id)"
            " select %s, %s, fed, root, %s from unnest(%s::text[]) as fed, unnest(%s::text[]) as root",
            [place.webshop_id, place.coupling_id, place.pull_id, list(place.objects), sorted(roots)],
        )


def _storable(
    connection: psycopg.Connection, place: Place, records: list[Landable]
) -> tuple[list[Landable], int]:
    """Return the records that PostgreSQL can store as jsonb; the others go to quarantine."""
    # Only these can be JSON for the decoder and not for jsonb; asking for each record would double the work.
    doubtful = [record for record in records if _is_doubtful(record.raw)]
    if not doubtful:
        return records, 0
    texts = [record.raw.decode("utf-8", "replace").replace("\x00", "") for record in doubtful]
    valid = connection.execute(
        "select pg_input_is_valid(text, 'jsonb') from unnest(%s::text[]) with ordinality as t(text, place) order by place",
        [texts],
    ).fetchall()
    refused = {record.key for record, (good,) in zip(doubtful, valid, strict=True) if not good}
    if refused:
        set_aside(
            connection,
            place.webshop_id,
            place.coupling_id,
            place.stream,
            [
                Unlandable(record.key, "record", "PostgreSQL cannot store it as JSON", text)
                for record, text in zip(doubtful, texts, strict=True)
                if record.key in refused
            ],
        )
    return [record for record in records if record.key not in refused], len(refused)


def _is_doubtful(raw: bytes) -> bool:
    """NUL and lone surrogates are written as escapes; a number outside numeric's range needs a long exponent."""
    return _DOUBTFUL.search(raw) is not None
