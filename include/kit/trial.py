"""Pull a stream from the shell, without a warehouse: the same engine, with tokens and limits kept in memory."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from include.contract.errors import LimitReached
from include.engine import extract
from include.engine.client import Answer, Client
from include.engine.ports import Credentials, ParentKey, Parents, TokenStore
from include.engine.records import BadRecord, Record
from include.engine.slices import Ask
from include.kit.memory import MemoryLimits, MemoryTokens
from include.spec.manifest import Manifest, Stream
from include.sync.remote import hooks_of

log = logging.getLogger(__name__)
PARENTS = 20
"""How many records of a parent stream a trial calls a stream for."""
_WAITS = 20


@dataclasses.dataclass(frozen=True)
class Call:
    """One answered request of a trial."""

    where: str
    status: int
    milliseconds: int
    size: int
    body: bytes = dataclasses.field(repr=False)


class WatchedClient(Client):
    """A client that keeps what it was answered."""

    calls: list[Call]

    def ask(self, *given: Any, read: Callable[[Answer], Any] = lambda answer: answer, **named: Any) -> Any:
        """Call as a client does, and keep the answer."""
        began = time.monotonic()

        def reading(answer: Answer) -> Any:
            spent = round((time.monotonic() - began) * 1000)
            self.calls.append(Call(answer.where, answer.status, spent, len(answer.body), answer.body))
            return read(answer)

        return super().ask(*given, read=reading, **named)


@dataclasses.dataclass
class Trial:
    """A line to a remote without a warehouse."""

    manifest: Manifest
    settings: Mapping[str, Any]
    credentials: Credentials
    most_parents: int | None = PARENTS
    sleep: Callable[[float], None] = time.sleep
    tokens: TokenStore = dataclasses.field(default_factory=MemoryTokens)

    def __post_init__(self) -> None:
        client = self.manifest.client
        self.limits = MemoryLimits(client.budgets)
        values = {f"settings.{key}": value for key, value in self.manifest.with_defaults(dict(self.settings)).items()}
        hooks = hooks_of(self.manifest.connector)
        self.client = WatchedClient(client, self.credentials, values, self.tokens, self.limits, self.sleep, hooks)
        self.client.calls = []

    def pages(self, name: str, ask: Ask) -> Iterator[extract.Page]:
        """Yield the pages of a stream; of a child stream, those under the first parents.

        Waits where the platform would come back later. Raises an error of the tree.
        """
        stream = self.manifest.streams[name]
        parents = self._parents(stream) if extract.wants_parents(stream, ask) else None
        self.client.calls.clear()
        position: dict[str, Any] | None = None
        for wait in range(_WAITS):
            try:
                yield from self._from(position, stream, ask, parents)
                return
            except LimitReached as waiting:
                if wait == _WAITS - 1:
                    raise
                # A report that is not ready, or a budget that is used up: a person at a shell waits for it.
                seconds = max((waiting.until - datetime.now(UTC)).total_seconds(), 0.2)
                log.info("waiting %.0f s: %s", seconds, waiting)
                self.sleep(seconds)
                position = self._position

    def _from(
        self, position: dict[str, Any] | None, stream: Stream, ask: Ask, parents: Parents | None
    ) -> Iterator[extract.Page]:
        self._position = position
        for page in extract.pages(self.client, stream, ask, position, parents):
            self._position = page.position
            yield page

    def _parents(self, stream: Stream) -> Parents:
        """Read the parent stream and return the first records that the child is called for."""
        assert stream.parent is not None
        where = stream.parent.wanted()
        keys: list[str] = []
        for page in self.pages(stream.parent.stream, Ask("all")):
            keys += [record.key for record in page.records if any(_holds(record, wanted) for wanted in where)]
            if self.most_parents is not None and len(keys) >= self.most_parents:
                break
        # As the warehouse gives them: in the order of their keys, none twice.
        ordered = sorted(dict.fromkeys(keys[: self.most_parents]))
        in_each = self.manifest.streams[stream.parent.stream].is_keyed_by_each
        return lambda after: (ParentKey(key, in_each) for key in ordered if after is None or key > after)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


def _holds(record: Record, wanted: Mapping[str, Any]) -> bool:
    held = msgspec.json.decode(record.raw)
    return isinstance(held, dict) and all(held.get(name) == value for name, value in wanted.items())


@dataclasses.dataclass(frozen=True)
class Tried:
    """What a trial gave."""

    records: list[Record]
    bad: list[BadRecord]
    pages: int
    total: int | None
    seconds: float
    stopped: bool
    calls: list[Call]


def attempt(trial: Trial, name: str, ask: Ask, most: int) -> Tried:
    """Read a stream until `most` records came. Raises an error of the tree."""
    records: list[Record] = []
    bad: list[BadRecord] = []
    pages, total, stopped, began = 0, None, False, time.monotonic()
    for page in trial.pages(name, ask):
        records += page.records
        bad += page.bad
        pages, total = pages + 1, page.total if page.total is not None else total
        if len(records) >= most:
            stopped = total is None or len(records) < total
            break
    return Tried(records, bad, pages, total, time.monotonic() - began, stopped, list(trial.client.calls))
