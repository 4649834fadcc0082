"""Fill the body of a write: numbers stay numbers, what is empty is left out, lists are made of lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from include.contract.errors import Misconfigured
from include.engine.template import fill

_ALONE = re.compile(r"\{(?:(int|number):)?([a-zA-Z_.0-9]+)\}")
_FIELD = re.compile(r"\{([a-zA-Z_.0-9]+)\}")
_NOTHING = object()
JSON = msgspec.json.Encoder(decimal_format="number", order="sorted")
"""Writes exact decimals as JSON numbers; the same values always give the same bytes."""
EXACT = msgspec.json.Decoder(float_hook=Decimal)
"""Reads what `JSON` wrote, without floats."""


def compose(template: Any, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]] = ()) -> Any:
    """Return the JSON value that a template is for these values; None where nothing is left of it.

    Raises Misconfigured where a number is asked for and the value is none.
    """
    made = _compose(template, values, lines)
    return None if made is _NOTHING else made


def holds(when: Mapping[str, Sequence[Any]], values: Mapping[str, Any]) -> bool:
    """Return whether each of the settings has one of the values."""
    return all(values.get(f"settings.{key}") in wanted for key, wanted in when.items())


def of_lines(body: Any) -> tuple[str, Any]:
    """Return the member of a body that is the list of lines, and the template of one."""
    for name, inside in body.items():
        if isinstance(inside, Mapping) and "each" in inside:
            return name, inside["of"]
    raise Misconfigured("the body of 'create' has no list of lines")


def _compose(template: Any, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Any:
    if isinstance(template, Mapping):
        if "each" in template:
            return [_compose(template["of"], {**values, **line}, ()) for line in lines]
        if "when" in template:
            return _compose(template["is"], values, lines) if holds(template["when"], values) else _NOTHING
        made = {name: _compose(inside, values, lines) for name, inside in template.items() if name}
        kept = {name: value for name, value in made.items() if value is not _NOTHING}
        return kept | _only_line(template[""], values, lines) if "" in template else kept
    if isinstance(template, list):
        return [value for inside in template if (value := _compose(inside, values, lines)) is not _NOTHING]
    return _text(template, values) if isinstance(template, str) else template


def _only_line(template: Any, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the one line of an order adds to the order itself; without any line, nothing."""
    if len(lines) > 1:
        raise Misconfigured(
            f"the remote takes orders of this kind with one line only, and this one has {len(lines)}",
            next_step="Place an order per product.",
        )
    made: list[dict[str, Any]] = _compose(template, values, lines)
    return made[0] if made else {}


def _text(template: str, values: Mapping[str, Any]) -> Any:
    alone = _ALONE.fullmatch(template)
    if alone is not None:
        value = values.get(alone[2])
        if value in (None, "", []):
            return _NOTHING
        return _typed(alone[1], value, alone[2])
    if any(values.get(name) in (None, "", []) for name in _FIELD.findall(template)):
        return _NOTHING
    return fill(template, values)


def _typed(kind: str | None, value: Any, name: str) -> Any:
    if kind is None:
        return value if isinstance(value, list) else str(value)
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        raise Misconfigured(f"'{name}' is needed as a number and is {value!r}") from None
    if number != number.to_integral_value():
        if kind == "int":
            raise Misconfigured(f"'{name}' is needed as a whole number and is {number}")
        return number
    return int(number)
