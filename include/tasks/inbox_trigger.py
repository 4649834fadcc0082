"""What the triggerer watches: whether webhook events wait and nobody works on them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from include.contract.errors import SyncError
from include.warehouse.connection import dsn_from_environment
from include.warehouse.inbox import IS_CALLED_FOR

log = logging.getLogger(__name__)
# A run that was called for and has not begun: calling again would only queue up runs with nothing to do.
_PATIENCE_SECONDS = 20.0


class InboxTrigger(BaseEventTrigger):
    """Looks at the inbox each second, for as long as the triggerer lives.

    It reads the warehouse by WAREHOUSE_..., which every process has: a connection of Airflow cannot be read here.
    """

    def __init__(self, every_seconds: float = 1.0) -> None:
        super().__init__()
        self.every_seconds = every_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return how the triggerer makes it anew."""
        return "include.tasks.inbox_trigger.InboxTrigger", {"every_seconds": self.every_seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event when events wait; again after they were worked on, or when nobody came for them."""
        called_at, begun_before = float("-inf"), None
        while True:
            try:
                async with await self._connect() as connection:
                    while True:
                        is_called_for, is_worked_on, begun = await _look(connection)
                        is_underway = begun == begun_before and time.monotonic() - called_at < _PATIENCE_SECONDS
                        if is_called_for and not is_worked_on and not is_underway:
                            called_at, begun_before = time.monotonic(), begun
                            yield TriggerEvent({"waiting": True})
                        await asyncio.sleep(self.every_seconds)
            except (psycopg.Error, SyncError, OSError) as error:
                log.warning("The inbox cannot be looked at: %s", type(error).__name__)
                await asyncio.sleep(5)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            dsn_from_environment(), autocommit=True, connect_timeout=10, application_name="inbox trigger"
        )


async def _look(connection: psycopg.AsyncConnection[Any]) -> tuple[bool, bool, str | None]:
    """Return whether events wait, whether somebody works on them, and when somebody last began to."""
    row = await (await connection.execute(IS_CALLED_FOR)).fetchone()
    assert row is not None, "a select of values is a row"
    return bool(row[0]), bool(row[1]), row[2]
