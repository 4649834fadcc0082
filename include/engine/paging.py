"""Walk the pages of one call: page numbers or next links, with the end proved and broken paging named."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from include.contract.errors import UnexpectedResponse
from include.engine.answers import whole_number
from include.engine.client import Answer, Client
from include.engine.records import split, text_at
from include.spec.paging import NextLink, NoPaging, PageNumber


@dataclasses.dataclass(frozen=True)
class Call:
    """One call to page through."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    records: tuple[str, ...]
    accept: tuple[int, ...] = ()
    may_lack: bool = False


@dataclasses.dataclass(frozen=True)
class RawPage:
    """One answer: its records as received, where the next page starts (None = the end), the total if told."""

    records: list[msgspec.Raw]
    next: dict[str, Any] | None
    total: int | None
    answer: Answer


def walk(
    client: Client, call: Call, paging: PageNumber | NextLink | NoPaging, start: dict[str, Any] | None
) -> Iterator[RawPage]:
    """Yield the pages of `call` from `start` (None = the first). Raises an error of the tree."""
    if isinstance(paging, PageNumber):
        call = dataclasses.replace(call, may_lack=paging.end == "empty")
        yield from _by_number(client, call, paging, start)
    elif isinstance(paging, NextLink):
        yield from _by_link(client, call, paging, start)
    else:
        records, answer = client.get(call.path, call.params, call.headers, call.accept, _reading(call))
        yield RawPage(records, None, None, answer)


def _reading(call: Call) -> Any:
    def read(answer: Answer) -> tuple[list[msgspec.Raw], Answer]:
        if answer.status in call.accept:
            return [], answer
        return split(answer.body, call.records, answer.where, may_lack=call.may_lack), answer

    return read


def _by_number(client: Client, call: Call, paging: PageNumber, start: dict[str, Any] | None) -> Iterator[RawPage]:
    number = int(start["page"]) if start else paging.start
    sized = {paging.size_param: str(paging.size)} if paging.size_param else {}
    before = b""
    while True:
        params = {**call.params, **sized, paging.param: str(number)}

        def read(answer: Answer, number: int = number, before: bytes = before) -> RawPage:
            records, _ = _reading(call)(answer)
            # Some systems answer their last page again past the end (Magento page, traps): it would never end.
            if records and answer.body == before:
                raise UnexpectedResponse(f"{answer.where} answered page {number - 1} again as page {number}")
            pages = _header(answer, paging.pages_header)
            if not records and pages is not None and number < pages:
                raise UnexpectedResponse(f"{answer.where} answered an empty page {number} of {pages}")
            last = _is_last(paging, len(records), number, pages) or answer.status in call.accept
            return RawPage(
                records, None if last else {"page": number + 1}, _header(answer, paging.total_header), answer
            )

        page = client.get(call.path, params, call.headers, call.accept, read)
        yield page
        if page.next is None:
            return
        number, before = number + 1, page.answer.body


def _is_last(paging: PageNumber, records: int, number: int, pages: int | None) -> bool:
    if paging.end == "empty":
        return records == 0
    if paging.end == "header" and pages is not None:
        return number >= pages
    # A proxy may drop the header: a short page is the other sign of the end (WooCommerce page, section 3).
    return records < paging.size


def _header(answer: Answer, name: str | None) -> int | None:
    value = answer.headers.get(name, "") if name else ""
    return whole_number(value)


def _by_link(client: Client, call: Call, paging: NextLink, start: dict[str, Any] | None) -> Iterator[RawPage]:
    link: str | None = start["next"] if start else None
    seen = {link}
    while True:

        def read(answer: Answer) -> RawPage:
            records, _ = _reading(call)(answer)
            gone = answer.status in call.accept
            following = None if gone else text_at(answer.body, paging.link, answer.where)
            if following is not None and following in seen:
                raise UnexpectedResponse(f"{answer.where} names the same next page again: it would never end")
            return RawPage(records, {"next": following} if following else None, None, answer)

        # The link holds the first call's parameters already.
        page = client.get(link or call.path, {} if link else call.params, call.headers, call.accept, read)
        yield page
        if page.next is None:
            return
        link = page.next["next"]
        seen.add(link)
