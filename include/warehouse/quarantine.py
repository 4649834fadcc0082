"""Records that could not be landed at all: kept as text, with field and reason, once each."""

from __future__ import annotations

import dataclasses
import hashlib

import psycopg
from psycopg.types.json import Jsonb

from include.spec.tables import TABLES


@dataclasses.dataclass(frozen=True)
class Unlandable:
    """A record that has no row in a landing table; `key` is None where it has none, `raw` its text as received."""

    key: str | None
    field: str
    reason: str
    raw: str


def set_aside(
    connection: psycopg.Connection, webshop_id: int, coupling_id: int, stream: str, records: list[Unlandable]
) -> None:
    """Put records into quarantine; a record seen before counts another attempt."""
    for record in records:
        # Without an id the text itself says which record it is, so that a repeated pull adds no second row.
        remote_id = record.key or "unknown-" + hashlib.sha256(record.raw.encode()).hexdigest()[:16]
        connection.execute(
            "insert into platform.quarantine"
            " (webshop_id, coupling_id, object, remote_id, field, reason, severity, raw)"
            " values (%s, %s, %s, %s, %s, %s, 'blocked', %s)"
            " on conflict (coupling_id, object, remote_id, field, reason) do update"
            " set last_seen_at = now(), attempts = quarantine.attempts + 1, resolved_at = null, raw = excluded.raw",
            [webshop_id, coupling_id, stream, remote_id, record.field, record.reason, record.raw.replace("\x00", "")],
        )


def resolve_unseen(connection: psycopg.Connection, coupling_id: int, stream: str, since: object) -> int:
    """Resolve a stream's unlandable records that a whole pull, begun at `since`, did not meet again."""
    result = connection.execute(
        "update platform.quarantine set resolved_at = now() where coupling_id = %s and object = %s"
        " and root_key is null and resolved_at is null and last_seen_at < %s",
        [coupling_id, stream, since],
    )
    return result.rowcount


# The records of the groups that these ids belong to: same object, field and reason, whatever came to them since.
_GROUP = (
    "select q.* from platform.quarantine q where q.coupling_id = %(coupling)s and q.resolved_at is null and exists ("
    " select from platform.quarantine g where g.id = any(%(ids)s) and g.coupling_id = q.coupling_id"
    " and (g.object, g.field, g.reason, g.severity, g.waiting) = (q.object, q.field, q.reason, q.severity, q.waiting))"
)


def map_again(connection: psycopg.Connection, coupling_id: int, ids: list[int]) -> int:
    """Put the records of these groups into the news, to be mapped anew; return how many roots.

    Records that could not be landed have no root: a pull brings them again.
    """
    objects = {table: name for name, tables in TABLES.items() for table in tables}
    return connection.execute(
        "insert into platform.news (webshop_id, coupling_id, object, root_key)"
        f" select distinct webshop_id, coupling_id, %(objects)s::jsonb ->> object, root_key from ({_GROUP}) as aside"
        " where root_key is not null and %(objects)s::jsonb ? object",
        {"coupling": coupling_id, "ids": ids, "objects": Jsonb(objects)},
    ).rowcount


def dismiss(connection: psycopg.Connection, coupling_id: int, ids: list[int]) -> int:
    """Take the records of these groups off the list; return how many. Still wrong, they are on it when next mapped."""
    return connection.execute(
        f"update platform.quarantine set resolved_at = now() where id in (select id from ({_GROUP}) as aside)",
        {"coupling": coupling_id, "ids": ids},
    ).rowcount
