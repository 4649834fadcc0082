"""The calls that a stream is asked in: per marketplace, per stretch of time, for one record."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.contract.errors import Misconfigured
from include.engine.client import Client
from include.engine.extract import END, is_wanted, look_up, pages
from include.engine.slices import Ask, slices, written
from include.spec.manifest import Stream
from include.spec.since import ByTime
from tests.engine.conftest import ClientOf
from tests.engine.remote import Remote, Reply, Request, as_json

WINDOWS = {"type": "time", "param": "from", "windows": {"param": "to", "days": 30, "first": "2026-01-01", "most": 5}}


def stream_of(**fields: Any) -> Stream:
    return Stream.model_validate({"path": "/items", "key": ["id"], "records": ["items"]} | fields)


def keys(client: Client, stream: Stream, ask: Ask, position: dict[str, Any] | None = None) -> list[str]:
    return [record.key for page in pages(client, stream, ask, position, None) for record in page.records]


@pytest.fixture
def markets(client_of: ClientOf, remote: Remote) -> Client:
    client = client_of()
    client.values["settings.markets"] = ["NL", "DE"]
    remote.answer = lambda request: as_json({"items": [{"id": f"sku{n}"} for n in (1, 2)], "where": request.query})
    return client


@pytest.mark.requirement("R19")
def test_each_marketplace_is_a_call_and_part_of_the_key(remote: Remote, markets: Client) -> None:
    stream = stream_of(params={"market": "{each}"}, each={"setting": "markets", "in_key": True})
    assert keys(markets, stream, Ask("all")) == ["sku1_NL", "sku2_NL", "sku1_DE", "sku2_DE"]
    assert remote.asked("market") == ["NL", "DE"]


def test_one_record_of_a_marketplace_is_asked_for_there_alone(remote: Remote, markets: Client) -> None:
    single = {"path": "/items/{remote_id}", "params": {"market": "{each}"}, "records": ["items"]}
    stream = stream_of(each={"setting": "markets", "in_key": True}, single=single)
    look_up(markets, stream, "sku1_DE")
    assert [(request.path, request.query) for request in remote.requests] == [("/api/items/sku1", {"market": "DE"})]


def test_no_marketplace_is_a_mistake_of_the_settings(markets: Client) -> None:
    markets.values["settings.markets"] = []
    with pytest.raises(Misconfigured, match="'markets' is needed"):
        keys(markets, stream_of(each={"setting": "markets"}), Ask("all"))


def test_sets_of_parameters_and_where_a_kill_left_off(remote: Remote, markets: Client) -> None:
    stream = stream_of(each={"calls": [{"a": "1"}, {"a": "2"}, {"a": "3"}]})
    found = list(pages(markets, stream, Ask("all"), None, None))
    assert remote.asked("a") == ["1", "2", "3"]
    for done, page in enumerate(found, start=1):
        remote.requests.clear()
        rest = keys(markets, stream, Ask("all"), json.loads(json.dumps(page.position)))
        assert len(rest) == 2 * (3 - done)
    assert keys(markets, stream, Ask("all"), END) == []


def orders(remote: Remote) -> list[datetime]:
    """A record a day since the first of January; the remote gives out five at most and tells how many there are."""
    start, now = datetime(2026, 1, 1, tzinfo=UTC), datetime.now(UTC)
    placed = [start + timedelta(days=n) for n in range((now - start).days)]

    def answer(request: Request) -> Reply:
        begin = datetime.fromisoformat(request.query["from"])
        end = datetime.fromisoformat(request.query["to"]) if "to" in request.query else now
        found = [moment for moment in placed if begin <= moment <= end]
        return as_json({"items": [{"id": f"{moment:%Y%m%d}"} for moment in found[:5]], "count": len(found)})

    remote.answer = answer
    return placed


@pytest.mark.requirement("R7")
def test_a_stretch_with_too_much_in_it_is_halved_until_it_fits(remote: Remote, client: Client) -> None:
    placed = orders(remote)
    paging = {"type": "page_number", "size": 5, "total": "count", "end": "total"}
    stream = stream_of(changed=WINDOWS, paging=paging)
    found = list(pages(client, stream, Ask("all"), None, None))
    seen = {record.key for page in found for record in page.records}
    assert seen == {f"{moment:%Y%m%d}" for moment in placed}
    middle = found[len(found) // 2]
    rest = set(keys(client, stream, Ask("all"), json.loads(json.dumps(middle.position))))
    before = {record.key for page in found[: len(found) // 2 + 1] for record in page.records}
    assert rest | before == seen


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-05-20T08:00:00+00:00", "2026-05-20 10:00:00"),
        ("2026-12-20T08:00:00+00:00", "2026-12-20 09:00:00"),
        # 02:30 comes twice on 25 October: what is asked for lies before the first of the two.
        ("2026-10-25T00:30:00+00:00", "2026-10-25 01:30:00"),
        ("2026-10-25T01:30:00+00:00", "2026-10-25 01:30:00"),
        ("2026-10-25T02:30:00+00:00", "2026-10-25 03:30:00"),
    ],
)
def test_a_time_on_the_remotes_own_clock(moment: str, text: str) -> None:
    how = ByTime(type="time", param="since", format="space", time_zone="Europe/Amsterdam")
    assert written(datetime.fromisoformat(moment), how) == text


def test_a_stream_that_a_setting_switches() -> None:
    stream = stream_of(when={"source": ["invoices", "both"]})
    assert is_wanted(stream, {"source": "both"})
    assert not is_wanted(stream, {"source": "orders"})
    assert not is_wanted(stream, {})


def test_since_goes_into_the_body(remote: Remote, client: Client) -> None:
    changed = {"type": "time", "param": "ChangedAfter", "format": "iso_no_zone", "overlap_seconds": 0}
    stream = stream_of(method="POST", body={"Take": 5}, changed=changed)
    remote.answer = [as_json({"items": []})]
    keys(client, stream, Ask("changed", "2026-05-20T08:00:00+00:00"))
    assert json.loads(remote.requests[0].body) == {"Take": 5, "ChangedAfter": "2026-05-20T08:00:00"}


def test_the_name_of_a_slice_sorts_as_the_calls_follow() -> None:
    stream = stream_of(each={"calls": [{"a": str(n)} for n in range(12)]})
    names = [part.name for part in slices(stream, Ask("all"), {}, {})]
    assert names == sorted(names, key=str)
