"""Walk the pages of one call, with the end proved and broken paging named.

Rows that come and go while a walk goes on shift pages by number or offset. Where that shows, the walk steps back: rows
are met twice, which does no harm, instead of never. A keyset (`after_key`) is not touched by it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from include.contract.errors import RequestRefused, UnexpectedResponse
from include.engine.answers import whole_number
from include.engine.client import Answer, Client
from include.engine.records import dig, split, text_at
from include.spec.paging import AfterKey, NextLink, Offset, PageNumber, Paging, Token

# Steps back in one walk before an order that never settles is no longer chased.
_STEPS_BACK = 20


@dataclasses.dataclass(frozen=True)
class Call:
    """One call to page through."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    records: tuple[str, ...]
    accept: tuple[int, ...] = ()
    may_lack: bool = False
    method: str = "GET"
    body: Any = None
    tries: int = 1

    def given(self, values: Mapping[str, str | int | None]) -> Call:
        """Return the call with parameters added: members of its body where it has one, else of its query."""
        values = {name: value for name, value in values.items() if name and value is not None}
        if isinstance(self.body, Mapping):
            return dataclasses.replace(self, body={**self.body, **values})
        return dataclasses.replace(self, params={**self.params, **{name: str(v) for name, v in values.items()}})


@dataclasses.dataclass(frozen=True)
class RawPage:
    """One answer: its records as received, where the next page starts (None = the end), the total if told."""

    records: list[msgspec.Raw]
    next: dict[str, Any] | None
    total: int | None
    answer: Answer


def walk(client: Client, call: Call, paging: Paging, start: dict[str, Any] | None) -> Iterator[RawPage]:
    """Yield the pages of `call` from `start` (None = the first). Raises an error of the tree."""
    if isinstance(paging, PageNumber | Offset):
        call = dataclasses.replace(call, may_lack=paging.end == "empty")
        yield from _by_place(client, call, paging, start)
    elif isinstance(paging, AfterKey):
        yield from _after_key(client, call, paging, start)
    elif isinstance(paging, Token | NextLink):
        yield from _from_the_start_if_refused(client, call, paging, start)
    else:
        yield ask(client, call, lambda answer, records: RawPage(records, None, None, answer))


def ask(client: Client, call: Call, read: Callable[[Answer, list[msgspec.Raw]], RawPage]) -> RawPage:
    """Make one call; `read` gets the answer and its records, none where the status means that there are none."""

    def reading(answer: Answer) -> RawPage:
        if answer.status in call.accept:
            return RawPage([], None, None, answer)
        return read(answer, split(answer.body, call.records, answer.where, may_lack=call.may_lack))

    page: RawPage = client.ask(
        call.path,
        call.params,
        call.headers,
        method=call.method,
        body=call.body,
        accept=call.accept,
        tries=call.tries,
        read=reading,
    )
    return page


def _by_place(
    client: Client, call: Call, paging: PageNumber | Offset, start: dict[str, Any] | None
) -> Iterator[RawPage]:
    """Pages by number or by how many records to skip."""
    name = "page" if isinstance(paging, PageNumber) else "skip"
    first = paging.start if isinstance(paging, PageNumber) else 0
    place = int(start[name]) if start else first
    before: RawPage | None = None
    steps_back = 0
    while True:

        def read(answer: Answer, records: list[msgspec.Raw], place: int = place, before: Any = before) -> RawPage:
            return _placed(paging, place, answer, records, before)

        page = ask(client, call.given({paging.param: place, paging.size_param or "": paging.size}), read)
        back = _step_back(paging, place, page, before) if steps_back < _STEPS_BACK else None
        if back is not None:
            steps_back, place, before = steps_back + 1, back, None
            continue
        yield page
        if page.next is None:
            return
        place, before = int(page.next[name]), page


def _placed(
    paging: PageNumber | Offset, place: int, answer: Answer, records: list[msgspec.Raw], before: RawPage | None
) -> RawPage:
    """Return a page with what follows it. Raises UnexpectedResponse where the remote contradicts itself."""
    # Some systems answer their last page again past the end (Magento page, traps): it would never end.
    if records and before is not None and answer.body == before.answer.body:
        raise UnexpectedResponse(f"{answer.where} answered the same page again at {paging.param}={place}")
    total = _header(answer, paging.total_header)
    total = _number_at(answer, paging.total) if total is None and paging.total else total
    if isinstance(paging, PageNumber):
        pages = _header(answer, paging.pages_header)
        if not records and pages is not None and place < pages:
            raise UnexpectedResponse(f"{answer.where} answered an empty page {place} of {pages}")
        passed = (place - paging.start + 1) * paging.size
        last = (
            place >= pages if paging.end == "header" and pages is not None else _is_last(paging, records, passed, total)
        )
        return RawPage(records, None if last else {"page": place + 1}, total, answer)
    # A page with nothing but the row that was asked for twice is the end, whatever a count says.
    only_old = place > 0 and len(records) <= paging.overlap
    last = only_old or _is_last(paging, records, place + len(records), total)
    # One row is asked for twice: where it is not the one that ended the page before, rows have moved.
    return RawPage(records, None if last else {"skip": place + len(records) - paging.overlap}, total, answer)


def _is_last(paging: PageNumber | Offset, records: list[msgspec.Raw], passed: int, total: int | None) -> bool:
    if paging.end == "empty":
        return not records
    if paging.end == "total" and total is not None:
        return passed >= total or not records
    # A proxy may drop the header: a short page is the other sign of the end (WooCommerce page, section 3).
    return len(records) < paging.size


def _step_back(paging: PageNumber | Offset, place: int, page: RawPage, before: RawPage | None) -> int | None:
    """Return where to go on from when rows have gone since the page before: what follows has moved into its place."""
    if before is None:
        return None
    if isinstance(paging, PageNumber):
        gone = (before.total or 0) - (page.total or 0) if before.total is not None and page.total is not None else 0
        return max(paging.start, place - -(-gone // paging.size)) if gone > 0 and place > paging.start else None
    if not paging.overlap or not before.records or place == 0:
        return None
    same = bool(page.records) and bytes(page.records[0]) == bytes(before.records[-paging.overlap])
    return None if same else max(0, place + paging.overlap - paging.size)


def _after_key(client: Client, call: Call, paging: AfterKey, start: dict[str, Any] | None) -> Iterator[RawPage]:
    after = int(start["after_key"]) if start else paging.start
    while True:

        def read(answer: Answer, records: list[msgspec.Raw], after: int = after) -> RawPage:
            keys = [_key_of(record, paging.field, answer.where) for record in records]
            if keys and min(keys) <= after:
                raise UnexpectedResponse(f"{answer.where} answered {paging.field} {min(keys)}, asked for after {after}")
            total = _number_at(answer, paging.total) if paging.total else None
            last = len(records) >= total if total is not None and records else len(records) < paging.size
            return RawPage(records, None if last else {"after_key": max(keys)}, None, answer)

        value = paging.template.replace("{after}", str(after))
        page = ask(client, call.given({paging.param: value, paging.size_param or "": paging.size}), read)
        yield page
        if page.next is None:
            return
        after = int(page.next["after_key"])


def _key_of(record: msgspec.Raw, field: str, where: str) -> int:
    found = dig(record, field)
    try:
        return int(str(msgspec.json.decode(found))) if found is not None else -1
    except ValueError:
        raise UnexpectedResponse(f"{where} answered a record whose {field} is no whole number") from None


def _from_the_start_if_refused(
    client: Client, call: Call, paging: Token | NextLink, start: dict[str, Any] | None
) -> Iterator[RawPage]:
    """Begin anew where a token or link that was kept over a pause is refused: some live for seconds (Amazon FBA)."""
    by = _by_token if isinstance(paging, Token) else _by_link
    pages = by(client, call, paging, start)  # type: ignore[arg-type]
    try:
        first = next(pages, None)
    except RequestRefused:
        if start is None:
            raise
        pages = by(client, call, paging, None)  # type: ignore[arg-type]
        first = next(pages, None)
    if first is not None:
        yield first
        yield from pages


def _by_token(client: Client, call: Call, paging: Token, start: dict[str, Any] | None) -> Iterator[RawPage]:
    token: str | None = start["token"] if start else None
    seen = {token}
    bare = dataclasses.replace(call, params={})
    while True:

        def read(answer: Answer, records: list[msgspec.Raw]) -> RawPage:
            following = text_at(answer.body, paging.token, answer.where)
            if following is not None and following in seen:
                raise UnexpectedResponse(f"{answer.where} gives the same token again: it would never end")
            total = _number_at(answer, paging.total) if paging.total else None
            return RawPage(records, {"token": following} if following else None, total, answer)

        asked = bare if token and paging.alone else call.given({paging.size_param or "": paging.size})
        page = ask(client, asked.given({paging.param: token}), read)
        yield page
        if page.next is None:
            return
        token = str(page.next["token"])
        seen.add(token)


def _by_link(client: Client, call: Call, paging: NextLink, start: dict[str, Any] | None) -> Iterator[RawPage]:
    link: str | None = start["next"] if start else None
    seen = {link}
    while True:

        def read(answer: Answer, records: list[msgspec.Raw]) -> RawPage:
            following = text_at(answer.body, paging.link, answer.where)
            if following is not None and following in seen:
                raise UnexpectedResponse(f"{answer.where} names the same next page again: it would never end")
            return RawPage(records, {"next": following} if following else None, None, answer)

        # The link holds the first call's parameters already.
        page = ask(client, dataclasses.replace(call, path=link, params={}) if link else call, read)
        yield page
        if page.next is None:
            return
        link = str(page.next["next"])
        seen.add(link)


def _header(answer: Answer, name: str | None) -> int | None:
    value = answer.headers.get(name, "") if name else ""
    return whole_number(value)


def _number_at(answer: Answer, path: str) -> int | None:
    """Return the whole number at a dotted path of an answer, None where there is none."""
    found = dig(msgspec.Raw(answer.body), path)
    value = None if found is None else msgspec.json.decode(found)
    return whole_number(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
