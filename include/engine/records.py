"""Split an answer into records without changing a byte of them: key, root, order and hash of each.

Numbers never pass through floats: a record stays the text that the remote sent (invariant 1).
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from include.contract.errors import UnexpectedResponse

EXACT_DATE = ("/Date(", ")/")
# What PostgreSQL's bigint holds; also keeps int() away from 1E999999999, which would fill the memory.
_LARGEST_ORDER = 10**18
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_raw_any = msgspec.json.Decoder(msgspec.Raw)
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])
_raw_dict = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record of a page: `raw` is its JSON as received, `order` the remote's own version, or change time in µs."""

    key: str
    root: str
    raw: bytes
    order: int | None
    digest: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that cannot be landed, with the field and reason; it goes to quarantine."""

    field: str
    reason: str
    raw: bytes


@dataclasses.dataclass(frozen=True)
class RecordShape:
    """Which fields of a stream's records say who they are."""

    key: tuple[str, ...]
    root: str | None = None
    order: str | None = None
    hash_without: tuple[str, ...] = ()
    suffix: str = ""
    """What stands behind each key and root of this call, so that the same id of another call is another record."""


def split(body: bytes, paths: Sequence[str], where: str, *, may_lack: bool = False) -> list[msgspec.Raw]:
    """Return the raw records at the first of `paths` that the answer has ("" = the answer itself).

    A mapping there counts as one record. Raises UnexpectedResponse naming `where` when the answer is no JSON or has
    no records: taken for an empty last page it would end a pull early, and what was not seen would be deleted.
    `may_lack`: an empty mapping is how this endpoint says that nothing is left (bol.com answers `{}` past the end).
    """
    try:
        _raw_any.decode(body)
        for path in paths:
            found = dig(msgspec.Raw(body), path)
            if found is not None:
                text = bytes(found).lstrip()[:1]
                if text == b"[":
                    return _raw_list.decode(found)
                if text == b"{" and not (may_lack and not _raw_dict.decode(found)):
                    return [found]
        if may_lack and bytes(body).lstrip()[:1] == b"{" and not _raw_dict.decode(body):
            return []
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedResponse(f"{where} answered no JSON ({_what(body)}): {error}") from None
    raise UnexpectedResponse(f"{where} answered JSON without records at {' or '.join(map(repr, paths))}")


def dig(raw: msgspec.Raw, path: str) -> msgspec.Raw | None:
    """Return the value at a dotted path, None where a step is absent or no mapping."""
    for step in filter(None, path.split(".")):
        if bytes(raw).lstrip()[:1] != b"{":
            return None
        inside = _raw_dict.decode(raw)
        if step not in inside:
            return None
        raw = inside[step]
    return raw


def text_at(body: bytes, path: str, where: str) -> str | None:
    """Return the text at a dotted path of an answer, None where it is absent, null or empty.

    Raises UnexpectedResponse when something else than a text stands there.
    """
    try:
        found = dig(msgspec.Raw(body), path)
        value = None if found is None else msgspec.json.decode(found)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedResponse(f"{where} answered no JSON ({_what(body)}): {error}") from None
    if value is not None and not isinstance(value, str):
        raise UnexpectedResponse(f"{where} answered {type(value).__name__} at '{path}' where a text belongs")
    return value or None


def _what(body: bytes) -> str:
    start = body.lstrip()[:1]
    if start == b"<":
        return "HTML or XML"
    return "empty" if not start else "truncated or broken JSON"


Reader = Callable[[Sequence[msgspec.Raw], str | None], tuple[list[Record], list[BadRecord]]]


@functools.cache
def reader(shape: RecordShape) -> Reader:
    """Return a function that turns raw records (and the parent's key) into records and bad records."""
    own_root = shape.root if shape.root != "parent" else None
    values = _values([*shape.key, own_root or shape.key[0], shape.order or shape.key[0]])

    def read(raws: Sequence[msgspec.Raw], parent: str | None) -> tuple[list[Record], list[BadRecord]]:
        records: list[Record] = []
        bad: list[BadRecord] = []
        for raw in raws:
            data = bytes(raw)
            try:
                *keys, root_value, order_value = values(data, parent)
                # msgspec skips over fields that nobody asked for; PostgreSQL will not.
                data.decode()
            except (msgspec.DecodeError, UnicodeDecodeError):
                bad.append(BadRecord("record", "is not a JSON object", data))
                continue
            key = _key(keys[0]) if len(keys) == 1 else _joined(keys)
            if key is None:
                bad.append(BadRecord(" + ".join(shape.key), "record without id", data))
                continue
            key += shape.suffix
            root = parent if shape.root == "parent" else (_key(root_value) if own_root else key)
            if root is None:
                bad.append(BadRecord(str(shape.root), "record does not say what it belongs to", data))
                continue
            order = as_order(order_value) if shape.order else None
            records.append(Record(key, root, data, order, _digest(data, shape.hash_without)))
        return records, bad

    return read


def _values(paths: list[str]) -> Callable[[bytes, str | None], list[Any]]:
    """Return a function from a record and its parent's key to the values at dotted paths; `parent` is that key."""
    firsts = [path.partition(".")[0] for path in paths]
    names = sorted(set(firsts))
    attributes = {name: f"f{place}" for place, name in enumerate(names)}
    struct = msgspec.defstruct(
        "Fields",
        [(attribute, Any, None) for attribute in attributes.values()],
        rename={a: n for n, a in attributes.items()},
    )
    decode = msgspec.json.Decoder(struct, float_hook=Decimal).decode
    found = operator.attrgetter(*(attributes[name] for name in firsts))
    deeper = [(place, path.split(".")[1:]) for place, path in enumerate(paths) if "." in path]
    parents = [place for place, path in enumerate(paths) if path == "parent"]

    def values(data: bytes, parent: str | None) -> list[Any]:
        held = list(found(decode(data)))
        for place, steps in deeper:
            for step in steps:
                held[place] = _step(held[place], step)
        for place in parents:
            held[place] = parent
        return held

    return values


def _step(value: Any, step: str) -> Any:
    """Return the member of a mapping, or the element of a list by its number; None where there is none."""
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return None


def _joined(parts: list[Any]) -> str | None:
    """Join the parts of a key that takes several fields; None where one is missing."""
    texts = [_key(part) for part in parts]
    return None if None in texts else "_".join(filter(None, texts))


def _key(part: Any) -> str | None:
    """Return a key as text; None where it is missing, empty, or nothing a key can be."""
    if type(part) is int:
        return str(part)
    if isinstance(part, bool) or not isinstance(part, str | Decimal):
        return None
    text = str(part).strip()
    if len(text) > 255 or "\x00" in text or (len(text) <= 4 and text.lower() in ("", "nan", "none", "null")):
        return None
    return text


def as_order(value: Any) -> int | None:
    """Turn a row version, or a change time (into µs since 1970), into a number that grows; None where it is neither."""
    if isinstance(value, str):
        return _order_of_text(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return int(value) if -_LARGEST_ORDER < value < _LARGEST_ORDER else None


def _order_of_text(text: str) -> int | None:
    if text.startswith(EXACT_DATE[0]):
        text = text.removeprefix(EXACT_DATE[0]).removesuffix(EXACT_DATE[1])
        return int(text) * 1000 if _INTEGER.fullmatch(text) else None
    if _INTEGER.fullmatch(text):
        return int(text)
    moment = _moment(text)
    if moment is None:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def _moment(text: str) -> datetime | None:
    """Return a time in ISO-8601, or as mails write it: Wed, 20 May 2026 08:00:00 +0000."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with contextlib.suppress(ValueError):
            return read(text)
    return None


def _digest(raw: bytes, without: tuple[str, ...]) -> bytes:
    """Return 128 bits of hash; `without` names volatile fields that do not make a change."""
    if without:
        fields = _raw_dict.decode(raw)
        raw = b"\n".join(name.encode() + bytes(fields[name]) for name in sorted(fields) if name not in without)
    return hashlib.blake2b(raw, digest_size=16).digest()
