"""The watcher of the inbox calls for a run once, and again when that one has been there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from include.tasks import inbox_trigger
from include.tasks.inbox_trigger import InboxTrigger

pytestmark = pytest.mark.requirement("R4")
Look = tuple[bool, bool, str | None]


class _Connection:
    async def __aenter__(self) -> _Connection:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


def calls(monkeypatch: pytest.MonkeyPatch, looks: list[Look], patience: float = 20.0) -> list[int]:
    """Return after which looks the trigger called."""
    seen = 0

    async def look(_connection: Any) -> Look:
        nonlocal seen
        seen += 1
        return looks[min(seen, len(looks)) - 1]

    async def connect(_self: InboxTrigger) -> _Connection:
        return _Connection()

    async def run() -> list[int]:
        found: list[int] = []
        events = InboxTrigger(every_seconds=0.001).run()
        while seen < len(looks):
            step = asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait([step], timeout=0.3)
            if not done:
                step.cancel()
                break
            found.append(seen)
        return found

    monkeypatch.setattr(inbox_trigger, "_look", look)
    monkeypatch.setattr(inbox_trigger, "_PATIENCE_SECONDS", patience)
    monkeypatch.setattr(InboxTrigger, "_connect", connect)
    return asyncio.run(run())


def test_one_call_until_somebody_came(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, came = (True, False, "8:00"), (True, False, "8:01")
    assert calls(monkeypatch, [(False, False, "8:00"), waits, waits, waits, (False, False, "8:01")]) == [2]
    assert calls(monkeypatch, [waits, waits, came, came, came]) == [1, 3], "what came while it was there"
    assert calls(monkeypatch, [waits, (True, True, "8:01"), (True, True, "8:01"), came]) == [1, 4]


def test_another_call_when_nobody_came(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(calls(monkeypatch, [(True, False, None)] * 20, patience=0.0)) == 20


def test_the_triggerer_can_make_it_anew() -> None:
    path, values = InboxTrigger(every_seconds=2.0).serialize()
    module, _, name = path.rpartition(".")
    made: Callable[..., InboxTrigger] = getattr(__import__(module, fromlist=[name]), name)
    assert made(**values).every_seconds == 2.0
