"""Split an answer into records without changing a byte of them: key, root, order and hash of each.

Numbers never pass through floats: a record stays the text that the remote sent (invariant 1).
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from include.contract.errors import UnexpectedResponse

EXACT_DATE = ("/Date(", ")/")
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])
_raw_dict = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """One record of a page: `raw` is its JSON as received, `order` the remote's own version or change time."""

    key: str
    root: str
    raw: bytes
    order: Decimal | None
    digest: str


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


def split(body: bytes, paths: Sequence[str], where: str) -> list[msgspec.Raw]:
    """Return the raw records at the first of `paths` that the answer has ("" = the answer itself).

    A mapping there counts as one record, an absent member as none (bol.com answers `{}` past the end).
    Raises UnexpectedResponse naming `where` when the answer is no JSON.
    """
    try:
        for path in paths:
            found = dig(msgspec.Raw(body), path)
            if found is not None:
                text = bytes(found).lstrip()[:1]
                if text == b"[":
                    return _raw_list.decode(found)
                if text == b"{":
                    return [found]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedResponse(f"{where} answered no JSON ({_what(body)}): {error}") from None
    return []


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
    """Return the text at a dotted path of an answer, None where it is absent or null."""
    try:
        found = dig(msgspec.Raw(body), path)
        value = None if found is None else msgspec.json.decode(found)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedResponse(f"{where} answered no JSON ({_what(body)}): {error}") from None
    return value if isinstance(value, str) and value else None


def _what(body: bytes) -> str:
    start = body.lstrip()[:1]
    if start == b"<":
        return "HTML or XML"
    return "empty" if not start else "truncated or broken JSON"


@functools.cache
def reader(shape: RecordShape) -> Callable[[Sequence[msgspec.Raw], str | None], tuple[list[Record], list[BadRecord]]]:
    """Return a function that turns raw records (and the parent's key) into records and bad records."""
    fields = sorted({*shape.key, *filter(None, [shape.root if shape.root != "parent" else None, shape.order])})
    struct = msgspec.defstruct(
        "Fields",
        [(f"f{place}", Any, None) for place in range(len(fields))],
        rename=dict(zip((f"f{place}" for place in range(len(fields))), fields, strict=True)),
    )
    decoder = msgspec.json.Decoder(struct, float_hook=Decimal)
    place = {name: f"f{number}" for number, name in enumerate(fields)}

    def read(raws: Sequence[msgspec.Raw], parent: str | None = None) -> tuple[list[Record], list[BadRecord]]:
        records: list[Record] = []
        bad: list[BadRecord] = []
        for raw in raws:
            data = bytes(raw)
            try:
                found = decoder.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                bad.append(BadRecord("record", "is not a JSON object", data))
                continue
            key = _key([getattr(found, place[name]) for name in shape.key])
            if key is None:
                bad.append(BadRecord(" + ".join(shape.key), "record without id", data))
                continue
            root = parent if shape.root == "parent" else key
            if shape.root and shape.root != "parent":
                root = _key([getattr(found, place[shape.root])])
            if root is None:
                bad.append(BadRecord(str(shape.root), "record does not say what it belongs to", data))
                continue
            order = as_order(getattr(found, place[shape.order])) if shape.order else None
            records.append(Record(key, root, data, order, _digest(data, shape.hash_without)))
        return records, bad

    return read


def _key(parts: list[Any]) -> str | None:
    """Join the parts of a key; None where one is missing, empty, or nothing a key can be."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, str | int | Decimal):
            return None
        text = str(part).strip()
        if text.lower() in ("", "nan", "none", "null") or len(text) > 255 or "\x00" in text:
            return None
        texts.append(text)
    return "_".join(texts)


def as_order(value: Any) -> Decimal | None:
    """Turn a row version or a change time into a number that grows; None where it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    text = str(value).strip()
    if text.startswith(EXACT_DATE[0]):
        text = text.removeprefix(EXACT_DATE[0]).removesuffix(EXACT_DATE[1])
        return Decimal(text) / 1000 if text.lstrip("-").isdigit() else None
    if text.isdigit():
        return Decimal(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Decimal(str((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))


def _digest(raw: bytes, without: tuple[str, ...]) -> str:
    """Return 128 bits of hash as hex; `without` names volatile fields that do not make a change."""
    if without:
        fields = _raw_dict.decode(raw)
        raw = b"\n".join(name.encode() + bytes(fields[name]) for name in sorted(fields) if name not in without)
    return hashlib.blake2b(raw, digest_size=16).hexdigest()
