"""Fill `{settings.x}`, `{connection.host}`, `{parent.key}`, `{since}` and `{remote_id}` into a manifest's texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from include.contract.errors import Misconfigured

_FIELD = re.compile(r"\{([a-z_.A-Z0-9]+)(?:\|([^{}]*))?\}")
_NUMBER = re.compile(r"\{int:([a-z_.A-Z0-9]+)\}")


def fill(template: str, values: Mapping[str, Any], *, in_path: bool = False, empty: bool = False) -> str:
    """Return `template` with every field filled; `{a|b}` falls back to the text b. In a path values are quoted.

    A list is written with commas. `empty`: a field may be an empty text. Raises Misconfigured naming the field that has
    no value.
    """

    def value_of(match: re.Match[str]) -> str:
        name, fallback = match[1], match[2]
        value = values.get(name)
        if value in (None, "", []):
            if fallback is None and not (empty and value == ""):
                raise Misconfigured(f"'{name}' is needed for '{template}' and is not set")
            value = fallback or ""
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        if not in_path:
            return text
        # A remote id may hold anything; it must not climb out of the path it is put into. Dots stay dots when quoted.
        if text in (".", ".."):
            raise Misconfigured(f"'{text}' cannot be '{name}' in '{template}'")
        return quote(text, safe="-_.~")

    return _FIELD.sub(value_of, template)


def fill_body(template: Any, values: Mapping[str, Any]) -> Any:
    """Return a JSON value with every text inside filled; `{int:x}` alone in a text becomes a number or a list of them.

    Raises Misconfigured where a field has no value, or one that is no number.
    """
    if isinstance(template, Mapping):
        return {name: fill_body(inside, values) for name, inside in template.items()}
    if isinstance(template, list):
        return [fill_body(inside, values) for inside in template]
    if not isinstance(template, str):
        return template
    match = _NUMBER.fullmatch(template)
    if match is None:
        return fill(template, values)
    value = values.get(match[1])
    try:
        return [int(part) for part in value] if isinstance(value, list) else int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Misconfigured(f"'{match[1]}' is needed as a number and is {value!r}") from None


def fields(template: Any) -> list[str]:
    """Return the names of the fields in a text, or in the texts of a JSON value."""
    if isinstance(template, Mapping):
        return [name for inside in template.values() for name in fields(inside)]
    if isinstance(template, list):
        return [name for inside in template for name in fields(inside)]
    if not isinstance(template, str):
        return []
    return [match[0] for match in _FIELD.findall(template)] + _NUMBER.findall(template)
