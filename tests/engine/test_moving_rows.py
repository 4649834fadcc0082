"""Every kind of paging over rows that come, go and change places while they are read: nothing is lost."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from include.contract.errors import NotThere, UnexpectedResponse
from include.engine.client import Client
from include.engine.paging import Call, walk
from include.spec.paging import AfterKey, NextLink, Offset, PageNumber, Paging, Token
from tests.engine.remote import Remote, Reply, Request, as_json

SIZE, ROWS = 10, 57
KINDS: dict[str, Paging] = {
    "page and total": PageNumber(type="page_number", size=SIZE, total="total", end="total"),
    "page and header": PageNumber(
        type="page_number", size=SIZE, pages_header="X-Pages", total_header="X-Total", end="header"
    ),
    "offset": Offset(type="offset", size=SIZE),
    "offset and total": Offset(type="offset", size=SIZE, total="total", end="total"),
    "skip and take": Offset(type="offset", param="Skip", size_param="Take", size=SIZE),
    "after key": AfterKey(type="after_key", param="after", field="id", size=SIZE),
    "token": Token(type="token", token="next", param="token"),
    "next link": NextLink(type="next_link", link="link"),
}


class Shelf:
    """Rows by id; reads them by whatever the request says. Tokens and links continue after an id, as servers' do."""

    def __init__(self, remote: Remote, between: Callable[[dict[int, int], int], None]) -> None:
        self.rows = dict.fromkeys(range(1, ROWS + 1), 0)
        self.always = set(self.rows)
        self._between, self._remote, self._asked = between, remote, 0
        remote.answer = self.answer

    def answer(self, request: Request) -> Reply:
        self._asked += 1
        if self._asked > 1:
            self._between(self.rows, self._asked)
            self.always &= set(self.rows)
        asked = {**request.query, **(json.loads(request.body) if request.body else {})}
        order = sorted(self.rows)
        place = (int(asked["page"]) - 1) * SIZE if "page" in asked else int(asked.get("offset", asked.get("Skip", 0)))
        after = int(asked.get("after", asked.get("token", asked.get("continue", 0))))
        ids = [number for number in order if number > after][place : place + SIZE]
        left = ids and ids[-1] != order[-1]
        more = {"next": str(ids[-1]), "link": f"{self._remote.url}/api/items?continue={ids[-1]}"} if left else {}
        found = [{"id": number, "version": self.rows[number]} for number in ids]
        total = len(order)
        return as_json({"items": found, "total": total} | more, X_Total=str(total), X_Pages=str(-(-total // SIZE)))


def insert(rows: dict[int, int], asked: int) -> None:
    """New rows at both ends."""
    if asked in (2, 4):
        rows[max(rows) + 1] = 0


def insert_first(rows: dict[int, int], asked: int) -> None:
    """A new row before all others, as lists that show the newest first do."""
    if asked == 3:
        rows[min(rows) - 1] = 0


def delete(rows: dict[int, int], asked: int) -> None:
    """Rows that were read already go, so that the rest moves up."""
    if asked in (2, 4):
        for number in (asked, asked + 1, asked + 2):
            rows.pop(number, None)


def change(rows: dict[int, int], asked: int) -> None:
    """Rows change that were read and that will be."""
    rows[12] = rows[41] = asked


def walked(remote: Remote, client: Client, paging: Paging, between: Callable[[dict[int, int], int], None]) -> Any:
    shelf = Shelf(remote, between)
    body = {} if isinstance(paging, Offset) and paging.param == "Skip" else None
    call = Call("/items", {}, {}, ("items",), method="GET" if body is None else "POST", body=body)
    seen = [json.loads(bytes(raw))["id"] for page in walk(client, call, paging, None) for raw in page.records]
    return shelf, seen


@pytest.mark.requirement("R16", "F1")
@pytest.mark.parametrize(
    ("kind", "between"),
    [
        (kind, between)
        for kind in KINDS
        for between in (insert, insert_first, delete, change)
        # A keyset needs keys that grow.
        if (kind, between) != ("after key", insert_first)
    ],
)
def test_no_row_is_lost(
    remote: Remote, client: Client, kind: str, between: Callable[[dict[int, int], int], None]
) -> None:
    shelf, seen = walked(remote, client, KINDS[kind], between)
    assert shelf.always <= set(seen), f"lost: {sorted(shelf.always - set(seen))}"


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_stay_are_read_once(remote: Remote, client: Client, kind: str) -> None:
    def nothing(rows: dict[int, int], asked: int) -> None:
        """Leave everything as it is."""

    shelf, seen = walked(remote, client, KINDS[kind], nothing)
    assert sorted(set(seen)) == sorted(shelf.rows)
    overlapped = -(-ROWS // SIZE) if kind.startswith(("offset", "skip")) else 0
    assert len(seen) <= ROWS + overlapped
    assert len(remote.requests) <= -(-ROWS // SIZE) + 1


def test_an_order_that_never_settles_ends(remote: Remote, client: Client) -> None:
    def restless(rows: dict[int, int], asked: int) -> None:
        """Another first row with each request, so that the overlapping one is never the same."""
        for number in sorted(rows)[:1]:
            rows.pop(number)
        rows[max(rows) + 1] = asked

    shelf, seen = walked(remote, client, KINDS["offset"], restless)
    assert set(shelf.rows) & set(seen)
    assert len(remote.requests) < 100


def test_skip_and_take_are_members_of_the_body(remote: Remote, client: Client) -> None:
    walked(remote, client, KINDS["skip and take"], insert)
    assert [json.loads(request.body)["Skip"] for request in remote.requests][:2] == [0, 9]
    assert {request.method for request in remote.requests} == {"POST"}
    assert {request.target for request in remote.requests} == {"/api/items"}


def test_a_keyset_that_the_remote_ignores_is_named(remote: Remote, client: Client) -> None:
    remote.answer = [as_json([{"id": number} for number in range(1, SIZE + 1)])]
    call = Call("/items", {}, {}, ("",))
    with pytest.raises(UnexpectedResponse, match="asked for after 10"):
        list(walk(client, call, KINDS["after key"], None))


def test_a_token_that_ended_during_a_pause_begins_anew(remote: Remote, client: Client) -> None:
    def answer(request: Request) -> Reply:
        if request.query.get("token") == "old":
            return as_json({"message": "The token has expired."}, 400)
        return as_json({"items": [{"id": 1}], "next": None})

    remote.answer = answer
    found = list(walk(client, Call("/items", {}, {}, ("items",)), KINDS["token"], {"token": "old"}))
    assert [len(page.records) for page in found] == [1]
    assert remote.asked("token") == ["old", ""]


@pytest.mark.requirement("R16")
def test_a_record_that_spoils_its_list_is_stepped_over(remote: Remote, client: Client) -> None:
    """Magento answers 404 for the whole list when one order holds a deleted product."""
    spoilt = {23, 24}

    def answer(request: Request) -> Reply:
        after, size = int(request.query["after"]), int(request.query["size"])
        ids = [number for number in range(1, 58) if number > after][:size]
        return as_json({"message": "?"}, 404) if spoilt & set(ids) else as_json([{"id": number} for number in ids])

    remote.answer = answer
    paging = AfterKey(type="after_key", param="after", field="id", size=20, size_param="size", step_over=True)
    found = list(walk(client, Call("/items", {}, {}, ("",)), paging, None))
    seen = [json.loads(bytes(raw))["id"] for page in found for raw in page.records]
    assert seen == [number for number in range(1, 58) if number not in spoilt]
    assert [bad.field for page in found for bad in page.bad] == ["id"]
    remote.answer = [as_json({"message": "?"}, 404)]
    with pytest.raises(NotThere):
        list(walk(client, Call("/items", {}, {}, ("",)), paging, None))


def test_an_empty_list_without_a_body_and_a_key_that_counts_itself_in(remote: Remote, client: Client) -> None:
    """BigCommerce V2: 204 past the end, and min_id includes the id it is given."""

    def answer(request: Request) -> Reply:
        ids = [number for number in range(1, 21) if number >= int(request.query["min_id"])][:10]
        return as_json([{"id": number} for number in ids]) if ids else Reply(b"", 204)

    remote.answer = answer
    paging = AfterKey(type="after_key", param="min_id", field="id", size=10, inclusive=True)
    found = list(walk(client, Call("/orders", {}, {}, ("",), accept=(204,)), paging, None))
    assert [json.loads(bytes(raw))["id"] for page in found for raw in page.records] == list(range(1, 21))
    assert remote.asked("min_id") == ["1", "11", "21"]
