"""Every way to page: the end is proved, and what would end too early or never is an error."""

from typing import Any

import pytest

from include.contract.errors import UnexpectedResponse
from include.engine.client import Client
from include.engine.paging import Call, walk
from include.spec.paging import NextLink, NoPaging, PageNumber
from tests.engine.conftest import ClientOf
from tests.engine.remote import Remote, Reply, Request, as_json

CALL = Call("/items", {"status": "any"}, {}, ("",))
HEADERS = PageNumber(
    type="page_number", size=2, size_param="per_page", pages_header="X-Pages", total_header="X-Total", end="header"
)
SHORT = PageNumber(type="page_number", size=2)
EMPTY = PageNumber(type="page_number", size=2, end="empty")
LINK = NextLink(type="next_link", link="next")


def ids(client: Client, paging: Any, start: dict[str, Any] | None = None, call: Call = CALL) -> list[str]:
    return [bytes(raw).decode() for page in walk(client, call, paging, start) for raw in page.records]


def shop(count: int, **headers: str) -> Any:
    """A list of `count` numbers in pages of two."""

    def answer(request: Request) -> Reply:
        first = (int(request.query["page"]) - 1) * 2
        return as_json([{"id": n} for n in range(first, min(first + 2, count))], **headers)

    return answer


def numbers(count: int) -> list[str]:
    return [f'{{"id": {n}}}' for n in range(count)]


def test_page_numbers_end_at_the_count_of_the_header(remote: Remote, client: Client) -> None:
    remote.answer = shop(4, X_Pages="2", X_Total="4")
    pages = list(walk(client, CALL, HEADERS, None))
    assert [page.total for page in pages] == [4, 4]
    assert [page.next for page in pages] == [{"page": 2, "total": 4}, None]
    assert remote.asked("page") == ["1", "2"]
    assert {request.query["per_page"] for request in remote.requests} == {"2"}
    assert {request.query["status"] for request in remote.requests} == {"any"}


def test_empty_shop_is_one_request(remote: Remote, client: Client) -> None:
    remote.answer = shop(0, X_Pages="0", X_Total="0")
    assert ids(client, HEADERS) == []
    assert len(remote.requests) == 1


@pytest.mark.parametrize("headers", [{}, {"X_Pages": "two"}, {"X_Pages": "²"}, {"X_Pages": ""}])
def test_a_proxy_dropped_the_header_then_a_short_page_ends(
    remote: Remote, client: Client, headers: dict[str, str]
) -> None:
    remote.answer = shop(5, **headers)
    assert ids(client, HEADERS) == numbers(5)
    assert remote.asked("page") == ["1", "2", "3"]


@pytest.mark.parametrize(("paging", "count", "asked"), [(SHORT, 3, 2), (SHORT, 4, 3), (EMPTY, 3, 3), (EMPTY, 4, 3)])
def test_short_and_empty_ends(remote: Remote, client: Client, paging: PageNumber, count: int, asked: int) -> None:
    remote.answer = shop(count)
    assert ids(client, paging) == numbers(count)
    assert len(remote.requests) == asked


def test_empty_mapping_past_the_end(remote: Remote, client: Client) -> None:
    """bol.com answers `{}` there."""
    full = shop(2)

    def answer(request: Request) -> Reply:
        return Reply(b'{"orders": ' + full(request).body + b"}") if request.query["page"] == "1" else Reply(b"{}")

    remote.answer = answer
    assert ids(client, EMPTY, call=Call("/orders", {}, {}, ("orders",))) == numbers(2)


@pytest.mark.requirement("R16", "F1")
def test_an_empty_page_in_the_middle_is_tried_again_and_never_the_end(
    remote: Remote, client: Client, slept: list[float]
) -> None:
    full, empty = shop(6, X_Pages="3"), as_json([], X_Pages="3")
    remote.answer = lambda request: (
        empty if request.query["page"] == "2" and len(remote.requests) < 4 else full(request)
    )
    assert ids(client, HEADERS) == numbers(6)
    assert remote.asked("page") == ["1", "2", "2", "2", "3"]
    assert len(slept) == 2

    remote.answer = lambda request: empty if request.query["page"] == "2" else full(request)
    with pytest.raises(UnexpectedResponse, match="an empty page at page=2, which is not the end"):
        ids(client, HEADERS)


@pytest.mark.parametrize("paging", [SHORT, EMPTY])
def test_a_remote_that_repeats_its_last_page_for_ever(remote: Remote, client: Client, paging: PageNumber) -> None:
    full = shop(4)
    last = full(Request("GET", "", {"page": "2"}, {}, {}, ""))
    remote.answer = lambda request: full(request) if request.query["page"] == "1" else last
    with pytest.raises(UnexpectedResponse, match="answered the same page again at page=3"):
        ids(client, paging)


def test_start_in_the_middle(remote: Remote, client: Client) -> None:
    remote.answer = shop(6, X_Pages="3")
    assert ids(client, HEADERS, {"page": 3}) == numbers(6)[4:]
    assert remote.asked("page") == ["3"]


def linked(remote: Remote, pages: int, prefix: str | None = None) -> Any:
    def answer(request: Request) -> Reply:
        number = int(request.query.get("skip", 0))
        address = f"{prefix or remote.url}/api/items?skip={number + 1}&$f=guid'a-b'"
        return as_json({"items": [{"id": number}]} | ({"next": address} if number + 1 < pages else {}))

    return answer


IN_ITEMS = Call("/items", {"status": "any"}, {}, ("items",))


def test_next_links_are_followed_as_they_are(remote: Remote, client: Client) -> None:
    remote.answer = linked(remote, 3)
    assert ids(client, LINK, call=IN_ITEMS) == numbers(3)
    assert [request.target for request in remote.requests] == [
        "/api/items?status=any",
        "/api/items?skip=1&$f=guid'a-b'",
        "/api/items?skip=2&$f=guid'a-b'",
    ]
    assert ids(client, LINK, {"next": f"{remote.url}/api/items?skip=2"}, IN_ITEMS) == numbers(3)[2:]


@pytest.mark.parametrize(
    "other",
    [
        "http://evil.example",
        "http://{host}.evil.example",
        "http://{host}@evil.example",
        "http://a:b@{host}",
        "http://[x",
    ],
)
def test_our_proof_never_goes_to_another_host(remote: Remote, client: Client, other: str) -> None:
    remote.answer = linked(remote, 3, other.format(host=remote.host))
    with pytest.raises(UnexpectedResponse, match=r"names a next page (on another host|that is no address)") as caught:
        ids(client, LINK, call=IN_ITEMS)
    assert "a:b" not in str(caught.value)
    assert len(remote.requests) == 1


def test_another_port_is_another_host(remote: Remote, client: Client) -> None:
    remote.answer = linked(remote, 3, "http://127.0.0.1:9")
    with pytest.raises(UnexpectedResponse, match="on another host"):
        ids(client, LINK, call=IN_ITEMS)


def test_links_of_another_scheme_keep_the_scheme_of_the_connection(remote: Remote, client: Client) -> None:
    """A shop behind a proxy often names itself http://; our token must not go there in clear text."""
    remote.answer = linked(remote, 2, f"https://{remote.host}")
    assert ids(client, LINK, call=IN_ITEMS) == numbers(2)


@pytest.mark.parametrize("after", [1, 2])
def test_a_repeated_link_would_never_end(remote: Remote, client: Client, after: int) -> None:
    def answer(request: Request) -> Reply:
        number = int(request.query.get("skip", 0))
        following = 1 if number >= after else number + 1
        return as_json({"items": [{"id": number}], "next": f"{remote.url}/api/items?skip={following}"})

    remote.answer = answer
    with pytest.raises(UnexpectedResponse, match="same next page again"):
        ids(client, LINK, call=IN_ITEMS)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("following", [5, {"href": "x"}, True])
def test_a_link_that_is_no_text_is_not_the_end(remote: Remote, client: Client, following: Any) -> None:
    remote.answer = [as_json({"items": [], "next": following})]
    with pytest.raises(UnexpectedResponse, match="'next' where a text belongs"):
        ids(client, LINK, call=IN_ITEMS)


def test_no_paging_is_one_request(remote: Remote, client: Client) -> None:
    remote.answer = [as_json([{"id": 0}])]
    assert ids(client, NoPaging(type="none")) == numbers(1)
    assert len(remote.requests) == 1


@pytest.mark.parametrize("paging", [SHORT, EMPTY, HEADERS, LINK, NoPaging(type="none")])
def test_an_accepted_status_is_an_empty_end_whatever_its_body(remote: Remote, client: Client, paging: Any) -> None:
    remote.answer = [Reply(b"<html>gone</html>", 404)]
    assert ids(client, paging, call=Call("/items", {}, {}, ("items",), (404,))) == []
    assert len(remote.requests) == 1


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    "broken",
    [Reply(b"<html>Maintenance</html>"), Reply(b'[{"id": 0}, {"id"'), Reply(b""), Reply(b'[{"id": 0}]', cut=True)],
)
def test_a_broken_answer_is_asked_for_again(remote: Remote, client: Client, slept: list[float], broken: Reply) -> None:
    remote.answer = [broken, broken, as_json([{"id": 0}])]
    assert ids(client, SHORT) == numbers(1)
    assert len(slept) == 2


def test_client_of_a_subfolder(remote: Remote, client_of: ClientOf) -> None:
    remote.answer = shop(1)
    assert ids(client_of(base_url="{connection.host}/shop/api/"), SHORT) == numbers(1)
    assert remote.requests[0].path == "/shop/api/items"
