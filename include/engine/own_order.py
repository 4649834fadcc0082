"""Read orders of ours on the remote: by our reference, by their id, and their lines. Reading may be repeated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from include.engine.client import Client
from include.engine.compose import EXACT, compose
from include.engine.paging import Call, walk
from include.engine.slices import written
from include.engine.template import fill
from include.spec.push import BuyOrderPush, Lines, Reading


@dataclasses.dataclass(frozen=True)
class RemoteLine:
    """A line as the remote tells it."""

    id: str
    product: str
    pieces: Decimal | None = None
    """How many pieces it orders, where the manifest says which field tells."""


@dataclasses.dataclass(frozen=True)
class RemoteOrder:
    """An order as the remote tells it; `lines` is None where they have to be asked for."""

    id: str
    number: str | None
    record: Mapping[str, Any]
    lines: list[RemoteLine] | None

    def says(self, done: Mapping[str, Sequence[Any]]) -> bool:
        """Return whether it holds one of the values named for each field; never where none are named."""
        return bool(done) and all(at(self.record, path) in values for path, values in done.items())


def find(client: Client, push: BuyOrderPush, values: Mapping[str, Any], by: str, since: datetime) -> list[RemoteOrder]:
    """Return the orders whose field `by` holds exactly the `reference` of `values`. Raises an error of the tree."""
    how = push.find
    call = _call(how, values)
    if how.since is not None:
        moment = since - timedelta(seconds=how.since.overlap_seconds)
        text = how.since.template.replace("{since}", written(moment, how.since))
        call = call.given({how.since.param: text, **how.since.params})
    wanted = _as_compared(values["reference"])
    found = {
        order.id: order
        for record in _records(client, how, call)
        if _as_compared(at(record, by)) == wanted and (order := order_of(push, record)) is not None
    }
    return list(found.values())


def read(client: Client, push: BuyOrderPush, values: Mapping[str, Any]) -> RemoteOrder | None:
    """Return the order `remote_id` of `values`, None where the answer holds none. Raises an error of the tree."""
    found = list(records(client, push.read, values))
    return order_of(push, found[0]) if found else None


def lines(client: Client, push: BuyOrderPush, values: Mapping[str, Any]) -> list[RemoteLine]:
    """Return the lines of the order `remote_id` of `values`. Raises an error of the tree."""
    how = push.read.lines
    if how.call is not None:
        return _lines(how, list(records(client, how.call, values)))
    order = read(client, push, values)
    return order.lines or [] if order is not None else []


def records(client: Client, how: Reading, values: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what a call answers, with exact decimals. Raises an error of the tree."""
    return _records(client, how, _call(how, values))


def order_of(push: BuyOrderPush, record: Any) -> RemoteOrder | None:
    """Return what a record says; None where it is no order with an id."""
    identity = text(at(record, push.id))
    if identity is None:
        return None
    inside = None if push.read.lines.at is None else at(record, push.read.lines.at)
    inside = [inside] if push.read.lines.at == "" else inside
    told = _lines(push.read.lines, inside) if isinstance(inside, list) else None
    return RemoteOrder(identity, text(at(record, push.number)) if push.number else None, record, told)


def answered(body: bytes, paths: Sequence[str]) -> Any:
    """Return the record at the first of `paths` that an answer has; None where there is none, or it is no JSON."""
    try:
        whole = EXACT.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    found = (at(whole, path) for path in paths)
    return next((one for one in found if isinstance(one, Mapping)), None)


def at(record: Any, path: str) -> Any:
    """Return the value at a dotted path, None where a step is absent or no mapping; the empty path is the record."""
    for step in filter(None, path.split(".")):
        record = record.get(step) if isinstance(record, Mapping) else None
    return record


def text(value: Any) -> str | None:
    """Return an id or number as a text, None where there is none."""
    return None if value is None or isinstance(value, bool | list | dict) or value == "" else str(value)


def number(value: Any) -> Decimal | None:
    """Return a number exactly; None for what is none, such as an empty text or false."""
    if not isinstance(value, int | float | str | Decimal) or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _as_compared(value: Any) -> str | None:
    """Return a reference as it is compared: whole, blanks around it and capitals aside."""
    return None if value is None else str(value).strip().casefold()


def _lines(how: Lines, records: Sequence[Any]) -> list[RemoteLine]:
    told = (
        (_identity(record, how.id), text(at(record, how.product)), number(at(record, how.pieces or "")))
        for record in records
    )
    return [RemoteLine(identity, product, pieces) for identity, product, pieces in told if identity and product]


def _identity(record: Any, fields: str) -> str | None:
    parts = [text(at(record, field)) for field in fields.split("+")]
    return "_".join(map(str, parts)) if all(parts) else None


def _call(how: Reading, values: Mapping[str, Any]) -> Call:
    return Call(
        path=fill(how.path, values, in_path=True),
        params={name: fill(value, values) for name, value in how.params.items()},
        headers={name: fill(value, values) for name, value in how.headers.items()},
        records=tuple(how.records),
        method=how.method,
        body=compose(how.body, values) if how.body is not None else None,
    )


def _records(client: Client, how: Reading, call: Call) -> Iterator[Any]:
    for page in walk(client, call, how.paging, None):
        for raw in page.records:
            yield EXACT.decode(raw)
