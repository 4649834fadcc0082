"""From a stream and an ask to pages: a pull that is killed anywhere goes on with the same rest."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from include.contract.errors import Misconfigured
from include.engine.client import Client
from include.engine.extract import END, Ask, Page, further, is_asked, is_whole, pages, wants_parents
from include.engine.ports import ParentKey
from include.spec.manifest import Stream
from tests.engine.remote import DATE, Remote, Reply, Request, as_json

PAGED = {"type": "page_number", "size": 2}
LINKED = {"type": "next_link", "link": "next"}
PARENTS = ["a", "b", "c"]
SINCE = datetime(2026, 5, 18, 22, 30, tzinfo=UTC)


def stream_of(**fields: Any) -> Stream:
    return Stream.model_validate({"path": "/items", "key": ["id"]} | fields)


def parents(after: str | None) -> Iterator[ParentKey]:
    return (ParentKey(key) for key in PARENTS if key > (after or ""))


def catalogue(remote: Remote) -> Callable[[Request], Reply]:
    """Pages of two; each parent and each day has another number of records, some none."""

    def answer(request: Request) -> Reply:
        parent = request.path.removeprefix("/api/items").strip("/")
        day = request.query.get("day", "")
        count = {"": 5, "a": 3, "b": 0, "c": 4}[parent] if not day else date.fromisoformat(day).day % 4
        number = int(request.query.get("page", 1))
        found = [{"id": f"{day}{parent}{n}"} for n in range(count)][(number - 1) * 2 : number * 2]
        query = f"?page={number + 1}" + (f"&day={day}" if day else "")
        more = {"next": f"{remote.url}{request.path}{query}"} if number * 2 < count else {}
        return as_json({"items": found} | more)

    return answer


def run(client: Client, stream: Stream, ask: Ask, position: dict[str, Any] | None = None) -> list[Page]:
    return list(pages(client, stream, ask, position, parents if stream.parent else None))


def keys(found: list[Page]) -> list[str]:
    return [record.key for page in found for record in page.records]


STREAMS = [
    pytest.param({"paging": PAGED}, id="page numbers"),
    pytest.param({"paging": LINKED}, id="links"),
    pytest.param({"paging": {"type": "none"}}, id="one answer"),
    pytest.param({"paging": PAGED, "path": "/items/{parent.key}", "parent": {"stream": "p"}}, id="children"),
    pytest.param({"paging": LINKED, "path": "/items/{parent.key}", "parent": {"stream": "p"}}, id="children by link"),
    pytest.param({"paging": PAGED, "changed": {"type": "day", "param": "day", "back_days": 5}}, id="days"),
    pytest.param({"paging": LINKED, "changed": {"type": "day", "param": "day", "back_days": 5}}, id="days by link"),
    pytest.param(
        {
            "paging": {"type": "none"},
            "path": "/items/{parent.key}",
            "parent": {"stream": "p"},
            "changed": {"type": "day", "param": "day", "back_days": 2},
        },
        id="children by day",
    ),
]


@pytest.mark.requirement("R7", "R19")
@pytest.mark.parametrize("fields", STREAMS)
def test_a_pull_killed_after_any_page_goes_on_with_the_same_rest(
    remote: Remote, client: Client, fields: dict[str, Any]
) -> None:
    stream = stream_of(records=["items"], **fields)
    ask = Ask("changed", (datetime.now(UTC) - timedelta(days=3)).isoformat())
    remote.answer = catalogue(remote)
    whole = run(client, stream, ask)
    targets = [request.target for request in remote.requests]
    assert len(set(keys(whole))) == len(keys(whole)) > 1
    assert len(targets) == len(whole)

    for done in range(len(whole) + 1):
        remote.requests.clear()
        # As PostgreSQL keeps it.
        position = json.loads(json.dumps(whole[done - 1].position)) if done else None
        rest = run(client, stream, ask, position)
        assert keys(rest) == keys(whole[done:])
        assert [page.position for page in rest] == [page.position for page in whole[done:]]
        assert [request.target for request in remote.requests] == targets[done:]


@pytest.mark.requirement("R7")
def test_nothing_is_asked_after_the_end(remote: Remote, client: Client) -> None:
    assert run(client, stream_of(), Ask("all"), END) == []
    assert remote.requests == []


def test_days_that_passed_since_the_kill_are_asked_as_well(remote: Remote, client: Client) -> None:
    stream = stream_of(records=["items"], changed={"type": "day", "param": "day", "back_days": 30})
    remote.answer = catalogue(remote)
    today = datetime.now(UTC).date()
    yesterday = (today - timedelta(days=1)).isoformat()
    run(client, stream, Ask("changed", "2020-01-01T00:00:00+00:00"), {"slice": yesterday, "after": ""})
    assert remote.asked("day") == [today.isoformat()]


@pytest.mark.requirement("R9")
def test_changed_since_asks_with_an_overlap_in_utc(remote: Remote, client: Client) -> None:
    stream = stream_of(
        params={"status": "any"},
        changed={"type": "time", "param": "after", "params": {"gmt": "true"}, "overlap_seconds": 300},
    )
    run(client, stream, Ask("changed", "2026-05-20T10:00:00+02:00"))
    assert remote.requests[-1].query == {"status": "any", "after": "2026-05-20T07:55:00Z", "gmt": "true"}
    run(client, stream, Ask("changed", None))
    run(client, stream, Ask("all", "2026-05-20T10:00:00+02:00"))
    assert [request.query for request in remote.requests[1:]] == [{"status": "any"}] * 2


def test_what_a_person_wrote_as_since_is_taken_as_it_is(remote: Remote, client: Client) -> None:
    since = datetime(2026, 5, 20, 10, tzinfo=timezone(timedelta(hours=2)))
    changed = {"type": "time", "param": "q", "template": "from:{since}", "format": "iso_no_zone"}
    run(client, stream_of(changed=changed), Ask("changed", "2026-01-01T00:00:00+00:00", since))
    assert remote.asked("q") == ["from:2026-05-20T08:00:00"]


def test_cursor_of_time_is_the_remotes_clock_at_the_first_answer(remote: Remote, client: Client) -> None:
    stream = stream_of(paging=PAGED, changed={"type": "time", "param": "after"})
    later = {"Date": DATE.replace("08:00:00", "09:30:00")}
    remote.answer = [as_json([{"id": 1}, {"id": 2}]), as_json([{"id": 3}], **later)]
    found = run(client, stream, Ask("changed"))
    cursor = None
    for page in found:
        cursor = further(stream, cursor, page.cursor)
    assert cursor == "2026-05-20T08:00:00+00:00"


def test_cursor_where_the_remote_tells_no_time_is_our_clock(remote: Remote, client: Client) -> None:
    remote.answer = [as_json([], Date="nonsense")]
    before = datetime.now(UTC)
    (page,) = run(client, stream_of(changed={"type": "time", "param": "after"}), Ask("changed"))
    assert before <= datetime.fromisoformat(page.cursor) <= datetime.now(UTC)


@pytest.mark.requirement("R9")
def test_cursor_of_a_version_is_the_highest_one_seen(remote: Remote, client: Client) -> None:
    changed = {
        "type": "version",
        "param": "$filter",
        "template": "Timestamp gt {since}L",
        "field": "Timestamp",
        "start": 1,
    }
    stream = stream_of(paging=PAGED, changed=changed)
    rows = [{"id": n, "Timestamp": version} for n, version in enumerate((90, "120", 7, None, 100))]
    remote.answer = lambda request: as_json(rows[(int(request.query["page"]) - 1) * 2 :][:2])
    cursor = None
    for page in run(client, stream, Ask("all")):
        cursor = further(stream, cursor, page.cursor)
    assert cursor == 120
    assert remote.requests[-1].query["$filter"] == "Timestamp gt 1L"
    run(client, stream, Ask("changed", cursor))
    assert remote.requests[-1].query["$filter"] == "Timestamp gt 120L"
    remote.answer = [as_json([])]
    (nothing,) = run(client, stream, Ask("changed", cursor))
    assert further(stream, cursor, nothing.cursor) == 120
    assert further(stream, None, nothing.cursor) is None


@pytest.mark.parametrize(("overlap", "first"), [(3600, 18), (3 * 3600, 18), (0, 19), (86_400, 18)])
def test_days_are_those_of_the_remotes_zone(remote: Remote, client: Client, overlap: int, first: int) -> None:
    """22:30 UTC on the 18th is the 19th in Amsterdam; an overlap of an hour reaches back into the 18th."""
    changed = {
        "type": "day", "param": "day", "back_days": 10_000, "time_zone": "Europe/Amsterdam", "overlap_seconds": overlap,
    }  # fmt: skip
    found = pages(client, stream_of(changed=changed), Ask("changed", SINCE.isoformat()), None, None)
    next(found)
    assert remote.asked("day") == [f"2026-05-{first}"]


def test_days_go_back_no_further_than_the_remote_allows(remote: Remote, client: Client) -> None:
    changed = {"type": "day", "param": "day", "back_days": 3}
    run(client, stream_of(changed=changed), Ask("changed", "2020-01-01T00:00:00+00:00"))
    today = datetime.now(UTC).date()
    assert remote.asked("day") == [(today - timedelta(days=back)).isoformat() for back in (3, 2, 1, 0)]


def test_single_is_one_call_for_one_record(remote: Remote, client: Client) -> None:
    """Also where a list would end at an empty page only: asked for page two, a single record would come for ever."""
    stream = stream_of(
        params={"status": "any"},
        paging=PAGED | {"end": "empty"},
        single={"path": "/items/{remote_id}"},
        records=["items"],
    ).model_copy(update={"records": [""]})
    remote.answer = [as_json({"id": 7})]
    assert keys(run(client, stream, Ask("single", remote_id="7"))) == ["7"]
    assert [request.target for request in remote.requests] == ["/api/items/7"]


def test_single_of_a_child_pages_through_its_parents(remote: Remote, client: Client) -> None:
    child = {"path": "/items/{parent.key}", "parent": {"stream": "p"}, "records": ["items"], "paging": PAGED}
    stream = stream_of(**child, single={"path": "/items/{parent.key}"})
    ask = Ask("single", remote_id="a")
    assert wants_parents(stream, ask)
    remote.answer = catalogue(remote)
    found = list(pages(client, stream, ask, None, lambda after: iter([ParentKey("a")])))
    assert keys(found) == ["a0", "a1", "a2"]
    assert not wants_parents(stream_of(**child, single={"path": "/items/{remote_id}"}), ask)


def test_streams_without_a_single_call() -> None:
    ask = Ask("single", cursor=5, remote_id="7")
    assert not is_asked(stream_of(), ask)
    assert is_asked(stream_of(), Ask("changed"))
    catches_up = stream_of(single="changed")
    assert is_asked(catches_up, ask)
    assert ask.of(catches_up) == Ask("changed", 5)


@pytest.mark.requirement("R16", "F1")
def test_only_a_pull_of_everything_is_whole() -> None:
    stream = stream_of()
    assert is_whole(stream, Ask("all"))
    assert not is_whole(stream, Ask("changed"))
    assert not is_whole(stream, Ask("single", remote_id="1"))
    assert not is_whole(stream, Ask("all", since=SINCE)), "a filter leaves records out"
    assert is_whole(stream_of(parent={"stream": "p"}), Ask("all"))
    assert not is_whole(stream_of(parent={"stream": "p", "only": "news"}), Ask("all"))
    assert not is_whole(stream_of(tombstones={"key": "k", "kind": "t", "streams": {}}), Ask("all"))


def test_a_parent_that_is_gone_is_no_fault(remote: Remote, client: Client) -> None:
    stream = stream_of(path="/items/{parent.key}", parent={"stream": "p"}, records=["items"], gone_status=[404])
    answer = catalogue(remote)
    remote.answer = lambda request: Reply(b"gone", 404) if request.path.endswith("/a") else answer(request)
    found = run(client, stream, Ask("all"))
    assert keys(found) == ["c0", "c1"]
    assert [page.position for page in found] == [{"after": "a"}, {"after": "b"}, {"after": "c"}]


def test_bad_records_travel_with_their_page(remote: Remote, client: Client) -> None:
    remote.answer = [as_json([{"id": 1}, {"name": "no id"}])]
    (page,) = run(client, stream_of(), Ask("all"))
    assert (len(page.records), [bad.reason for bad in page.bad]) == (1, ["record without id"])


@pytest.mark.parametrize(
    ("remote_id", "target"),
    [
        ("../../admin", "/api/items/..%2F..%2Fadmin"),
        ("7?force=true", "/api/items/7%3Fforce%3Dtrue"),
        ("7#x", "/api/items/7%23x"),
        ("a b/é", "/api/items/a%20b%2F%C3%A9"),
        ("%2e%2e%2f", "/api/items/%252e%252e%252f"),
        ("0", "/api/items/0"),
    ],
)
def test_a_remote_id_stays_inside_its_path(remote: Remote, client: Client, remote_id: str, target: str) -> None:
    remote.answer = [as_json({"id": 1})]
    run(client, stream_of(single={"path": "/items/{remote_id}"}), Ask("single", remote_id=remote_id))
    assert [request.target for request in remote.requests] == [target]


@pytest.mark.parametrize("remote_id", ["..", ".", "", None])
def test_a_remote_id_that_is_none_is_not_asked_for(remote: Remote, client: Client, remote_id: str | None) -> None:
    with pytest.raises(Misconfigured, match="remote_id"):
        run(client, stream_of(single={"path": "/items/{remote_id}"}), Ask("single", remote_id=remote_id))
    assert remote.requests == []
