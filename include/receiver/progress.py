"""Status as it changes: however many follow a coupling, it is looked at once a second, on one connection."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import psycopg

from include.contract.errors import SyncError
from include.warehouse.connection import Connect, warehouse_faults

MOST = 200
"""How many may follow at once."""
_LOOK_SECONDS, _ALIVE_SECONDS, _END_SECONDS = 1.0, 15.0, 900.0

Tell = Callable[[psycopg.Connection, str], str]


class Streams:
    """Followers of couplings; `tell` says how one is doing."""

    def __init__(self, connect: Connect, tell: Tell) -> None:
        self._connect, self._tell = connect, tell
        self._connection: psycopg.Connection | None = None
        self._looking = asyncio.Lock()
        self._seen: dict[str, tuple[float, str]] = {}
        self._followers = 0

    async def look(self, name: str) -> str:
        """Return how a coupling is doing, at most a second old. Raises errors of the tree."""
        async with self._looking:
            at, text = self._seen.get(name, (float("-inf"), ""))
            if time.monotonic() - at >= _LOOK_SECONDS:
                text = await asyncio.to_thread(self._ask, name)
                if len(self._seen) > 2 * MOST:
                    self._seen.clear()
                self._seen[name] = (time.monotonic(), text)
            return text

    def take_place(self) -> bool:
        """Count one follower more; False where there are too many. `follow` gives the place back."""
        if self._followers >= MOST:
            return False
        self._followers += 1
        return True

    async def follow(self, name: str) -> AsyncIterator[str]:
        """Yield an event at once and at each change, and something now and then that keeps the line open."""
        begun = told_at = time.monotonic()
        last = ""
        try:
            while time.monotonic() - begun < _END_SECONDS:
                try:
                    text = await self.look(name)
                except SyncError:
                    # The follower asks again by himself, and is told then what is wrong.
                    return
                if text != last:
                    last, told_at = text, time.monotonic()
                    yield f"event: status\nretry: 3000\ndata: {text}\n\n"
                elif time.monotonic() - told_at > _ALIVE_SECONDS:
                    told_at = time.monotonic()
                    yield ": still here\n\n"
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._followers -= 1

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()

    def _ask(self, name: str) -> str:
        with warehouse_faults("looking at a coupling"):
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            try:
                return self._tell(self._connection, name)
            except psycopg.Error:
                with contextlib.suppress(psycopg.Error):
                    self._connection.close()
                raise
