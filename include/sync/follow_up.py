"""Follow up events of one coupling: land what they bring, pull what they name, say of each what became of it."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

import psycopg

from include.contract.errors import AskPerson, SyncError, TryAgain, Wait, WarehouseDown
from include.engine.extract import is_asked
from include.engine.ports import Credentials
from include.engine.slices import Ask
from include.spec.load import CouplingConfig
from include.sync.arrivals import land_records
from include.sync.pull import Platform, Pulled, asked_by_id, pull
from include.sync.stream import place_of
from include.warehouse import inbox, pulls, snapshot
from include.warehouse.connection import warehouse_faults
from include.warehouse.inbox import Waiting
from include.warehouse.pulls import Busy, Origin, Wish
from include.warehouse.registry import CouplingId, coupling_id

log = logging.getLogger(__name__)
_FULL, _THIN = 500, 10_000
# The records of one pull. It is repeated whole when one of them fails, so it is kept short.
_IDS = 50
TRIES = 3
# A remote that cannot be reached is not the event's fault; but one record may be what makes it fall over each time.
_PATIENT_TRIES = 12
_LOOK_AGAIN = (timedelta(seconds=5), timedelta(seconds=30))
_SOON = timedelta(seconds=2)


@dataclasses.dataclass
class Followed:
    """What became of the events of one coupling; `news` are objects of which a transform has something to do."""

    done: int = 0
    put_off: int = 0
    poison: int = 0
    news: set[str] = dataclasses.field(default_factory=set)
    faults: list[str] = dataclasses.field(default_factory=list)


class _Paused(Exception):  # noqa: N818 - a signal between two functions of this module
    """The coupling is left alone for a while, with all its events."""


def follow_up(platform: Platform, config: CouplingConfig, credentials: Credentials, origin: Origin | None) -> Followed:
    """Work on events of a coupling that are due. Raises WarehouseDown or PlatformBug."""
    with warehouse_faults("following up events"), platform.connect() as connection:
        ids = coupling_id(connection, config.name)
        events = inbox.waiting(connection, ids.coupling_id, _FULL, _THIN)
        work = _Work(platform, connection, config, credentials, ids, origin)
        try:
            work.all(events)
            inbox.resume(connection, ids.coupling_id)
        except _Paused:
            pass
        return work.followed


class _Work:
    def __init__(
        self,
        platform: Platform,
        connection: psycopg.Connection,
        config: CouplingConfig,
        credentials: Credentials,
        ids: CouplingId,
        origin: Origin | None,
    ) -> None:
        self._platform, self._connection, self._config = platform, connection, config
        self._credentials, self._ids, self._origin = credentials, ids, origin
        self.followed = Followed()

    def all(self, events: Sequence[Waiting]) -> None:
        """Records that events bring first: they cost the remote nothing."""
        for name, of_object in _groups(events, lambda event: event.object or ""):
            pulled = self._pulled(name)
            if pulled is None:
                self._done(of_object, None, f"{name} is not switched on, or not pulled by events")
                continue
            full = [event for event in of_object if event.record is not None and event.stream is not None]
            for _, of_stream in _groups(full, lambda event: str(event.stream)):
                self._land(pulled, of_stream)
            thin = [event for event in of_object if event not in full]
            by_id = [e for e in thin if e.follow_up == "single" and e.remote_id is not None]
            for some in _by_ids([event for event in by_id if not event.attempts], _IDS):
                self._pull(pulled, "single", some)
            if others := [event for event in thin if event not in by_id]:
                self._pull(pulled, "changed", others)
            # What has failed before is asked for alone, so that it is alone in failing again.
            for some in _by_ids([event for event in by_id if event.attempts], 1):
                self._pull(pulled, "single", some)

    def _pulled(self, name: str) -> str | None:
        """Return the object to pull, or None; one that is made of what others pull comes with the first of those."""
        if name not in self._config.pulled_objects:
            return None
        manifest = self._config.manifest
        for other in manifest.pulled_with(name) or (name,):
            streams = (manifest.streams[stream] for stream in manifest.objects[other].streams)  # type: ignore[index]
            if other in self._config.pulled_objects and any(is_asked(stream, Ask("single")) for stream in streams):
                return other
        return None

    def _land(self, name: str, events: Sequence[Waiting]) -> None:
        try:
            landed = land_records(self._connection, self._config, self._ids, name, events, self._origin)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            # Whatever it is about these records: their pull may do better, and it fails alone where it fails.
            log.exception("What events of %s bring cannot be landed", self._config.name)
            inbox.without_record(self._connection, [event.id for event in events])
            self.followed.faults.append(type(error).__name__)
            return
        self.followed.done += landed.done
        if landed.pull_id is not None and pulls.has_news(self._connection, landed.pull_id):
            self.followed.news.add(name)

    def _pull(self, name: str, mode: str, events: Sequence[Waiting]) -> None:
        asked = tuple(dict.fromkeys(event.remote_id or "" for event in events)) if mode == "single" else ()
        wish = Wish(self._config.name, name, mode, remote_ids=asked, origin=self._origin)
        try:
            done = pull(self._platform, self._config, wish, self._credentials)
        except WarehouseDown:
            raise
        except SyncError as error:
            self._failed(events, error, alone=len(asked) == 1)
            return
        if done.has_news:
            self.followed.news.add(name)
        with self._connection.transaction():
            self._settle(name, events, done)

    def _settle(self, name: str, events: Sequence[Waiting], done: Pulled) -> None:
        """Say what became of events after their pull."""
        absent = [event for event in events if event.remote_id in done.absent]
        gone = [event for event in absent if event.says_gone]
        if gone and self._bury(name, done.pull_id, gone):
            self.followed.news.add(name)
        there = [event for event in events if event.remote_id not in done.absent]
        if done.is_settled:
            self._done(there + gone, done.pull_id)
        else:
            self._put_off(there + gone, _SOON, "another pull landed it at the same time", tried=False)
        for event in absent:
            if event.says_gone:
                continue
            if event.attempts < len(_LOOK_AGAIN):
                self._put_off([event], _LOOK_AGAIN[event.attempts], "the remote does not have it yet", tried=True)
            else:
                reason = "the remote does not have it; if it is gone, the next pull of everything finds that"
                self._done([event], done.pull_id, reason)

    def _bury(self, name: str, pull_id: int, gone: Sequence[Waiting]) -> int:
        """Mark as gone what the remote says it has deleted, and does not have any more when asked."""
        buried = 0
        for named, events in _groups(gone, lambda event: event.stream or ""):
            keys = list({str(event.remote_id) for event in events})
            made = self._config.manifest.objects[name].streams  # type: ignore[index]
            # Lightspeed's products are not asked for by their own ids, and go by them.
            streams = [named] if named else asked_by_id(self._config, made)
            places = [place_of(self._config, self._ids, pull_id, stream) for stream in streams]
            buried += sum(snapshot.bury(self._connection, place, keys) for place in places)
        return buried

    def _failed(self, events: Sequence[Waiting], error: SyncError, *, alone: bool) -> None:
        """Let events wait, or set them aside; raises _Paused where the coupling as a whole has to wait."""
        reason = f"{error.error_class}: {error.what}"
        log.warning("%s: %s", self._config.name, reason)
        self.followed.faults.append(reason)
        if isinstance(error, Busy):
            self._put_off(events, max(error.until - datetime.now(UTC), _SOON), reason, tried=False)
        elif isinstance(error, Wait):
            wait = max(error.until - datetime.now(UTC), _SOON)
            inbox.pause(self._connection, self._config.name, wait, wait, reason)
            raise _Paused
        elif isinstance(error, AskPerson):
            inbox.pause(self._connection, self._config.name, timedelta(minutes=5), timedelta(hours=1), reason)
            raise _Paused
        else:
            self._tried(events, reason, alone, patient=isinstance(error, TryAgain))
            if isinstance(error, TryAgain):
                inbox.pause(self._connection, self._config.name, timedelta(seconds=15), timedelta(minutes=15), reason)
                raise _Paused

    def _tried(self, events: Sequence[Waiting], reason: str, alone: bool, *, patient: bool) -> None:
        most = _PATIENT_TRIES if patient else TRIES
        poison = [event for event in events if alone and event.attempts + 1 >= most]
        inbox.set_aside(self._connection, [event.id for event in poison], reason)
        self.followed.poison += len(poison)
        again = [event for event in events if event not in poison]
        wait = timedelta(seconds=10 * 3 ** min(again[0].attempts, 4)) if alone and again else timedelta()
        self._put_off(again, wait, reason, tried=True)

    def _put_off(self, events: Sequence[Waiting], wait: timedelta, reason: str, *, tried: bool) -> None:
        inbox.postpone(self._connection, [event.id for event in events], wait, reason, tried=tried)
        self.followed.put_off += len(events)

    def _done(self, events: Sequence[Waiting], pull_id: int | None, reason: str | None = None) -> None:
        inbox.done(self._connection, [event.id for event in events], pull_id, reason)
        self.followed.done += len(events)


def _groups(events: Sequence[Waiting], key: Callable[[Waiting], str]) -> Iterator[tuple[str, list[Waiting]]]:
    for name, found in groupby(sorted(events, key=key), key):
        yield name, list(found)


def _by_ids(events: Sequence[Waiting], most: int) -> Iterator[list[Waiting]]:
    """Yield the events of at most so many records together; all events of a record are followed up by one call."""
    names = list(dict.fromkeys(event.remote_id for event in events))
    for start in range(0, len(names), most):
        some = set(names[start : start + most])
        yield [event for event in events if event.remote_id in some]
