"""The OData v2 that Exact Online speaks: dates, $filter, Atom XML."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from include.sandbox.world import Record

OFFICE_ZONE = ZoneInfo("Europe/Amsterdam")
Test = Callable[[Record], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<guid>guid'[0-9a-fA-F-]{36}')|(?P<time>datetime'[^']*')|(?P<text>'(?:[^']|'')*')"
    r"|(?P<number>-?\d+(?:\.\d+)?)[LMDFlmdf]?\b|(?P<word>[A-Za-z_]\w*)|(?P<bracket>[()]))"
)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_WORDS = {"true": ("flag", True), "false": ("flag", False), "null": ("null", None)}


class BadQueryError(ValueError):
    """A query that Exact refuses with 400."""


def office_time(at: datetime) -> datetime:
    """Return the wall clock of the Dutch office, as if it were UTC: Exact's way of writing times."""
    return at.astimezone(OFFICE_ZONE).replace(tzinfo=UTC)


@functools.lru_cache(maxsize=1024)
def date(at: datetime | None) -> str | None:
    """Return `/Date(ms)/` with office time in the milliseconds."""
    return None if at is None else f"/Date({int(office_time(at).timestamp() * 1000)})/"


def parse_filter(text: str, fields: frozenset[str]) -> Test:
    """Return the test that a $filter means: comparisons with and, or and brackets. Raises BadQueryError."""
    tokens = list(_tokens(text))
    test, rest = _either(tokens, fields)
    if rest:
        raise BadQueryError(f"Syntax error at '{rest[0][1]}' in the filter.")
    return test


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, text = 0, text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise BadQueryError(f"Syntax error at position {position} in the filter.")
        position = found.end()
        yield found.lastgroup, found[found.lastgroup]


Tokens = list[tuple[str, str]]


def _either(tokens: Tokens, fields: frozenset[str]) -> tuple[Test, Tokens]:
    test, rest = _both(tokens, fields)
    while rest and rest[0] == ("word", "or"):
        other, rest = _both(rest[1:], fields)
        test = _join(any, test, other)
    return test, rest


def _both(tokens: Tokens, fields: frozenset[str]) -> tuple[Test, Tokens]:
    test, rest = _one(tokens, fields)
    while rest and rest[0] == ("word", "and"):
        other, rest = _one(rest[1:], fields)
        test = _join(all, test, other)
    return test, rest


def _join(how: Callable[[Iterator[bool]], bool], *tests: Test) -> Test:
    return lambda record: how(test(record) for test in tests)


def _one(tokens: Tokens, fields: frozenset[str]) -> tuple[Test, Tokens]:
    if tokens and tokens[0] == ("bracket", "("):
        test, rest = _either(tokens[1:], fields)
        if not rest or rest[0] != ("bracket", ")"):
            raise BadQueryError("A bracket in the filter is not closed.")
        return test, rest[1:]
    if len(tokens) < 3 or tokens[0][0] != "word" or tokens[1][1] not in _COMPARE:
        raise BadQueryError("The filter is not a comparison.")
    field = tokens[0][1]
    if field not in fields:
        raise BadQueryError(f"No property '{field}' exists in this type.")
    return _comparison(field, tokens[1][1], *_literal(*tokens[2])), tokens[3:]


def _literal(kind: str, text: str) -> tuple[str, Any]:
    match kind:
        case "guid":
            return kind, text[5:-1].lower()
        case "time":
            try:
                return kind, int(datetime.fromisoformat(text[9:-1]).replace(tzinfo=UTC).timestamp() * 1000)
            except ValueError:
                raise BadQueryError(f"Unrecognized literal {text}.") from None
        case "text":
            return kind, text[1:-1].replace("''", "'")
        case "number":
            return kind, Decimal(text)
        case "word" if text in _WORDS:
            return _WORDS[text]
    raise BadQueryError(f"Unrecognized literal {text}.")


def _comparison(field: str, op: str, kind: str, wanted: Any) -> Test:
    compare = _COMPARE[op]

    def test(record: Record) -> bool:
        found_kind, found = _kind(record[field])
        if "null" in (kind, found_kind):
            return compare(found, wanted) if op in ("eq", "ne") else False
        if kind != found_kind:
            raise BadQueryError(f"Operator '{op}' incompatible with operand types of '{field}'.")
        return compare(found, wanted)

    return test


def _kind(value: Any) -> tuple[str, Any]:
    """Return the OData type of a record's value, as the literals name it, and the value to compare."""
    if value is None:
        return "null", None
    if isinstance(value, bool):
        return "flag", value
    if isinstance(value, int | Decimal):
        return "number", value
    if value.startswith("/Date("):
        return "time", int(value[6:-2])
    return ("guid" if _GUID.fullmatch(value) else "text"), value


def atom(records: list[Record], link: str | None) -> bytes:
    """Return the Atom XML that Exact sends when the Accept header does not ask for JSON."""
    entries = "".join(
        '<entry><content type="application/xml"><m:properties>'
        + "".join(_element(name, value) for name, value in record.items() if not isinstance(value, dict))
        + "</m:properties></content></entry>"
        for record in records
    )
    following = f'<link rel="next" href="{escape(link)}"/>' if link else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"'
        ' xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"'
        f' xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">{entries}{following}</feed>'
    ).encode()


def _element(name: str, value: Any) -> str:
    if value is None:
        return f'<d:{name} m:null="true"/>'
    kind, found = _kind(value)
    text = datetime.fromtimestamp(found / 1000, UTC).isoformat()[:19] if kind == "time" else escape(str(found))
    return f"<d:{name}>{text.lower() if kind == 'flag' else text}</d:{name}>"
