"""Land the records that events bring themselves, and mark the events as done in the same transaction.

Only where the record alone is the whole truth and says how old it is: a stream whose records tell their own change
time or version, with no further call per record. Everything else is asked for by its id.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from include.engine import extract
from include.engine.records import Record, reader
from include.spec.load import CouplingConfig
from include.sync.stream import place_of
from include.warehouse import inbox, pulls
from include.warehouse.inbox import Waiting
from include.warehouse.landing import land
from include.warehouse.pulls import Origin, Passed, Wish
from include.warehouse.registry import CouplingId

# Of two versions with one change time nobody knows the newer. A day is longer than any delivery takes.
_AGE_SECONDS = 86_400.0


@dataclasses.dataclass(frozen=True)
class Landed:
    """What became of events that brought their records."""

    pull_id: int | None
    done: int
    to_ask: int
    """Events whose record has to be asked for after all: they wait on."""


def is_whole(config: CouplingConfig, name: str, stream: str) -> bool:
    """Return whether a record of the stream, as an event brings it, needs no further call."""
    known = config.manifest.streams
    spec, shape = known[stream], extract.shape_of(known[stream])
    others = (known[other] for other in config.manifest.objects[name].streams if other != stream)  # type: ignore[index]
    has_children = any(
        other.parent is not None and other.parent.stream == stream and extract.is_wanted(other, config.settings)
        for other in others
    )
    return shape.order is not None and shape.root is None and not spec.is_keyed_by_each and not has_children


def land_records(
    connection: psycopg.Connection,
    config: CouplingConfig,
    ids: CouplingId,
    name: str,
    events: Sequence[Waiting],
    origin: Origin | None = None,
) -> Landed:
    """Land what the events of one stream bring, never over newer; call outside a transaction."""
    stream = str(events[0].stream)
    told, to_ask = _records(config, name, stream, events)
    with connection.transaction():
        pull_id = None
        if told:
            pull_id, overtaken = _land(connection, config, ids, name, stream, list(told), origin)
            to_ask += [event for record, found in told.items() if record.key in overtaken for event in found]
        asked = {event.id for event in to_ask}
        inbox.without_record(connection, list(asked))
        landed = [event.id for event in events if event.id not in asked]
        inbox.done(connection, landed, pull_id)
    return Landed(pull_id, len(landed), len(asked))


def _records(
    config: CouplingConfig, name: str, stream: str, events: Sequence[Waiting]
) -> tuple[dict[Record, list[Waiting]], list[Waiting]]:
    """Return the newest record of each key with all its events, and the events that do not tell which is newest."""
    if not is_whole(config, name, stream):
        return {}, list(events)
    read = reader(extract.shape_of(config.manifest.streams[stream]))
    by_key: dict[str, list[tuple[Record, Waiting]]] = {}
    to_ask: list[Waiting] = []
    for event in events:
        records, _ = read([msgspec.Raw(event.record or b"")], None)
        if records and records[0].order is not None:
            by_key.setdefault(records[0].key, []).append((records[0], event))
        else:
            to_ask.append(event)
    told: dict[Record, list[Waiting]] = {}
    for found in by_key.values():
        newest = max(record.order or 0 for record, _ in found)
        candidates = {record.digest: record for record, _ in found if record.order == newest}
        if len(candidates) == 1:
            told[next(iter(candidates.values()))] = [event for _, event in found]
        else:
            to_ask += [event for _, event in found]
    return told, to_ask


def _land(
    connection: psycopg.Connection,
    config: CouplingConfig,
    ids: CouplingId,
    name: str,
    stream: str,
    records: list[Any],
    origin: Origin | None,
) -> tuple[int, set[str]]:
    """Land records as a pull of mode `webhook`; return its number and the keys that have to be asked for."""
    pull_id, _ = pulls.begin(connection, ids, Wish(config.name, name, "webhook", origin=origin))
    pulls.state(connection, pull_id, stream)
    counts, _ = land(connection, place_of(config, ids, pull_id, stream), records, _AGE_SECONDS)
    passed = Passed(1, 1, extract.END, None, None, None, None)
    pulls.checkpoint(connection, pull_id, stream, counts, passed)
    pulls.succeed(connection, pull_id)
    return pull_id, set(counts.overtaken)
