"""Read members of an event's body; a member keeps the bytes in which it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_value = msgspec.json.Decoder(float_hook=Decimal)


def part(body: bytes, path: str) -> bytes | None:
    """Return the bytes of the value at a dotted path as they were sent; None where it is absent.

    Raises ValueError where the body is no JSON. Of a member that stands twice the last one counts, here as everywhere.
    """
    found = body
    for step in filter(None, path.split(".")):
        if found.lstrip()[:1] != b"{":
            return None
        inside = _members.decode(found).get(step)
        if inside is None:
            return None
        found = bytes(inside)
    return found


def value(body: bytes, path: str) -> Any:
    """Return the value at a dotted path, None where it is absent. Raises ValueError where the body is no JSON."""
    found = part(body, path)
    return None if found is None else _value.decode(found)


def text(body: bytes, path: str) -> str | None:
    """Return a text, or a whole number as text; None where nothing of the kind stands there, or it is empty or 0."""
    found = value(body, path)
    if type(found) is int:
        return str(found) if found else None
    return found.strip() or None if isinstance(found, str) else None


def header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header, whichever way its name is written; None where it is absent."""
    wanted = name.lower()
    for known, given in headers.items():
        if known.lower() == wanted:
            return given
    return None
