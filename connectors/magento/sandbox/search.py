"""searchCriteria: filters, order, pages and trimmed fields as Magento reads them from the query."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any

from starlette.requests import Request

from connectors.magento.sandbox.errors import error
from include.sandbox.answers import RefusedError, array
from include.sandbox.world import JSON, Record, Row

_ROOT = r"search_?[cC]riteria"
_FILTER = re.compile(_ROOT + r"\[filter_?[gG]roups\]\[(\w+)\]\[filters\]\[(\w+)\]\[(field|value|condition_?[tT]ype)\]")
_SORT = re.compile(_ROOT + r"\[sort_?[oO]rders\]\[(\w+)\]\[(field|direction)\]")
_PAGE = re.compile(_ROOT + r"\[(page_?[sS]ize|current_?[pP]age)\]")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?")

Filter = tuple[str, str, str]
Fields = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Search:
    """A checked request for a list: groups are joined by and, the filters of a group by or. Size None = all rows."""

    groups: tuple[tuple[Filter, ...], ...]
    sorts: tuple[tuple[str, bool], ...]
    size: int | None
    page: int

    def passes(self, data: Record) -> bool:
        """Say whether a record is meant."""
        return all(any(_holds(data, *one) for one in group) for group in self.groups)

    def order(self, data: Record) -> list[Any]:
        """Return what the records are sorted by; a direction turns numbers and texts around."""
        return [_Reversed(data.get(name, 0)) if down else data.get(name, 0) for name, down in self.sorts]

    def chosen(self, rows: list[Row], past_end: str) -> list[Row]:
        """Return one page. Past the end older versions answer the last page again, newer ones nothing."""
        if self.size is None:
            return rows
        last = max(1, -(-len(rows) // self.size))
        page = min(self.page, last) if past_end == "repeat" else self.page
        return rows[(page - 1) * self.size : page * self.size]

    def echo(self) -> Record:
        """Return the criteria as the answer repeats them; current_page is what was asked, not what came."""
        groups = [
            {"filters": [{"field": f, "value": v, "condition_type": c} for f, c, v in group]} for group in self.groups
        ]
        sorts = [{"field": name, "direction": "DESC" if down else "ASC"} for name, down in self.sorts]
        sized = {"page_size": self.size, "current_page": self.page} if self.size else {}
        return {"filter_groups": groups} | ({"sort_orders": sorts} if sorts else {}) | sized


def read(request: Request, columns: Mapping[str, str], max_size: int) -> Search:
    """Check the query; `columns` are the names one may filter by and the record's fields. Raises RefusedError."""
    groups: dict[str, dict[str, dict[str, str]]] = {}
    sorts: dict[str, dict[str, str]] = {}
    pages: dict[str, int] = {}
    for name, value in request.query_params.multi_items():
        if found := _FILTER.fullmatch(name):
            groups.setdefault(found[1], {}).setdefault(found[2], {})[found[3].lower().replace("_", "")] = value
        elif found := _SORT.fullmatch(name):
            sorts.setdefault(found[1], {})[found[2]] = value
        elif found := _PAGE.fullmatch(name):
            pages[found[1].lower().replace("_", "")] = _number(value, found[1])
    size = pages.get("pagesize")
    if max_size and size is not None and size > max_size:
        raise RefusedError(error("De maximale pageSize van SearchCriteria is %max", 400, max=str(max_size)))
    return Search(
        tuple(tuple(_filter(one, columns) for one in group.values()) for group in groups.values()),
        tuple(
            (_column(one.get("field", ""), columns), one.get("direction", "DESC") == "DESC") for one in sorts.values()
        ),
        size,
        pages.get("currentpage", 1),
    )


def listing(rows: list[Row], criteria: Record, total: int, trim: Fields | None, dress: Callable[[Row], bytes]) -> bytes:
    """Return the envelope of a list; `fields` of the query can leave out its parts."""
    parts = {
        "items": array(dress(row) for row in rows),
        "search_criteria": JSON.encode(criteria),
        "total_count": str(total).encode(),
    }
    kept = [(name, part) for name, part in parts.items() if trim is None or name in trim]
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), part) for name, part in kept) + b"}"


def trimming(text: str | None) -> Fields | None:
    """Read `items[id,sku],total_count` into a tree of names; None = everything. Raises RefusedError."""
    if not text:
        return None
    root: dict[str, Any] = {}
    stack, name = [root], ""
    for sign in text + ",":
        if sign in ",[]":
            if name:
                stack[-1][name] = {}
            if sign == "[":
                stack.append(stack[-1][name] if name else {})
            elif sign == "]" and len(stack) > 1:
                stack.pop()
            name = ""
        else:
            name += sign
    return root


def trimmed(value: Any, fields: Fields | None) -> Any:
    """Return a record with the chosen fields only; an empty choice is everything below."""
    if not fields:
        return value
    if isinstance(value, list):
        return [trimmed(one, fields) for one in value]
    return {name: trimmed(value[name], inside) for name, inside in fields.items() if name in value}


class _Reversed:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Reversed) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)


def _filter(given: Mapping[str, str], columns: Mapping[str, str]) -> Filter:
    condition, value = given.get("conditiontype", "eq"), given.get("value", "")
    field = _column(given.get("field", ""), columns)
    if condition not in _CONDITIONS:
        raise RefusedError(error("Ongeldig conditietype %type", 400, type=condition))
    # A plus sign that was not encoded arrives as a blank, a zone is no MySQL moment: neither finds what was meant.
    if field.endswith("_at") and condition not in ("null", "notnull") and not _MOMENT.fullmatch(value):
        raise RefusedError(error("Ongeldige datum %value", 400, value=value))
    return field, condition, value


def _column(name: str, columns: Mapping[str, str]) -> str:
    if name not in columns:
        raise RefusedError(error("Ongeldige attribuutnaam: %name", 400, name=name))
    return columns[name]


def _number(text: str, name: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise RefusedError(error("Ongeldige waarde van %name", 400, name=name))
    return int(text)


def _holds(data: Record, field: str, condition: str, value: str) -> bool:
    return _CONDITIONS[condition](data.get(field), value)


def _comparable(held: Any, value: str) -> tuple[Any, Any]:
    if isinstance(held, int | Decimal):
        try:
            return held, Decimal(value)
        except InvalidOperation:
            return str(held), value
    # MySQL compares texts without regard to case.
    return str(held).casefold(), value.casefold()


def _by(test: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    return lambda held, value: held is not None and test(*_comparable(held, value))


def _among(held: Any, value: str) -> bool:
    return any(_by(lambda a, b: bool(a == b))(held, part) for part in value.split(","))


_CONDITIONS: dict[str, Callable[[Any, str], bool]] = {
    "eq": _by(lambda a, b: bool(a == b)), "neq": lambda held, value: not _among(held, value),
    "gt": _by(lambda a, b: bool(a > b)), "gteq": _by(lambda a, b: bool(a >= b)), "from": _by(lambda a, b: bool(a >= b)),
    "moreq": _by(lambda a, b: bool(a >= b)), "lt": _by(lambda a, b: bool(a < b)),
    "lteq": _by(lambda a, b: bool(a <= b)), "to": _by(lambda a, b: bool(a <= b)),
    "in": _among, "nin": lambda held, value: not _among(held, value),
    "like": _by(lambda a, b: fnmatchcase(str(a), str(b).replace("%", "*"))),
    "nlike": lambda held, value: not _CONDITIONS["like"](held, value),
    "finset": lambda held, value: held is not None and value in str(held).split(","),
    "nfinset": lambda held, value: held is None or value not in str(held).split(","),
    "null": lambda held, _: held is None, "notnull": lambda held, _: held is not None,
}  # fmt: skip
