"""Look at all couplings at once; tell each change of state once, and when it is over.

What changed is written down before anybody is told (`platform.alert_messages`), so a channel that is down loses
nothing: it is told when it is back. One that took a message just before this process died may be told it twice.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import psycopg

from include.warehouse import monitor
from include.warehouse.connection import Connect, warehouse_faults
from include.warehouse.life import ACTIVATING, ACTIVE
from include.warehouse.monitor import Alert, Channel, Limits, Line, Message, Trouble

log = logging.getLogger(__name__)
Seen = TypeVar("Seen", Trouble, Alert)
WORDS = {
    "auth": "needs re-authentication",
    "activation": "is being activated",
    "failing": "failing",
    "late": "late",
    "stuck": "stuck",
    "quota": "quota",
    "poison": "webhook events set aside",
    "backlog": "webhooks wait",
    "orders": "buy orders need a person",
    "pushing": "buy orders do not move",
    "approval": "a deletion waits for approval",
    "registration": "webhook registration",
    "mapping": "the mapping fails",
}
_LOCK = 7_301_032
# What a person can still read, and what Slack shows of one message without cutting it.
_AT_ONCE = 20
# More changes of one kind than this have one cause.
_MANY, _NAMED = 40, 8
_MOST_POSTS = 5


class CannotTell(Exception):  # noqa: N818 - named for what happened
    """A channel did not take a message; the text says why, without a secret."""


class Teller(Protocol):
    """A way to reach people."""

    def tell(self, text: str) -> None:
        """Send a text; raises CannotTell."""


@dataclasses.dataclass(frozen=True)
class Watched:
    """What a look found: everything wrong now, and how much of it is new, has changed, is over."""

    now: tuple[Trouble, ...]
    began: int
    changed: int
    ended: int
    lines: tuple[str, ...]

    def sentence(self) -> str:
        """Return what support reads."""
        return f"{len(self.now)} troubles now: {self.began} new, {self.changed} changed, {self.ended} over"


def watch(connect: Connect, limits: Limits | None = None) -> Watched:
    """Compare what is wrong with what was; write down each change with its message. Raises WarehouseDown."""
    with warehouse_faults("looking at all couplings"), connect() as connection, _alone(connection) as free:
        if not free:
            return Watched((), 0, 0, 0, ())
        with connection.transaction():
            found = {one.key: one for one in monitor.troubles(connection, limits or Limits())}
            known = {one.key: one for one in monitor.open_alerts(connection)}
            began = _gathered((one, _began(one)) for key, one in found.items() if key not in known and not one.holds)
            refreshed = [(known[key].id, one, _changed(known[key], one)) for key, one in _news(found, known)]
            ended = _gathered((one, _ended(one, found)) for key, one in known.items() if key not in found)
            monitor.began(connection, began)
            monitor.refreshed(connection, refreshed)
            monitor.ended(connection, ended)
    told = [*(line for _, line in began), *(line for *_, line in refreshed), *(line for _, line in ended)]
    return Watched(
        now=tuple(one for key, one in found.items() if key in known or not one.holds),
        began=len(began),
        changed=sum(line is not None for *_, line in refreshed),
        ended=len(ended),
        lines=tuple(text for line in told if line for text in line if text),
    )


def tell(connect: Connect, tellers: Mapping[Channel, Teller | None]) -> list[str]:
    """Tell each channel what it has not been told; return a sentence for each one that could not be reached.

    None = the channel is not set up: what waits for it is let go.
    """
    faults = []
    with warehouse_faults("telling what changed"), connect() as connection:
        for channel, teller in tellers.items():
            if teller is None:
                monitor.nobody_to_tell(connection, channel)
                continue
            try:
                for _ in range(_MOST_POSTS):
                    if not _tell(connection, channel, teller):
                        break
            except CannotTell as error:
                faults.append(f"{channel} was not told {monitor.waiting(connection, channel)} messages yet: {error}")
    return faults


def compose(messages: Sequence[Message]) -> str:
    """Return one text of several changes, in their order."""
    marks = {"began": "NEW", "changed": "NOW", "ended": "OVER"}
    lines = []
    for one in messages:
        mark = "ACTIVATION" if one.kind == "activation" and not _is_urgent(one) else marks[one.event]
        lines.append(f"{mark}  {one.line}" + (f"\n    {one.detail}" if one.detail else ""))
    return "\n".join(lines)


def _tell(connection: psycopg.Connection, channel: Channel, teller: Teller) -> bool:
    with connection.transaction():
        messages = monitor.untold(connection, channel, _AT_ONCE)
        # Nobody is mailed how far an activation is.
        wanted = [one for one in messages if channel == "slack" or _is_urgent(one)]
        if wanted:
            teller.tell(compose(wanted))
        monitor.told(connection, channel, [one.id for one in messages])
    return bool(messages)


def _is_urgent(message: Message) -> bool:
    return message.kind != "activation" or message.variant.endswith(" failed")


def _gathered(changes: Iterable[tuple[Seen, Line | None]]) -> list[tuple[Seen, Line | None]]:
    """Let many changes of one kind at once be one line: what stops everything would bury what else is told."""
    every = list(changes)
    told = collections.Counter(one.kind for one, line in every if line is not None)
    gathered: dict[str, list[Trouble | Alert]] = {kind: [] for kind, count in told.items() if count > _MANY}
    for one, line in every:
        if line is not None and one.kind in gathered:
            gathered[one.kind].append(one)
    lines: dict[str, Line] = {}
    for kind, ones in gathered.items():
        couplings = sorted({one.coupling or one.subject for one in ones})
        some = ", ".join(couplings[:_NAMED]) + (", …" if len(couplings) > _NAMED else "")
        over = " no more" if isinstance(ones[0], Alert) else ""
        text = f"{WORDS[kind]}{over}: {len(ones)} at once, of {len(couplings)} couplings: {some}"
        lines[kind] = (
            text,
            "Look for one cause: Airflow, the network, a vendor that is down. platform.alerts lists them.",
        )
    result: list[tuple[Seen, Line | None]] = []
    for one, line in every:
        result.append((one, lines.pop(one.kind, None) if line is not None and one.kind in gathered else line))
    return result


def _news(
    found: Mapping[tuple[int, str, str], Trouble], known: Mapping[tuple[int, str, str], Alert]
) -> list[tuple[tuple[int, str, str], Trouble]]:
    """Return the troubles that are known already and read otherwise now."""
    return [
        (key, one)
        for key, one in found.items()
        if key in known and not one.holds and (one.variant, one.text) != (known[key].variant, known[key].text)
    ]


def _began(one: Trouble) -> Line:
    return _line(one), _what_to_do(one)


def _changed(before: Alert, now: Trouble) -> Line | None:
    return _began(now) if before.variant != now.variant else None


def _ended(one: Alert, found: Mapping[tuple[int, str, str], Trouble]) -> Line | None:
    """Return that something is over; nothing where a person or another trouble stopped the coupling meanwhile."""
    if one.coupling_id is not None and one.state not in (ACTIVE, ACTIVATING):
        return None
    if one.kind == "activation":
        return (f"{one.coupling}: is active, its schedules are on", None) if one.state == ACTIVE else None
    # Not late any more because it is failing now is no good news.
    worse = found.get((one.coupling_id or 0, "failing", one.subject))
    if one.kind in ("late", "stuck") and worse is not None and not worse.holds:
        return None
    return f"{_name(one)}: {WORDS[one.kind]} no more, since {one.since:%Y-%m-%d %H:%M} UTC it was", None


def _line(one: Trouble) -> str:
    kind = f"{WORDS[one.kind]} ({one.error_class})" if one.error_class else WORDS[one.kind]
    return f"{_name(one)}: {kind}: {one.text}"


def _name(one: Trouble | Alert) -> str:
    subject = "" if one.kind == "activation" else one.subject.replace("_", " ")
    return ", ".join(part for part in (one.coupling, subject) if part) or "the platform"


def _what_to_do(one: Trouble) -> str:
    return one.next_step if one.acts == "nobody" else f"Who acts: {one.acts}. {one.next_step}"


@contextlib.contextmanager
def _alone(connection: psycopg.Connection) -> Iterator[bool]:
    """Hold the lock of the one who looks: two at once would tell the same twice."""
    row = connection.execute("select pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
    free = bool(row and row[0])
    try:
        yield free
    finally:
        if free and not connection.closed:
            connection.execute("select pg_advisory_unlock(%s)", [_LOCK])
