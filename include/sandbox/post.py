"""How a system sends webhooks: who registered for what, letters about what changed, tries, and what became of them."""

from __future__ import annotations

import abc
import dataclasses
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field

from include.sandbox.world import Deed, Row, World

_SENT_KEPT = 20_000
_PAUSE_SECONDS = 0.02


@dataclasses.dataclass
class Hook:
    """A registration. `data` is what the API shows of it beside the rest."""

    id: str
    topic: str
    address: str
    secret: str
    active: bool = True
    failures: int = 0
    data: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Letter:
    """What is sent to one hook about one change.

    Of several with the same `once` in one request only the first is sent: lines that change together are one order.
    """

    topic: str
    headers: Mapping[str, str]
    body: bytes
    once: str | None = None


@dataclasses.dataclass
class Envelope:
    """A letter on its way: when it is due by the sandbox's clock, and how often it was tried."""

    number: int
    hook: str
    letter: Letter
    due: datetime
    tries: int = 0
    about: str = ""
    fault: str | None = None


class PostFault(BaseModel):
    """What happens to the next `times` letters whose topic holds `match`.

    `duplicate`: sent twice. `reorder`: sent after the letter that follows it. `delay`: sent `seconds` later by the
    sandbox's clock. `forge`: a letter with a changed body and the signature of the true one goes out beside it.
    `lose`: never sent.
    """

    model_config = ConfigDict(extra="forbid")
    kind: Literal["duplicate", "reorder", "delay", "forge", "lose"]
    match: str = ""
    times: int | None = Field(default=1, ge=1)
    seconds: float = Field(default=60, ge=0)

    def hits(self, topic: str) -> bool:
        """Say whether a letter is hit, and count it."""
        if self.match not in topic or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Sender(abc.ABC):
    """What is a system's own about its webhooks."""

    good: range | tuple[int, ...] = range(200, 300)
    """Answers that count as delivered."""
    waits: tuple[float, ...] = ()
    """Seconds before each further try of a letter; none = it is never repeated."""
    most_failures: int | None = None
    """After so many failed letters in a row (all tries used up) the hook is switched off; None = never."""
    patience: float = 10.0
    """Seconds to wait for an answer."""

    def address(self, hook: Hook) -> str:
        """Return where letters of a hook go."""
        return hook.address

    @abc.abstractmethod
    def letters(self, hook: Hook, deed: Deed, collection: str, row: Row) -> Iterable[Letter]:
        """Return what a change means for a hook; nothing where it is none of its business."""


class Post:
    """Registrations and letters of one sandbox; sends in a thread of its own, so that the API stays quick."""

    def __init__(self, world: World, sender: Sender | None) -> None:
        self.sender, self._world = sender, world
        self.hooks: dict[str, Hook] = {}
        self.faults: list[PostFault] = []
        self._marks: dict[tuple[str, str], tuple[Deed, Row]] = {}
        self._waiting: list[Envelope] = []
        self._sent: deque[dict[str, Any]] = deque(maxlen=_SENT_KEPT)
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._numbers, self._under_way, self._closed = 0, 0, False
        self._thread: threading.Thread | None = None
        if sender is not None:
            world.watch = self._mark
            for each in world.session.get("hooks", []):
                self.register(Hook(**each))

    # Registrations.

    def register(self, hook: Hook) -> Hook:
        """Add or replace a hook."""
        self.hooks[hook.id] = hook
        self._keep()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="sandbox post", daemon=True)
            self._thread.start()
        return hook

    def forget(self, hook_id: str) -> Hook | None:
        """Take a hook away, as its owner or the remote's bad memory does."""
        found = self.hooks.pop(hook_id, None)
        self._keep()
        return found

    def next_id(self, first: int = 1) -> str:
        """Return the next registration's number."""
        return str(self._world.next_number("hook", first))

    def _keep(self) -> None:
        self._world.session["hooks"] = [dataclasses.asdict(hook) for hook in self.hooks.values()]
        self._world.session_changed = True

    # Changes become letters.

    def _mark(self, deed: Deed, collection: str, row: Row) -> None:
        """Note a change; all of one request to the same record are one."""
        if not self.hooks:
            return
        before = self._marks.pop((collection, row.key), None)
        if before is not None and before[0] == "created":
            if deed == "removed":
                return
            deed = "created"
        if before is not None and before[0] == "changed" and deed == "amended":
            deed = "changed"
        self._marks[collection, row.key] = (deed, row)

    def flush(self) -> None:
        """Write letters about what changed since the last time; called after each request."""
        marks, self._marks = self._marks, {}
        if self.sender is None or not marks:
            return
        told: set[tuple[str, str, str | None]] = set()
        for (collection, key), (deed, row) in marks.items():
            for hook in [hook for hook in self.hooks.values() if hook.active]:
                for letter in self.sender.letters(hook, deed, collection, row):
                    known = (hook.id, letter.topic, letter.once)
                    if letter.once is None or known not in told:
                        self.post(hook, letter, f"{collection} {key}")
                    told.add(known)

    def post(self, hook: Hook, letter: Letter, about: str = "") -> None:
        """Put a letter on its way, with what the faults make of it."""
        with self._lock:
            fault = next((each for each in self.faults if each.hits(letter.topic)), None)
            due, kind = self._world.clock.now(), fault.kind if fault else None
            envelopes = [Envelope(self._number(), hook.id, letter, due, about=about, fault=kind)]
            if fault is not None and fault.kind == "delay":
                envelopes[0].due = due + timedelta(seconds=fault.seconds)
            if fault is not None and fault.kind == "duplicate":
                envelopes.append(dataclasses.replace(envelopes[0], number=self._number()))
            if fault is not None and fault.kind == "forge":
                forged = dataclasses.replace(letter, body=_forged(letter.body))
                envelopes.append(Envelope(self._number(), hook.id, forged, due, about=about, fault="forged"))
            if kind == "lose":
                self._note(envelopes[0], None, "lost")
            else:
                self._waiting += envelopes
        self._wake.set()

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    # Letters go out.

    def _work(self) -> None:
        with httpx.Client(trust_env=False, follow_redirects=False) as http:
            while not self._closed:
                envelope = self._next()
                if envelope is None:
                    self._wake.wait(_PAUSE_SECONDS)
                    self._wake.clear()
                else:
                    self._deliver(http, envelope)
                    self._under_way = 0

    def _next(self) -> Envelope | None:
        now = self._world.clock.now()
        with self._lock:
            due = [each for each in self._waiting if each.due <= now]
            if not due:
                return None
            chosen = due[0]
            # One that is to come late lets the next one pass; alone, it has nothing to be late for yet.
            if chosen.fault == "reorder" and chosen.tries == 0:
                if len(due) == 1:
                    return None
                chosen = due[1]
                due[0].fault = "reordered"
            self._waiting.remove(chosen)
            self._under_way = 1
            return chosen

    def _deliver(self, http: httpx.Client, envelope: Envelope) -> None:
        assert self.sender is not None
        hook = self.hooks.get(envelope.hook)
        if hook is None or not hook.active:
            with self._lock:
                self._note(envelope, None, "not sent: the hook is gone or off")
            return
        envelope.tries += 1
        headers, body = dict(envelope.letter.headers), envelope.letter.body
        try:
            status = http.post(
                self.sender.address(hook), content=body, headers=headers, timeout=self.sender.patience
            ).status_code
        except httpx.HTTPError as error:
            status, words = None, type(error).__name__
        else:
            words = "delivered" if status in self.sender.good else "refused"
        with self._lock:
            self._note(envelope, status, words)
            if words == "delivered":
                hook.failures = 0
            elif envelope.fault != "forged":
                self._failed(hook, envelope)
        self._keep()

    def _failed(self, hook: Hook, envelope: Envelope) -> None:
        assert self.sender is not None
        if envelope.tries <= len(self.sender.waits):
            wait = timedelta(seconds=self.sender.waits[envelope.tries - 1])
            self._waiting.append(dataclasses.replace(envelope, due=self._world.clock.now() + wait))
            return
        hook.failures += 1
        if self.sender.most_failures is not None and hook.failures >= self.sender.most_failures:
            hook.active = False

    def _note(self, envelope: Envelope, status: int | None, words: str) -> None:
        letter = envelope.letter
        self._sent.append(
            {"number": envelope.number, "hook": envelope.hook, "topic": letter.topic, "about": envelope.about,
             "status": status, "outcome": words, "tries": envelope.tries, "fault": envelope.fault,
             "time": self._world.clock.now().isoformat()}
        )  # fmt: skip

    def story(self) -> dict[str, Any]:
        """Return what is registered (without secrets), what was sent and what waits."""
        with self._lock:
            hooks = [{k: v for k, v in dataclasses.asdict(h).items() if k != "secret"} for h in self.hooks.values()]
            return {"hooks": hooks, "sent": list(self._sent), "waiting": len(self._waiting) + self._under_way}

    def close(self) -> None:
        """Stop sending."""
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=15)


def _forged(body: bytes) -> bytes:
    """Return the body with its first digit changed; one without any gets a blank."""
    place = next((place for place, byte in enumerate(body) if 48 <= byte <= 57), None)
    if place is None:
        return body + b" "
    return body[:place] + str((body[place] - 47) % 10).encode() + body[place + 1 :]


async def knock(address: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> int | None:
    """Ask whether somebody is at an address before it is registered; return the status, None without an answer."""
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.post(address, content=body, headers=dict(headers or {}), timeout=10)).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
