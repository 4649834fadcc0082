"""The raw documents behind a row: by which streams they came, when each version landed, what the current one says."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from psycopg import sql

from include.spec.load import load_manifest
from include.warehouse.explain_find import Scope

# Their documents name people: buyers, and the accounts among which suppliers are found.
_PERSONAL = {"sell_orders", "buy_orders", "suppliers"}
MOST_DOCUMENTS, MOST_VERSIONS = 50, 10
SHOWN, SHOWN_RAW = 2_000, 20_000


@dataclasses.dataclass(frozen=True)
class Version:
    """One version of a document; `superseded_at` is None for the current one. `size` is in characters."""

    landed_at: datetime
    superseded_at: datetime | None
    gone_at: datetime | None
    pull: str | None
    """Mode and object of the pull that brought it."""
    size: int


@dataclasses.dataclass(frozen=True)
class Document:
    """A landed record: its latest versions, newest first, and the current text, cut, where it may be shown."""

    coupling: str
    stream: str
    record_key: str
    root_key: str
    versions: list[Version]
    kept: int
    """How many versions are kept."""
    payload: str | None
    withheld: str | None
    """Why the text is not shown, or not whole."""


def documents(where: Scope, coupling_id: int, root_key: str, *, raw: bool) -> list[Document]:
    """Return the current records of a root in all streams that make the object, at most 50 of each stream."""
    found = []
    for stream in where.streams(coupling_id):
        query = sql.SQL(
            "select record_key, left(payload::text, %(shown)s) as payload, length(payload::text) as size from {}"
            " where coupling_id = %(coupling)s and root_key = %(root)s and superseded_at is null"
            " order by record_key limit %(most)s"
        ).format(where.landing(coupling_id, stream))
        shown = SHOWN_RAW if raw else SHOWN
        rows = where.rows(query, coupling=coupling_id, root=root_key, shown=shown, most=MOST_DOCUMENTS)
        versions = _versions(where, coupling_id, stream, [row["record_key"] for row in rows])
        personal = not raw and _is_personal(where, coupling_id, stream)
        for row in rows:
            of_record = [version for version in versions if version["record_key"] == row["record_key"]]
            found.append(
                Document(
                    where.couplings[coupling_id][0],
                    stream,
                    row["record_key"],
                    root_key,
                    [_version(version) for version in of_record],
                    of_record[0]["kept"],
                    None if personal else row["payload"],
                    _withheld(row["size"], shown, personal=personal),
                )
            )
    return found


def _is_personal(where: Scope, coupling_id: int, stream: str) -> bool:
    return bool(_PERSONAL & set(load_manifest(where.couplings[coupling_id][1]).feeds(stream)))


def _withheld(size: int, shown: int, *, personal: bool) -> str | None:
    if personal:
        return f"{size} characters, which may hold personal data: shown with --raw"
    return f"{size} characters, cut at {shown}" if size > shown else None


def _versions(where: Scope, coupling_id: int, stream: str, keys: list[str]) -> list[dict[str, Any]]:
    """Return the current version of each record and the latest before it; both parts walk an index."""
    columns = "landed_at, superseded_at, gone_at, pull_id, length(payload::text) as size"
    query = sql.SQL(
        "select keys.record_key, version.*, pulls.object, pulls.mode, 1 + earlier.count as kept"
        " from unnest(%(keys)s::text[]) as keys (record_key)"
        " cross join lateral (select count(*) from {table} where coupling_id = %(coupling)s"
        "  and record_key = keys.record_key and superseded_at is not null) as earlier"
        " cross join lateral ("
        f" (select {columns} from {{table}} where coupling_id = %(coupling)s"
        "   and record_key = keys.record_key and superseded_at is null)"
        "  union all"
        f" (select {columns} from {{table}} where coupling_id = %(coupling)s"
        "   and record_key = keys.record_key and superseded_at is not null order by version_id desc limit %(most)s)"
        " ) as version left join platform.pulls on pulls.id = version.pull_id"
        " order by keys.record_key, version.superseded_at desc nulls first"
    ).format(table=where.landing(coupling_id, stream))
    return where.rows(query, keys=keys, coupling=coupling_id, most=MOST_VERSIONS - 1)


def _version(row: dict[str, Any]) -> Version:
    pull = None if row["object"] is None else f"pull {row['pull_id']} of {row['object']}, mode {row['mode']}"
    return Version(row["landed_at"], row["superseded_at"], row["gone_at"], pull, row["size"])
