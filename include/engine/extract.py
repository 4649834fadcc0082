"""From a stream and what is asked of it to pages of records, each with the position that follows it.

A position is small JSON: {"parent": k, "at": {…}} = go on inside the call for parent k; {"after": k} = go on with
the parent after k; both with "slice" where the endpoint is asked day by day; END = nothing is left, also of what
follows from the last page.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from include.contract.errors import NotThere
from include.engine.client import Client
from include.engine.paging import Call, walk
from include.engine.ports import Parents
from include.engine.records import BadRecord, Record, RecordShape, reader
from include.engine.template import fields, fill
from include.spec.manifest import Single, Stream
from include.spec.paging import NoPaging
from include.spec.since import ByDay, ByTime, ByVersion

END = {"end": True}


@dataclasses.dataclass(frozen=True)
class Ask:
    """What is asked of a stream. `cursor` is where the last successful pull left off, `since` a person's wish."""

    mode: str
    cursor: Any = None
    since: datetime | None = None
    remote_id: str | None = None

    def of(self, stream: Stream) -> Ask:
        """Return the ask as this stream can take it: some have no single call and catch up instead."""
        if self.mode == "single" and stream.single == "changed":
            return Ask("changed", self.cursor)
        return self


@dataclasses.dataclass(frozen=True)
class Page:
    """Records of one answer, the position after it, the total if the remote tells, the cursor it leads to."""

    records: list[Record]
    bad: list[BadRecord]
    position: dict[str, Any]
    total: int | None
    cursor: Any


def is_asked(stream: Stream, ask: Ask) -> bool:
    """Return whether the stream has a call for this ask."""
    return ask.mode != "single" or stream.single != "none"


def wants_parents(stream: Stream, ask: Ask) -> bool:
    """Return whether the stream is called once per parent for this ask."""
    if stream.parent is None:
        return False
    if ask.mode == "single" and isinstance(stream.single, Single):
        return any(name.startswith("parent.") for name in fields(stream.single.path))
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
    slices = _slices(stream, ask)
    for part in slices:
        if "slice" in position and part.name is not None and part.name < position["slice"]:
            continue
        here = position if position.get("slice") == part.name else {}
        tag = {} if part.name is None else {"slice": part.name}
        if parents is None or not wants_parents(stream, ask):
            if here.get("after") != "":
                yield from _pages(client, stream, ask, part, None, here.get("at"), tag)
        else:
            yield from _children(client, stream, ask, part, parents, here, tag)


def _children(
    client: Client,
    stream: Stream,
    ask: Ask,
    part: _Slice,
    parents: Parents,
    here: Mapping[str, Any],
    tag: dict[str, Any],
) -> Iterator[Page]:
    after = here.get("after")
    keys: Iterator[str] = (parent.key for parent in parents(here.get("parent", after)))
    if "parent" in here:
        keys = itertools.chain([here["parent"]], keys)
    start = here.get("at")
    for key in keys:
        yield from _pages(client, stream, ask, part, key, start, tag)
        start = None


@dataclasses.dataclass(frozen=True)
class _Slice:
    name: str | None
    params: Mapping[str, str]


def _pages(
    client: Client,
    stream: Stream,
    ask: Ask,
    part: _Slice,
    parent: str | None,
    start: dict[str, Any] | None,
    tag: dict[str, Any],
) -> Iterator[Page]:
    shape = RecordShape(tuple(stream.key), stream.root, _order_field(stream), tuple(stream.hash_without))
    read = reader(shape)
    first_time: datetime | None = None
    # The call for one record by its id has no pages; asked for the second one, it would answer the record again.
    one = ask.mode == "single" and isinstance(stream.single, Single) and "remote_id" in fields(stream.single.path)
    paging = NoPaging(type="none") if one else stream.paging
    for raw in walk(client, _call(client, stream, ask, part, parent), paging, start):
        records, bad = read(raw.records, parent)
        first_time = first_time or raw.answer.remote_time
        if raw.next is not None:
            position = {**tag, **({"parent": parent} if parent is not None else {}), "at": raw.next}
        else:
            position = {**tag, "after": parent or ""}
        total = raw.total if parent is None and part.name is None else None
        yield Page(records, bad, position, total, _cursor(stream, records, first_time))


def _call(client: Client, stream: Stream, ask: Ask, part: _Slice, parent: str | None) -> Call:
    values = {**client.values, "parent.key": parent, "remote_id": ask.remote_id}
    single = stream.single if ask.mode == "single" and isinstance(stream.single, Single) else None
    params = {} if single else {**stream.params, **part.params}
    params |= single.params if single else {}
    records = single.records if single and single.records else stream.records
    return Call(
        path=fill(single.path if single else stream.path, values, in_path=True),
        params={name: fill(value, values) for name, value in params.items()},
        headers={name: fill(value, values) for name, value in stream.headers.items()},
        records=tuple(records),
        accept=tuple(stream.gone_status) if parent is not None else (),
    )


def _order_field(stream: Stream) -> str | None:
    return stream.changed.field if isinstance(stream.changed, ByTime | ByVersion) else None


def _slices(stream: Stream, ask: Ask) -> list[_Slice]:
    """Return the calls that a stream is asked in: one, or one a day."""
    how = stream.changed
    if ask.mode == "single":
        return [_Slice(None, {})]
    since = ask.since or (ask.cursor if ask.mode == "changed" or stream.tombstones else None)
    if isinstance(how, ByVersion):
        number = how.start if since is None or isinstance(since, datetime) else int(since)
        return [_Slice(None, {how.param: how.template.replace("{since}", str(number))})]
    if since is None:
        return [_Slice(None, {})]
    moment = since if isinstance(since, datetime) else datetime.fromisoformat(str(since))
    if isinstance(how, ByTime):
        moment -= timedelta(seconds=0 if ask.since else how.overlap_seconds)
        return [_Slice(None, {how.param: how.template.replace("{since}", _written(moment, how)), **how.params})]
    if isinstance(how, ByDay):
        return _days(how, moment if ask.since else moment - timedelta(seconds=how.overlap_seconds))
    return [_Slice(None, {})]


def _days(how: ByDay, since: datetime, now: datetime | None = None) -> list[_Slice]:
    zone = ZoneInfo(how.time_zone)
    today = (now or datetime.now(UTC)).astimezone(zone).date()
    first = max(since.astimezone(zone).date(), today - timedelta(days=how.back_days))
    days: list[date] = [first + timedelta(days=number) for number in range((today - first).days + 1)]
    return [_Slice(day.isoformat(), {how.param: day.isoformat()}) for day in days]


def _written(moment: datetime, how: ByTime) -> str:
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text if how.format == "iso_no_zone" else text + "Z"


def _cursor(stream: Stream, records: list[Record], first_time: datetime | None) -> Any:
    """Return the cursor that this page leads to: the highest version seen, else when the remote answered first."""
    if isinstance(stream.changed, ByVersion):
        return max((record.order for record in records if record.order is not None), default=None)
    return first_time.isoformat() if first_time else None


def can_look_up(stream: Stream) -> bool:
    """Return whether a single record of the stream can be asked for by its key alone."""
    return isinstance(stream.single, Single) and fields(stream.single.path) == ["remote_id"]


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
