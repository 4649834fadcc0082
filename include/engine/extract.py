"""From a stream and what is asked of it to pages of records, each with the position that follows it.

A position is small JSON: {"parent": k, "at": {…}} = go on inside the call for parent k; {"after": k} = go on with
the parent after k; both with "slice" where the endpoint is asked in several calls; END = nothing is left, also of what
follows from the last page.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from include.contract.errors import NotThere
from include.engine import report
from include.engine.client import Client
from include.engine.paging import Call, RawPage, walk
from include.engine.ports import Parents
from include.engine.records import BadRecord, Record, RecordShape, reader
from include.engine.slices import Ask, Slice, TooMany, slices
from include.engine.template import fields, fill, fill_body
from include.spec.call import Single
from include.spec.manifest import Stream
from include.spec.paging import NoPaging
from include.spec.since import ByTime, ByVersion

END = {"end": True}


@dataclasses.dataclass(frozen=True)
class Page:
    """Records of one answer, the position after it, the total if the remote tells, the cursor it leads to."""

    records: list[Record]
    bad: list[BadRecord]
    position: dict[str, Any]
    total: int | None
    cursor: Any
    asked: float = 0.0
    """When it was asked for, by time.monotonic(): what the remote changed later is not in it."""
    absent: tuple[str, ...] = ()
    """Records that were asked for by their ids and are not there."""


def is_wanted(stream: Stream, settings: Mapping[str, Any]) -> bool:
    """Return whether a coupling with these settings pulls the stream at all."""
    return all(settings.get(name) in values for name, values in stream.when.items())


def is_asked(stream: Stream, ask: Ask) -> bool:
    """Return whether the stream has a call for this ask."""
    return ask.mode != "single" or stream.single != "none"


def is_asked_by_id(stream: Stream) -> bool:
    """Return whether the stream's call for a single record names its id."""
    return isinstance(stream.single, Single) and "remote_id" in _named(stream.single)


def wants_parents(stream: Stream, ask: Ask) -> bool:
    """Return whether the stream is called once per parent for this ask."""
    if stream.parent is None:
        return False
    if ask.mode == "single" and isinstance(stream.single, Single):
        return any(name.startswith("parent.") for name in _named(stream.single))
    return True


def is_whole(stream: Stream, ask: Ask) -> bool:
    """Return whether a finished pull with this ask has seen every record that the remote has."""
    unfiltered = ask.mode == "all" and ask.since is None
    return unfiltered and stream.tombstones is None and (stream.parent is None or stream.parent.only == "all")


def pages(
    client: Client, stream: Stream, ask: Ask, position: dict[str, Any] | None, parents: Parents | None
) -> Iterator[Page]:
    """Yield the pages of `stream` from `position` on. Raises an error of the tree."""
    if position == END:
        return
    ask = ask.of(stream)
    position = position or {}
    if ask.remote_ids and is_asked_by_id(stream):
        yield from _one_by_one(client, stream, ask, position, parents)
        return
    parts = slices(stream, ask, client.values, position)
    for part in parts:
        here = position if position.get("slice") == part.name else {}
        tag = {} if part.name is None else {"slice": part.name}
        try:
            if parents is None or not wants_parents(stream, ask):
                if here.get("after") != "":
                    yield from _pages(client, stream, ask, part, [], here.get("at"), tag)
            else:
                yield from _children(client, stream, ask, part, parents, here, tag)
        except TooMany:
            parts.throw(TooMany())


def _one_by_one(
    client: Client, stream: Stream, ask: Ask, position: Mapping[str, Any], parents: Parents | None
) -> Iterator[Page]:
    """Yield the pages of each record that is asked for; one that is not there, or is in the bin, is told as absent."""
    gone = stream.single.gone_when if isinstance(stream.single, Single) else {}
    for number, key in enumerate(ask.remote_ids):
        if number < position.get("record", 0):
            continue
        inside = position.get("inside") if position.get("record") == number else None
        is_there = False
        with contextlib.suppress(NotThere):
            for page in pages(client, stream, Ask(ask.mode, remote_id=key), inside, parents):
                is_there = is_there or bool(page.bad) or any(not gone or not _has(r, gone) for r in page.records)
                yield dataclasses.replace(page, position={"record": number, "inside": page.position})
        if not is_there and inside is None:
            yield Page([], [], {"record": number + 1}, None, None, time.monotonic(), (key,))


def _children(
    client: Client,
    stream: Stream,
    ask: Ask,
    part: Slice,
    parents: Parents,
    here: Mapping[str, Any],
    tag: dict[str, Any],
) -> Iterator[Page]:
    after = here.get("after")
    end = f"_{part.each}"
    # The parents of one marketplace are asked for there, under the id that they have there.
    keys: Iterator[str] = (
        parent.key
        for parent in parents(here.get("parent", after))
        if not (parent.in_each and part.each) or parent.key.endswith(end)
    )
    if "parent" in here:
        keys = itertools.chain([here["parent"]], keys)
    start = here.get("at")
    at_once = stream.parent.batch or 1 if stream.parent else 1
    while batch := list(itertools.islice(keys, at_once)):
        yield from _pages(client, stream, ask, part, batch, start, tag)
        start = None


def _pages(
    client: Client,
    stream: Stream,
    ask: Ask,
    part: Slice,
    parents: list[str],
    start: dict[str, Any] | None,
    tag: dict[str, Any],
) -> Iterator[Page]:
    read = reader(shape_of(stream, _suffix(stream, part)))
    parent = parents[0] if len(parents) == 1 else None
    first_time: datetime | None = None
    asked = time.monotonic()
    for raw in _raw_pages(client, stream, ask, part, parents, start):
        if start is None and part.most is not None and raw.total is not None and raw.total > part.most:
            raise TooMany
        records, bad = read(raw.records, parent)
        first_time = first_time or raw.answer.remote_time
        if raw.next is not None:
            position = {**tag, **({"parent": parents[0]} if parents else {}), "at": raw.next}
        else:
            position = {**tag, "after": parents[-1] if parents else ""}
        total = raw.total if not parents and part.name is None else None
        yield Page(records, [*raw.bad, *bad], position, total, _cursor(stream, records, first_time), asked)
        if stream.report is None:
            # The rows of a report are as old as its order.
            asked = time.monotonic()
        part = dataclasses.replace(part, most=None)


def shape_of(stream: Stream, suffix: str = "") -> RecordShape:
    """Return which fields of the stream's records say who they are."""
    return RecordShape(tuple(stream.key), stream.root, _order_field(stream), tuple(stream.hash_without), suffix)


def _raw_pages(
    client: Client, stream: Stream, ask: Ask, part: Slice, parents: list[str], start: dict[str, Any] | None
) -> Iterator[RawPage]:
    call = call_of(client, stream, ask, part, parents)
    # The call for one record by its id has no pages; asked for the second one, it would answer the record again.
    one = ask.mode == "single" and isinstance(stream.single, Single) and "remote_id" in _named(stream.single)
    if stream.report is not None and not one:
        return report.rows(client, call, stream.report, start)
    return walk(client, call, NoPaging(type="none") if one else stream.paging, start)


def _named(single: Single) -> list[str]:
    return fields(single.path) + fields(single.body) + fields(single.params)


def call_of(client: Client, stream: Stream, ask: Ask, part: Slice, parents: list[str]) -> Call:
    """Return the call that a slice of a stream is, for these parents or the one record that is asked for."""
    asked = [parent.removesuffix(_suffix(stream, part)) for parent in parents]
    values = {**client.values, "parent.keys": asked, "remote_id": part.remote_id or ask.remote_id, "each": part.each}
    values["parent.key"] = asked[0] if asked else None
    single = stream.single if ask.mode == "single" and isinstance(stream.single, Single) else None
    source: Single | Stream = single or stream
    call = Call(
        path=fill(source.path, values, in_path=True),
        params={name: fill(value, values) for name, value in source.params.items()},
        headers={name: fill(value, values) for name, value in stream.headers.items()},
        records=tuple(single.records if single and single.records else stream.records),
        accept=(*stream.empty_status, *(stream.gone_status if parents else ())),
        method=source.method,
        body=fill_body(source.body, values),
        tries=stream.gone_tries,
    )
    return call if single else call.given(dict(part.params))


def _suffix(stream: Stream, part: Slice) -> str:
    """Return what stands behind the keys of a call, so that the same id of another marketplace is another record."""
    return f"_{part.each}" if stream.is_keyed_by_each and part.each else ""


def _order_field(stream: Stream) -> str | None:
    return stream.changed.field if isinstance(stream.changed, ByTime | ByVersion) else None


def _cursor(stream: Stream, records: list[Record], first_time: datetime | None) -> Any:
    """Return the cursor that this page leads to: the highest version seen, else when the remote answered first."""
    if isinstance(stream.changed, ByVersion):
        return max((record.order for record in records if record.order is not None), default=None)
    return first_time.isoformat() if first_time else None


def can_look_up(stream: Stream) -> bool:
    """Return whether a single record of the stream can be asked for by its key alone."""
    names = _named(stream.single) if isinstance(stream.single, Single) else []
    known = ("settings.", "connection.")
    return "remote_id" in names and all(name in ("remote_id", "each") or name.startswith(known) for name in names)


def look_up(client: Client, stream: Stream, key: str) -> list[Record]:
    """Return the record with this key as the remote has it now; empty when it is gone. Raises an error of the tree."""
    try:
        found = [
            record
            for page in pages(client, stream, Ask("single", remote_id=key), None, None)
            for record in page.records
        ]
    except NotThere:
        return []
    gone = stream.single.gone_when if isinstance(stream.single, Single) else {}
    return [record for record in found if not gone or not _has(record, gone)]


def _has(record: Record, wanted: Mapping[str, Any]) -> bool:
    held = msgspec.json.decode(record.raw)
    return all(held.get(name) == value for name, value in wanted.items())


def further(stream: Stream, known: Any, new: Any) -> Any:
    """Return the cursor after another page: versions grow, a start time stays the first one."""
    if isinstance(stream.changed, ByVersion):
        both = [int(value) for value in (known, new) if value is not None]
        return max(both, default=None)
    return known if known is not None else new
