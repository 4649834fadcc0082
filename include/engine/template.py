"""Fill `{settings.x}`, `{connection.host}`, `{parent.key}`, `{since}` and `{remote_id}` into a manifest's texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from include.contract.errors import Misconfigured

_FIELD = re.compile(r"\{([a-z_.A-Z0-9]+)(?:\|([^{}]*))?\}")


def fill(template: str, values: Mapping[str, Any], *, in_path: bool = False) -> str:
    """Return `template` with every field filled; `{a|b}` falls back to the text b. In a path values are quoted.

    Raises Misconfigured naming the field that has no value.
    """

    def value_of(match: re.Match[str]) -> str:
        name, fallback = match[1], match[2]
        value = values.get(name)
        if value in (None, ""):
            if fallback is None:
                raise Misconfigured(f"'{name}' is needed for '{template}' and is not set")
            value = fallback
        if not in_path:
            return str(value)
        # A remote id may hold anything; it must not climb out of the path it is put into. Dots stay dots when quoted.
        if str(value) in (".", ".."):
            raise Misconfigured(f"'{value}' cannot be '{name}' in '{template}'")
        return quote(str(value), safe="-_.~")

    return _FIELD.sub(value_of, template)


def fields(template: str) -> list[str]:
    """Return the names of the fields in `template`."""
    return [match[0] for match in _FIELD.findall(template)]
