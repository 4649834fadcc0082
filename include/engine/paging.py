"""Walk the pages of one call, with the end proved and broken paging named.

Rows that come and go while a walk goes on shift pages by number or offset. Where that shows, the walk steps back: rows
are met twice, which does no harm, instead of never. A keyset (`after_key`) is not touched by it.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from include.contract.errors import NotThere, RequestRefused, UnexpectedResponse
from include.engine.answers import whole_number
from include.engine.client import Answer, Client
from include.engine.records import BadRecord, dig, split, text_at
from include.spec.paging import AfterKey, NextLink, Offset, PageNumber, Paging, Token

# Steps back in one walk before an order that never settles is no longer chased.
_STEPS_BACK = 20
_WALKS = 5
# Keys tried one after the other behind a record that spoils its list; more in a row is another fault.
_STEPS_OVER = 100


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
    bad: list[BadRecord] = dataclasses.field(default_factory=list)
    """What the remote itself could not give out."""


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
    at = start or {"page" if isinstance(paging, PageNumber) else "skip": _first(paging)}
    again = _Again(paging, at)
    before = b""
    steps_back = 0
    while True:
        place = int(at["page" if isinstance(paging, PageNumber) else "skip"])

        def read(answer: Answer, records: list[msgspec.Raw], place: int = place, before: bytes = before) -> RawPage:
            # Some systems answer their last page again past the end (Magento page, traps): it would never end.
            if records and answer.body == before:
                raise UnexpectedResponse(f"{answer.where} answered the same page again at {paging.param}={place}")
            return _placed(paging, place, answer, records)

        page = ask(client, call.given({paging.param: place, paging.size_param or "": paging.size}), read)
        back = _step_back(paging, place, page, at) if steps_back < _STEPS_BACK else None
        if back is not None:
            steps_back, at, before = steps_back + 1, back, b""
            continue
        page = again.next(page)
        # The row that was asked for twice is landed once.
        yield dataclasses.replace(page, records=page.records[1:]) if "row" in at else page
        if page.next is None:
            return
        at, before = page.next, page.answer.body


def _first(paging: PageNumber | Offset) -> int:
    return paging.start if isinstance(paging, PageNumber) else 0


def _placed(paging: PageNumber | Offset, place: int, answer: Answer, records: list[msgspec.Raw]) -> RawPage:
    """Return a page with what follows it. Raises UnexpectedResponse where the remote contradicts itself."""
    total = _header(answer, paging.total_header)
    total = _number_at(answer, paging.total) if total is None and paging.total else total
    pages = _header(answer, paging.pages_header) if isinstance(paging, PageNumber) else None
    skipped = (place - _first(paging)) * paging.size if isinstance(paging, PageNumber) else place
    if not records and ((pages is not None and place < pages) or (total is not None and skipped < total)):
        raise UnexpectedResponse(
            f"{answer.where} answered an empty page at {paging.param}={place}, which is not the end"
        )
    if isinstance(paging, PageNumber):
        by_pages = paging.end == "header" and pages is not None
        last = place >= (pages or 0) if by_pages else _is_last(paging, records, skipped + paging.size, total)
        return RawPage(records, None if last else {"page": place + 1, "total": total}, total, answer)
    # A page with nothing but the row that was asked for twice is the end, whatever a count says.
    only_old = place > 0 and len(records) <= paging.overlap
    if only_old or _is_last(paging, records, place + len(records), total):
        return RawPage(records, None, total, answer)
    following = {"skip": place + len(records) - paging.overlap, "row": _digest(records[-1])}
    return RawPage(records, following, total, answer)


def _is_last(paging: PageNumber | Offset, records: list[msgspec.Raw], passed: int, total: int | None) -> bool:
    if paging.end == "empty":
        return not records
    if paging.end == "total" and total is not None:
        return passed >= total or not records
    # A proxy may drop the header: a short page is the other sign of the end (WooCommerce page, section 3).
    return len(records) < paging.size


def _step_back(paging: PageNumber | Offset, place: int, page: RawPage, at: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return where to go on from when rows have gone since the page before: what follows has moved into its place."""
    if isinstance(paging, PageNumber):
        before, now = at.get("total"), page.total
        gone = before - now if before is not None and now is not None else 0
        return (
            {"page": max(paging.start, place - -(-gone // paging.size))} if gone > 0 and place > paging.start else None
        )
    if not paging.overlap or "row" not in at or place == 0:
        return None
    # One row is asked for twice: where it is not the one that ended the page before, rows have moved.
    same = bool(page.records) and _digest(page.records[0]) == at["row"]
    return None if same else {"skip": max(0, place + paging.overlap - paging.size)}


def _digest(record: msgspec.Raw) -> str:
    return hashlib.blake2b(bytes(record), digest_size=8).hexdigest()


class _Again:
    """Walks pages by number once more until a walk meets nothing new, where the manifest asks for it (`again`).

    Rows can leave a list unseen by any count: they go to another list when they change (bol.com's orders of a day).
    A list of one page has no boundary to slip over.
    """

    def __init__(self, paging: PageNumber | Offset, at: Mapping[str, Any]) -> None:
        self._paging, self._wanted = paging, isinstance(paging, PageNumber) and paging.again
        self._walk, self._pages, self._news = int(at.get("walk", 1)), 0, False
        self._seen: set[str] = set()

    def next(self, page: RawPage) -> RawPage:
        """Return the page with what follows it: at the end perhaps the first page of another walk."""
        if not self._wanted:
            return page
        digests = {_digest(record) for record in page.records}
        self._news = self._news or not digests <= self._seen
        self._seen |= digests
        self._pages += 1
        if page.next is not None:
            return dataclasses.replace(page, next={**page.next, "walk": self._walk})
        if self._pages == 1 or not self._news or self._walk >= _WALKS:
            return page
        self._walk, self._pages, self._news = self._walk + 1, 0, False
        return dataclasses.replace(page, next={"page": _first(self._paging), "walk": self._walk})


def _after_key(client: Client, call: Call, paging: AfterKey, start: dict[str, Any] | None) -> Iterator[RawPage]:
    after = int(start["after_key"]) if start else paging.start
    size, stepped, refusal = paging.size, 0, ""
    while True:

        def read(answer: Answer, records: list[msgspec.Raw], after: int = after, size: int = size) -> RawPage:
            keys = [_key_of(record, paging.field, answer.where) for record in records]
            if keys != sorted(keys):
                raise UnexpectedResponse(
                    f"{answer.where} does not sort by {paging.field}: pages after a key would miss records"
                )
            if keys and min(keys) <= after:
                raise UnexpectedResponse(f"{answer.where} answered {paging.field} {min(keys)}, asked for after {after}")
            total = _number_at(answer, paging.total) if paging.total else None
            last = len(records) >= total if total is not None and records else len(records) < size
            return RawPage(records, None if last else {"after_key": max(keys)}, None, answer)

        value = paging.template.replace("{after}", str(after + paging.inclusive))
        try:
            page = ask(client, call.given({paging.param: value, paging.size_param or "": size}), read)
        except NotThere as refused:
            stepped += size == 1
            if not paging.step_over or stepped > _STEPS_OVER:
                raise
            if size == 1:
                # Nobody tells which record it is, so the keys are tried one after the other.
                after += 1
            size = max(1, size // 4)
            refusal = refused.what
            continue
        if stepped:
            reason = f"the remote cannot list the record before {paging.field} {after}: {refusal}"
            page = dataclasses.replace(page, bad=[BadRecord(paging.field, reason, b"{}")])
        yield page
        if page.next is None:
            return
        after, size, stepped = int(page.next["after_key"]), min(size * 4, paging.size), 0


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
