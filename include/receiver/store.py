"""Group commit: all events that wait at a moment go into the inbox in one transaction, and only then are answered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator

import psycopg
from psycopg import AsyncConnection

from include.warehouse.inbox import INSERT, Arrived, columns_of

log = logging.getLogger(__name__)
_MOST_EVENTS, _MOST_BYTES = 500, 8_000_000
# More than this waits only while PostgreSQL does not answer; the senders will come again.
_FULL_BYTES = 64_000_000
_CONNECT_SECONDS, _COMMIT_SECONDS = 3, 10
# Whatever the server's default is: a sender that has heard "accepted" does not send again.
_OPTIONS = "-c TimeZone=UTC -c synchronous_commit=on -c jit=off"


class NotStored(Exception):  # noqa: N818 - a signal between two functions of the receiver
    """PostgreSQL did not confirm the event: it must not be answered as accepted."""


class Store:
    """Puts events into the inbox; one connection, one transaction at a time, as many events in it as are waiting."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: AsyncConnection | None = None
        self._queue: deque[tuple[Arrived, asyncio.Future[bool]]] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Commit events while inside; what was handed in before the end is committed or refused."""
        writer = asyncio.create_task(self._write())
        try:
            yield
        finally:
            while self._queue and not writer.done():
                await asyncio.sleep(0.01)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            await self._drop()

    async def keep(self, event: Arrived) -> bool:
        """Return once the event is committed: True when it is new, False when it was in there already.

        Raises NotStored when it may not be in there.
        """
        if self._bytes > _FULL_BYTES:
            raise NotStored("too much waits for PostgreSQL")
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append((event, answered))
        self._bytes += len(event.body)
        self._wake.set()
        return await answered

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._commit(self._next())

    def _next(self) -> list[tuple[Arrived, asyncio.Future[bool]]]:
        taken: list[tuple[Arrived, asyncio.Future[bool]]] = []
        size = 0
        while self._queue and len(taken) < _MOST_EVENTS and size < _MOST_BYTES:
            event, answered = self._queue.popleft()
            size += len(event.body)
            taken.append((event, answered))
        self._bytes -= size
        return taken

    async def _commit(self, batch: list[tuple[Arrived, asyncio.Future[bool]]]) -> None:
        try:
            new = await self._insert([event for event, _ in batch])
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # One event that PostgreSQL refuses must not take the others of its batch along.
            if len(batch) > 1:
                for one in batch:
                    await self._commit([one])
                return
            log.error("An event of coupling %d was refused: %s", batch[0][0].coupling_id, type(error).__name__)
            _answer(batch, NotStored(type(error).__name__))
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("%d events were not stored: %s", len(batch), type(error).__name__)
            await self._drop()
            _answer(batch, NotStored(type(error).__name__))
        else:
            _answer(batch, new)

    async def _insert(self, events: list[Arrived]) -> set[tuple[int, bytes]]:
        async with asyncio.timeout(_COMMIT_SECONDS):
            if self._connection is None:
                self._connection = await AsyncConnection.connect(
                    self._dsn, autocommit=True, connect_timeout=_CONNECT_SECONDS, options=_OPTIONS,
                    application_name="receiver", prepare_threshold=1,
                )  # fmt: skip
            cursor = await self._connection.execute(INSERT, columns_of(events))
            return {(int(coupling), bytes(dedup)) for coupling, dedup in await cursor.fetchall()}

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await connection.close()


def _answer(batch: list[tuple[Arrived, asyncio.Future[bool]]], outcome: set[tuple[int, bytes]] | NotStored) -> None:
    for event, answered in batch:
        # A sender that has gone away has cancelled its own.
        if answered.done():
            continue
        if isinstance(outcome, NotStored):
            answered.set_exception(outcome)
        else:
            key = (event.coupling_id, event.dedup)
            answered.set_result(key in outcome)
            outcome.discard(key)
