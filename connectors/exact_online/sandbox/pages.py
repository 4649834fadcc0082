"""Pages of records and single records, by the query options that Exact knows."""

from __future__ import annotations

import bisect
import dataclasses
import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from connectors.exact_online.sandbox.endpoints import PURCHASE_ORDERS, Endpoint
from connectors.exact_online.sandbox.handling import orders_with_lines
from connectors.exact_online.sandbox.odata import OFFICE_ZONE, BadQueryError, atom, parse_filter
from include.sandbox.answers import array, json_answer
from include.sandbox.world import JSON, Collection, Record, Row, World

KNOWN = {"$select", "$filter", "$top", "$skiptoken", "$inlinecount", "$expand"}
MAXIMUM_TOP = 10**9
_SYNC_FILTER = re.compile(r"\s*Timestamp\s+(gt|ge)\s+(\d+)L?\s*")
_SYNC_TOKEN = re.compile(r"(\d+)L")
_KEY_TOKEN = re.compile(r"guid'([0-9a-f-]{36})'")


@dataclasses.dataclass(frozen=True)
class Shape:
    """How one request wants its records: which fields, with links to which host."""

    base: str
    endpoint: Endpoint
    fields: tuple[str, ...]
    expanded: bool = False

    def record(self, row: Row) -> Record:
        """Return a record with its metadata."""
        endpoint, data = self.endpoint, row.data
        uri = f"{self.base}/{endpoint.path}(guid'{row.key}')"
        record: Record = {"__metadata": {"uri": uri, "type": f"Exact.Web.Api.Models.{endpoint.model}"}}
        for name in self.fields:
            record[name] = row.version if name == "Timestamp" else data[name]
        if endpoint.lines and endpoint.lines in record:
            shown = {"results": data[endpoint.lines]}
            record[endpoint.lines] = shown if self.expanded else {"__deferred": {"uri": f"{uri}/{endpoint.lines}"}}
        if endpoint.path == "salesorder/SalesOrders":
            record["SalesOrderLines"] = {"__deferred": {"uri": f"{uri}/SalesOrderLines"}}
        return record

    def written(self, row: Row) -> bytes:
        """Return the record's JSON; the row keeps it until it changes."""
        how = (self.base, self.endpoint.path, self.fields, self.expanded)
        return row.written(how, lambda _: JSON.encode(self.record(row)))


def utc_offset_hours(now: datetime) -> int:
    """Return how far the office is ahead of UTC."""
    offset = now.astimezone(OFFICE_ZONE).utcoffset()
    return int(offset.total_seconds() // 3600) if offset else 0


def wants_json(request: Request) -> bool:
    """Whether the Accept header names JSON; `*/*` is not enough."""
    return "application/json" in request.headers.get("accept", "")


def single(request: Request, endpoint: Endpoint, world: World, guid: str) -> Response:
    """Answer one record as `d` object. Raises KeyError where there is none."""
    shape = _shape(request, endpoint, world)
    row = _collection(endpoint, world)[guid]
    if not wants_json(request):
        return _atom([shape.record(row)], None)
    return json_answer(b'{"d":' + shape.written(row) + b"}")


def listing(request: Request, endpoint: Endpoint, world: World, sizes: tuple[int, int]) -> Response:
    """Answer one page: `d.results` and a next link, or `d` as array when `$top` is used. Raises BadQueryError."""
    _check_names(request)
    shape = _shape(request, endpoint, world)
    rows, start = (_sync_rows if endpoint.sync else _rows)(request, endpoint, world)
    size = sizes[1] if endpoint.sync else sizes[0]
    top = _top(request)
    page = rows[start : start + min(size, top)]
    left = min(top, len(rows) - start) - len(page)
    link = _next_link(request, endpoint, page[-1], top - len(page)) if left > 0 and page else None
    if not wants_json(request):
        return _atom([shape.record(row) for row in page], link)
    written = array(shape.written(row) for row in page)
    if top < MAXIMUM_TOP and link is None:
        return json_answer(b'{"d":' + written + b"}")
    count = f',"__count":"{len(rows)}"' if request.query_params.get("$inlinecount") == "allpages" else ""
    following = ',"__next":' + JSON.encode(link).decode() if link else ""
    return json_answer(b'{"d":{"results":' + written + (count + following).encode() + b"}}")


def _sync_rows(request: Request, endpoint: Endpoint, world: World) -> tuple[list[Row], int]:
    """Return the rows by row version and where this page starts."""
    after = 0
    condition = request.query_params.get("$filter")
    if condition is not None:
        found = _SYNC_FILTER.fullmatch(condition)
        if found is None:
            raise BadQueryError("Only a filter on Timestamp is supported.")
        after = int(found[2]) - (found[1] == "ge")
    token = request.query_params.get("$skiptoken")
    if token is not None:
        after = max(after, int(_token(_SYNC_TOKEN, token)))
    rows = _collection(endpoint, world).view("by version", None, lambda row: row.version)
    return rows, bisect.bisect_right(rows, after, key=lambda row: row.version)


def _rows(request: Request, endpoint: Endpoint, world: World) -> tuple[list[Row], int]:
    """Return the filtered rows by key and where this page starts."""
    collection = _collection(endpoint, world)
    condition = request.query_params.get("$filter")
    test = parse_filter(condition, frozenset(_fields(endpoint, world))) if condition else None
    where = None if test is None else lambda row: test(row.data)
    rows = collection.view(("by key", condition), where, lambda row: row.key)
    token = request.query_params.get("$skiptoken")
    after = _token(_KEY_TOKEN, token) if token is not None else ""
    return rows, bisect.bisect_right(rows, after, key=lambda row: row.key)


def _token(pattern: re.Pattern[str], token: str) -> str:
    found = pattern.fullmatch(token)
    if found is None:
        raise BadQueryError("Invalid $skiptoken.")
    return found[1]


def _next_link(request: Request, endpoint: Endpoint, last: Row, top_left: int) -> str:
    """Return this request's address with the token of its last record; the rest of it stays as it was written."""
    kept = []
    for part in filter(None, request.url.query.split("&")):
        name = unquote(part.partition("=")[0])
        if name == "$top":
            kept.append(f"$top={top_left}")
        elif name != "$skiptoken":
            kept.append(part)
    token = f"{last.version}L" if endpoint.sync else f"guid'{last.key}'"
    return f"{request.url.replace(query='')}?{'&'.join([*kept, f'$skiptoken={token}'])}"


def _shape(request: Request, endpoint: Endpoint, world: World) -> Shape:
    base = str(request.base_url).rstrip("/") + f"/api/v1/{request.path_params['division']}"
    known = _fields(endpoint, world)
    wanted = request.query_params.get("$select")
    shown = request.query_params.get("$expand", "")
    if shown != (endpoint.lines if shown else ""):
        raise BadQueryError(f"Could not find a property named '{shown}'.")
    if wanted is None:
        if endpoint.sync:
            raise BadQueryError("$select is mandatory for this endpoint.")
        return Shape(base, endpoint, known, bool(shown))
    chosen = tuple(name.strip() for name in wanted.split(","))
    unknown = [name for name in chosen if name not in known]
    if unknown and known:
        raise BadQueryError(f"No property '{unknown[0]}' exists in this type.")
    return Shape(base, endpoint, chosen, bool(shown))


def _collection(endpoint: Endpoint, world: World) -> Collection:
    return orders_with_lines(world) if endpoint.collection == PURCHASE_ORDERS else world[endpoint.collection]


def _fields(endpoint: Endpoint, world: World) -> tuple[str, ...]:
    """Return the fields that the endpoint has; () while there was never a record."""
    collection = _collection(endpoint, world)
    rows: dict[str, Row] = collection.rows or collection.gone
    if not rows:
        return endpoint.fields
    names: Any = next(iter(rows.values())).data
    own = tuple(name for name in names if name not in endpoint.hidden)
    return ("Timestamp", *own) if endpoint.sync else own


def _check_names(request: Request) -> None:
    unknown = sorted(set(request.query_params) - KNOWN)
    if unknown:
        raise BadQueryError(f"The query option '{unknown[0]}' is not supported here.")


def _top(request: Request) -> int:
    text = request.query_params.get("$top")
    if text is None:
        return MAXIMUM_TOP
    if not text.isdigit():
        raise BadQueryError("Invalid value for $top.")
    return int(text)


def _atom(records: list[Record], link: str | None) -> Response:
    return Response(atom(records, link), media_type="application/atom+xml")
