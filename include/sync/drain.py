"""Empty the inbox: each coupling with events in a thread of its own, so that a slow remote holds no other back."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

import psycopg

from include.contract.errors import SyncError
from include.engine.ports import Credentials
from include.spec.load import CouplingConfig
from include.sync.follow_up import Followed, follow_up
from include.sync.pull import Platform
from include.warehouse import inbox
from include.warehouse.connection import warehouse_faults
from include.warehouse.pulls import Origin

log = logging.getLogger(__name__)
_WORKERS = 4
# For how long new couplings are taken on. A run ends, so that its news is mapped, and the next one goes on.
_SECONDS = 20.0
_LOOK_SECONDS = 0.3
Open = Callable[[str], tuple[CouplingConfig, Credentials]]
"""Returns the files and credentials of a coupling by its name; raises Misconfigured."""


@dataclasses.dataclass(frozen=True)
class Drained:
    """What became of the events that waited; `news` are pairs of coupling and object for a transform."""

    done: int = 0
    put_off: int = 0
    poison: int = 0
    news: frozenset[tuple[str, str]] = frozenset()
    is_busy: bool = False

    def sentence(self) -> str:
        """Return what support reads."""
        if self.is_busy:
            return "another run is emptying the inbox"
        if not (self.done or self.put_off or self.poison):
            return "no events waited"
        later = f", {self.put_off} times put off" if self.put_off else ""
        return f"{self.done} events done{later}" + (f", {self.poison} set aside as poison" if self.poison else "")


def drain(platform: Platform, open_coupling: Open, origin: Origin | None = None, seconds: float = _SECONDS) -> Drained:
    """Work on all events that are due. Raises WarehouseDown or PlatformBug, after the other couplings are done."""
    with warehouse_faults("emptying the inbox"), platform.connect() as connection, inbox.locked(connection) as free:
        if not free:
            return Drained(is_busy=True)
        inbox.begin(connection)
        return _Round(platform, connection, open_coupling, origin, time.monotonic() + seconds).run()


class _Round:
    def __init__(
        self, platform: Platform, connection: psycopg.Connection, open_coupling: Open, origin: Origin | None, end: float
    ) -> None:
        self._platform, self._connection, self._open = platform, connection, open_coupling
        self._origin, self._end = origin, end
        self._running: dict[Future[Followed], str] = {}
        self._error: SyncError | None = None
        self._drained = Drained()

    def run(self) -> Drained:
        with ThreadPoolExecutor(_WORKERS, "events") as pool:
            while self._begin(pool) or self._running:
                wait(self._running, _LOOK_SECONDS, FIRST_COMPLETED)
                for future in [future for future in self._running if future.done()]:
                    self._take(self._running.pop(future), future)
        if self._error is not None:
            raise self._error
        return self._drained

    def _begin(self, pool: ThreadPoolExecutor) -> bool:
        """Start on the couplings that have events and are not worked on; return whether there were any."""
        if self._error is not None or (time.monotonic() > self._end):
            return False
        names = inbox.couplings(self._connection, list(self._running.values()))
        for name in names:
            try:
                config, credentials = self._open(name)
            except SyncError as error:
                log.warning("%s: %s", name, error.what)
                most = timedelta(hours=1)
                inbox.pause(self._connection, name, timedelta(minutes=5), most, f"{error.error_class}: {error.what}")
            else:
                future = pool.submit(follow_up, self._platform, config, credentials, self._origin)
                self._running[future] = name
        return bool(names)

    def _take(self, name: str, future: Future[Followed]) -> None:
        """Add up what a coupling's turn did; an error waits until the others have ended."""
        try:
            found = future.result()
        except SyncError as error:
            self._error = self._error or error
            return
        log.info("%s: %d events done, %d put off, %d set aside", name, found.done, found.put_off, found.poison)
        self._drained = dataclasses.replace(
            self._drained,
            done=self._drained.done + found.done,
            put_off=self._drained.put_off + found.put_off,
            poison=self._drained.poison + found.poison,
            news=self._drained.news | {(name, told) for told in found.news},
        )
