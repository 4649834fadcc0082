"""Asynchronous reports: order, look until it is ready, fetch, read row by row.

Each step is a page without records whose position says what is known, so that a pull that waits or dies goes on with
the report that was ordered, and does not order another.
"""

from __future__ import annotations

import codecs
import csv
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from include.contract.errors import LimitReached, RequestRefused, UnexpectedResponse
from include.engine.client import Answer, Client
from include.engine.paging import Call, RawPage
from include.engine.records import text_at
from include.engine.template import fill
from include.spec.call import Report, Table

_SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";"}
_ROWS = 1000
_LONGEST_LINE = 10_000_000


class ReportPending(LimitReached):
    """A report was ordered from the remote and is not ready yet."""

    next_step = "The pull goes on by itself when the report is ready."


def rows(client: Client, call: Call, report: Report, start: dict[str, Any] | None) -> Iterator[RawPage]:
    """Yield the pages of a report, from `start` on. Raises ReportPending while the remote still makes it.

    A report that failed, or that the remote has forgotten, is ordered anew by the next try.
    """
    try:
        yield from _rows(client, call, report, dict(start or {}))
    except (RequestRefused, UnexpectedResponse):
        yield RawPage([], {}, None, Answer(0, b"", {}, ""))
        raise


def _rows(client: Client, call: Call, report: Report, at: dict[str, Any]) -> Iterator[RawPage]:
    if "report" not in at:
        answer = client.ask(call.path, call.params, call.headers, method=call.method, body=call.body)
        at = {"report": _text(answer, report.id)}
        yield RawPage([], at, None, answer)
    if "document" not in at:
        answer = client.ask(fill(report.poll.path, {**client.values, "report.id": at["report"]}, in_path=True))
        state = _text(answer, report.poll.status)
        if state in report.poll.nothing:
            yield RawPage([], None, 0, answer)
            return
        if state in report.poll.failed:
            raise UnexpectedResponse(f"{answer.where} says that report {at['report']} ended as {state}")
        if state not in report.poll.done:
            wait = timedelta(seconds=report.poll.every_seconds)
            raise ReportPending(f"report {at['report']} is {state}", datetime.now(UTC) + wait)
        at = {**at, "document": _text(answer, report.poll.document)}
        yield RawPage([], at, None, answer)
    yield from _read(client, report, at)


def _text(answer: Answer, path: str) -> str:
    found = text_at(answer.body, path, answer.where)
    if found is None:
        raise UnexpectedResponse(f"{answer.where} answered nothing at '{path}'")
    return found


def _read(client: Client, report: Report, at: dict[str, Any]) -> Iterator[RawPage]:
    """Yield the file's rows a thousand at a time; those before the position are read over."""
    values = {**client.values, "report.id": at["report"], "report.document": at["document"]}
    answer = client.ask(fill(report.download.path, values, in_path=True))
    chunks: Iterator[bytes] = iter([answer.body])
    if report.download.url is not None:
        chunks = client.download(_text(answer, report.download.url))
        if report.download.compression and text_at(answer.body, report.download.compression, answer.where) == "GZIP":
            chunks = _unpacked(chunks, answer.where)
    done, page = int(at.get("row", 0)), []
    for number, record in enumerate(table_rows(chunks, report.table, answer.where), start=1):
        if number <= done:
            continue
        page.append(record)
        if len(page) == _ROWS:
            yield RawPage(page, {**at, "row": number}, None, answer)
            page = []
    yield RawPage(page, None, None, answer)


def _unpacked(chunks: Iterator[bytes], where: str) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            yield unpacking.decompress(chunk)
        yield unpacking.flush()
    except zlib.error:
        raise UnexpectedResponse(f"{where} names a file that is not packed as it says") from None
    if not unpacking.eof:
        raise UnexpectedResponse(f"{where} names a packed file that ends too early")


def table_rows(chunks: Iterator[bytes], table: Table, where: str) -> Iterator[msgspec.Raw]:
    """Yield each row of a file as a JSON mapping of texts, its memory no larger than a line.

    Raises UnexpectedResponse where the columns that identify the file are not there. A row with more or fewer columns
    than the header becomes a mapping without its key, which quarantine takes.
    """
    lines = _lines(chunks, table.encoding, where)
    separator = _SEPARATORS[table.separator]
    parsed = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_MINIMAL if table.quoted else csv.QUOTE_NONE)
    header = [name.strip("\ufeff ") for name in next(parsed, [])]
    missing = [name for name in table.must_have if name not in header]
    if missing:
        raise UnexpectedResponse(f"{where} names a file without the column {', '.join(map(repr, missing))}")
    encode = msgspec.json.Encoder().encode
    for row in parsed:
        if len(row) == len(header):
            yield msgspec.Raw(encode(dict(zip(header, row, strict=True))))
        elif row:
            yield msgspec.Raw(encode({"columns": row}))


def _lines(chunks: Iterator[bytes], encoding: str, where: str) -> Iterator[str]:
    decode = codecs.getincrementaldecoder(encoding)("strict")
    rest = ""
    try:
        for chunk in chunks:
            rest += decode.decode(chunk)
            *whole, rest = rest.split("\n")
            if len(rest) > _LONGEST_LINE:
                raise UnexpectedResponse(f"{where} names a file whose line does not end")
            yield from (line.removesuffix("\r") + "\n" for line in whole)
        rest += decode.decode(b"", final=True)
    except UnicodeDecodeError:
        raise UnexpectedResponse(f"{where} names a file that is not {encoding}") from None
    if rest.strip("\ufeff\r\n"):
        yield rest
