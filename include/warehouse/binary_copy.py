"""Values in PostgreSQL's binary COPY format: no escaping, no parsing of numbers on either side."""

from __future__ import annotations

import struct
from collections.abc import Collection

import msgspec

START = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
END = struct.pack("!h", -1)
_NULL = struct.pack("!i", -1)
_INT4 = struct.Struct("!hiiii").pack
_INT8 = struct.Struct("!iq").pack
_LENGTH = struct.Struct("!i").pack
_JSONB = struct.Struct("!iB").pack
_UUID_LENGTH = _LENGTH(16)
_JSONB_VERSION = 1


def numbers(fields: int, first: int, second: int) -> bytes:
    """Return the head of a row of `fields` values, and its first two as integer."""
    return _INT4(fields, 4, first, 4, second)


def big(number: int | None) -> bytes:
    """Return a bigint."""
    return _NULL if number is None else _INT8(8, number)


def text(value: str) -> bytes:
    """Return a text."""
    data = value.encode()
    return _LENGTH(len(data)) + data


def jsonb(data: bytes) -> bytes:
    """Return JSON text as jsonb."""
    return _JSONB(len(data) + 1, _JSONB_VERSION) + data


def uuid(data: bytes) -> bytes:
    """Return 16 bytes as uuid."""
    return _UUID_LENGTH + data


def as_json(texts: Collection[str]) -> str:
    """Return texts as a JSON list, for `json_array_elements_text`: the driver's own list of texts costs far more."""
    return msgspec.json.encode(list(texts)).decode()
