"""Records that could not be landed at all: kept as text, with field and reason, once each."""

from __future__ import annotations

import dataclasses
import hashlib

import psycopg


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
