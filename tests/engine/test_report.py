"""Reports that a remote makes while we wait: ordered once, read row by row, broken files named."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from include.contract.errors import RequestRefused, SyncError, UnexpectedResponse
from include.engine.client import Client
from include.engine.extract import Page, pages
from include.engine.report import ReportPending
from include.engine.slices import Ask
from include.spec.manifest import Stream
from tests.engine.remote import Remote, Reply, Request, as_json

REPORT = {
    "id": "reportId",
    "poll": {
        "path": "/reports/{report.id}", "status": "state", "done": ["DONE"], "nothing": ["CANCELLED"],
        "failed": ["FATAL"], "every_seconds": 30, "document": "documentId",
    },
    "download": {"path": "/documents/{report.document}", "url": "url", "compression": "packed"},
    "table": {"separator": "tab", "encoding": "iso-8859-1", "must_have": ["sku"]},
}  # fmt: skip
STREAM = Stream.model_validate(
    {"path": "/reports", "method": "POST", "body": {"type": "LISTINGS"}, "key": ["sku"], "report": REPORT}
)


class Maker:
    """Makes reports: `states` are given one by one, `file` is what the last one holds."""

    def __init__(self, remote: Remote, states: list[str], file: bytes, packed: bool = False) -> None:
        self.remote, self.states, self.file, self.packed, self.ordered = remote, states, file, packed, 0
        remote.answer = self.answer

    def answer(self, request: Request) -> Reply:
        if request.method == "POST":
            self.ordered += 1
            return as_json({"reportId": f"R{self.ordered}"}, 202)
        if request.path.startswith("/api/reports/"):
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            return as_json({"state": state, "documentId": "D1"})
        if request.path.startswith("/api/documents/"):
            packed = {"packed": "GZIP"} if self.packed else {}
            return as_json({"url": f"{self.remote.url}/files/1?signature=abc"} | packed)
        return Reply(gzip.compress(self.file) if self.packed else self.file)


def rows(count: int) -> bytes:
    lines = ["sku\tname", *(f"S{number}\tKrögel {number}" for number in range(count))]
    return "\r\n".join(lines).encode("iso-8859-1") + b"\r\n"


def run(client: Client, position: Any = None) -> tuple[list[Page], SyncError | None]:
    """Read from a position on; return the pages and what stopped it."""
    found: list[Page] = []
    try:
        found.extend(pages(client, STREAM, Ask("all"), position, None))
    except SyncError as error:
        return found, error
    return found, None


def kept(found: list[Page]) -> Any:
    """The position as PostgreSQL keeps it."""
    return json.loads(json.dumps(found[-1].position))


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("packed", [False, True])
def test_waits_between_two_looks_and_orders_once(remote: Remote, client: Client, packed: bool) -> None:
    maker = Maker(remote, ["IN_QUEUE", "IN_PROGRESS", "DONE"], rows(2500), packed)
    found, stopped = run(client)
    assert isinstance(stopped, ReportPending)
    assert 25 < (stopped.until - datetime.now(UTC)).total_seconds() <= 30
    again, stopped = run(client, kept(found))
    assert (again, type(stopped)) == ([], ReportPending)
    last, stopped = run(client, kept(found))
    assert stopped is None
    assert maker.ordered == 1
    records = [record for page in last for record in page.records]
    assert len(records) == 2500
    assert json.loads(records[7].raw) == {"sku": "S7", "name": "Krögel 7"}
    assert "Authorization" not in next(r for r in remote.requests if r.path.startswith("/files/")).headers
    rest, _ = run(client, json.loads(json.dumps(last[1].position)))
    assert [record.key for page in rest for record in page.records] == [f"S{n}" for n in range(1000, 2500)]


def test_no_data_is_an_empty_report(remote: Remote, client: Client) -> None:
    Maker(remote, ["CANCELLED"], b"")
    found, stopped = run(client)
    assert stopped is None
    assert [record for page in found for record in page.records] == []


def test_a_report_that_failed_is_ordered_anew(remote: Remote, client: Client) -> None:
    maker = Maker(remote, ["FATAL", "DONE"], rows(1))
    found, stopped = run(client)
    assert isinstance(stopped, UnexpectedResponse)
    again, stopped = run(client, kept(found))
    assert stopped is None
    assert maker.ordered == 2
    assert [record.key for page in again for record in page.records] == ["S0"]


BROKEN = {
    "another file": (b"code\tname\r\nS1\tx\r\n", "without the column 'sku'"),
    "empty file": (b"", "without the column 'sku'"),
    "page of html": (b"<html><body>Access denied</body></html>", "without the column 'sku'"),
}


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named(remote: Remote, client: Client, name: str) -> None:
    file, words = BROKEN[name]
    Maker(remote, ["DONE"], file)
    _, stopped = run(client)
    assert isinstance(stopped, UnexpectedResponse)
    assert words in str(stopped)
    assert "signature" not in str(stopped)


def test_a_packed_file_that_ends_too_early_is_named(remote: Remote, client: Client) -> None:
    maker = Maker(remote, ["DONE"], rows(50), packed=True)
    whole = maker.answer
    remote.answer = lambda request: (
        Reply(gzip.compress(rows(50))[:-20]) if request.path.startswith("/files/") else whole(request)
    )
    _, stopped = run(client)
    assert isinstance(stopped, UnexpectedResponse)
    assert "ends too early" in str(stopped)


@pytest.mark.requirement("R16")
def test_a_row_with_too_few_columns_goes_to_quarantine(remote: Remote, client: Client) -> None:
    Maker(remote, ["DONE"], b"sku\tname\r\nS1\r\nS2\ttwo\r\n")
    found, _ = run(client)
    assert [record.key for page in found for record in page.records] == ["S2"]
    assert [bad.raw for page in found for bad in page.bad] == [b'{"columns":["S1"]}']


def test_a_report_that_the_remote_forgot_is_ordered_anew(remote: Remote, client: Client) -> None:
    maker = Maker(remote, ["DONE"], rows(1))
    ready = maker.answer
    remote.answer = lambda request: as_json({}, 404) if request.path == "/api/reports/R0" else ready(request)
    found, stopped = run(client, {"at": {"report": "R0"}})
    assert isinstance(stopped, RequestRefused)
    again, stopped = run(client, kept(found))
    assert (stopped, maker.ordered) == (None, 1)
    assert again
