"""The calls that a stream is asked in: one, or one per marketplace, day or stretch of time."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from include.contract.errors import Misconfigured
from include.engine.template import fill
from include.spec.manifest import Stream
from include.spec.since import ByDay, ByTime, ByVersion, Windows

_LEAST = timedelta(seconds=2)


@dataclasses.dataclass(frozen=True)
class Ask:
    """What is asked of a stream. `cursor` is where the last successful pull left off, `since` a person's wish."""

    mode: str
    cursor: Any = None
    since: datetime | None = None
    remote_id: str | None = None
    remote_ids: tuple[str, ...] = ()
    """Several records, asked for one after another; one that the remote does not have is told and is no failure."""

    def of(self, stream: Stream) -> Ask:
        """Return the ask as this stream can take it: some have no single call and catch up instead."""
        if self.mode == "single" and stream.single == "changed":
            return Ask("changed", self.cursor)
        return self


@dataclasses.dataclass(frozen=True)
class Slice:
    """One call: its name sorts as the calls follow one another, None where there is only one."""

    name: str | None = None
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    each: str | None = None
    most: int | None = None
    """How many records the endpoint gives out at most; with more, the slice is halved."""
    remote_id: str | None = None
    """The record that is asked for, as this call names it."""


class TooMany(Exception):  # noqa: N818 - a signal between two functions of the engine, no fault
    """A slice holds more records than the endpoint gives out."""


def slices(
    stream: Stream, ask: Ask, values: Mapping[str, Any], position: Mapping[str, Any]
) -> Generator[Slice, None, None]:
    """Yield the calls from `position` on, in the order of their names. Throw TooMany into it to halve the last one.

    Raises Misconfigured where a list that is needed is empty.
    """
    reached = position.get("slice")
    for number, (each, params) in enumerate(_each(stream, ask, values)):
        prefix = "" if stream.each is None else f"{number:03d}|"
        inner = None
        if reached is not None and prefix:
            if reached[:4] > prefix:
                continue
            inner = reached[4:] if reached.startswith(prefix) else None
        elif reached is not None:
            inner = reached
        parts = _in_time(stream, ask, values, inner)
        for part in parts:
            name = f"{prefix}{part.name or ''}" or None
            try:
                key = _without(each, ask, stream)
                yield dataclasses.replace(part, name=name, params={**params, **part.params}, each=each, remote_id=key)
            except TooMany:
                parts.throw(TooMany())
                yield Slice()


def _each(stream: Stream, ask: Ask, values: Mapping[str, Any]) -> list[tuple[str | None, Mapping[str, Any]]]:
    each = stream.each
    if each is None or (ask.mode == "single" and each.calls is not None):
        return [(None, {})]
    if each.calls is not None:
        return [(None, call) for call in each.calls]
    found = values.get(f"settings.{each.setting}")
    if not isinstance(found, list) or not found:
        raise Misconfigured(f"'{each.setting}' is needed and names nothing")
    found = [str(value) for value in found]
    if ask.mode == "single" and each.in_key:
        # The id of a record ends with the call that it came from.
        found = [value for value in found if str(ask.remote_id).endswith(f"_{value}")] or found
    return [(value, {}) for value in found]


def _without(each: str | None, ask: Ask, stream: Stream) -> str | None:
    """Return the id that is asked for without the call's value at its end."""
    if ask.remote_id is None or each is None or not stream.is_keyed_by_each:
        return None
    return ask.remote_id.removesuffix(f"_{each}")


def _in_time(stream: Stream, ask: Ask, values: Mapping[str, Any], reached: str | None) -> Generator[Slice, None, None]:
    """Yield the calls that a stretch of time takes, from the one named `reached` on."""
    how = stream.changed
    since = ask.since or (ask.cursor if ask.mode == "changed" or stream.tombstones else None)
    if ask.mode == "single":
        yield Slice()
    elif isinstance(how, ByVersion):
        number = how.start if since is None or isinstance(since, datetime) else int(since)
        yield Slice(params={how.param: how.template.replace("{since}", str(number))})
    elif isinstance(how, ByTime) and how.windows is not None:
        moment = _moment(since) if since is not None else _beginning(how.windows, values)
        moment -= timedelta(seconds=how.overlap_seconds if since is not None and not ask.since else 0)
        yield from _windows(how, how.windows, moment, reached)
    elif since is None:
        yield Slice()
    elif isinstance(how, ByTime):
        moment = _moment(since) - timedelta(seconds=0 if ask.since else how.overlap_seconds)
        yield Slice(params={how.param: how.template.replace("{since}", written(moment, how)), **how.params})
    elif isinstance(how, ByDay):
        moment = _moment(since) - timedelta(seconds=0 if ask.since else how.overlap_seconds)
        yield from (day for day in _days(how, moment) if reached is None or str(day.name) >= reached)
    else:
        yield Slice()


def _moment(since: Any) -> datetime:
    return since if isinstance(since, datetime) else datetime.fromisoformat(str(since))


def _beginning(windows: Windows, values: Mapping[str, Any]) -> datetime:
    text = fill(windows.first, values)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"'{text}' is no date such as 2015-01-01") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _windows(how: ByTime, windows: Windows, since: datetime, reached: str | None) -> Generator[Slice, None, None]:
    """Yield stretches of `windows.days` up to now, shorter ones where TooMany is thrown; named by both their ends."""
    start, end = since, datetime.now(UTC)
    full = width = timedelta(days=windows.days)
    if reached:
        begun, _, ended = reached.partition("/")
        start = _moment(begun)
        width = (_moment(ended) if ended else end) - start
    while start < end:
        stop = min(start + width, end)
        # The last stretch is open: what happens while it is read belongs to it.
        last = stop == end
        until = {} if last else {windows.param: windows.template.replace("{until}", written(stop, how))}
        params = {how.param: how.template.replace("{since}", written(start, how)), **until, **how.params}
        name = f"{start.astimezone(UTC).isoformat()}/{'' if last else stop.astimezone(UTC).isoformat()}"
        try:
            yield Slice(name, params, most=windows.most if stop - start > _LEAST else None)
        except TooMany:
            width = (stop - start) / 2
            yield Slice()
            continue
        start, width = stop, min(width * 2, full)


def _days(how: ByDay, since: datetime, now: datetime | None = None) -> list[Slice]:
    zone = ZoneInfo(how.time_zone)
    today = (now or datetime.now(UTC)).astimezone(zone).date()
    first = max(since.astimezone(zone).date(), today - timedelta(days=how.back_days))
    days: list[date] = [first + timedelta(days=number) for number in range((today - first).days + 1)]
    return [Slice(day.isoformat(), {how.param: day.isoformat()}) for day in days]


def written(moment: datetime, how: ByTime) -> str:
    """Return a time as the remote reads it, in its zone; in the hour that autumn repeats, the earlier of the two."""
    local = moment.astimezone(ZoneInfo(how.time_zone)).replace(microsecond=0)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local -= timedelta(hours=1)
    forms = {"day": "%Y-%m-%d", "space": "%Y-%m-%d %H:%M:%S"}
    text = local.strftime(forms.get(how.format, "%Y-%m-%dT%H:%M:%S"))
    return text + "Z" if how.format == "iso_utc" else text
