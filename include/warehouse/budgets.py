"""Request budgets in PostgreSQL: one count per credential and window for all workers (invariant 7, R6)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import psycopg

from include.contract.errors import LimitReached
from include.warehouse.connection import Connect, warehouse_faults


@dataclasses.dataclass(frozen=True)
class Window:
    """A limit of `capacity` requests per `period`; counts addresses in whose path the pattern `path` is found."""

    name: str
    capacity: int
    period: timedelta
    path: str = ""

    def counts(self, url: str) -> bool:
        """Return whether a request to `url` counts here."""
        return re.search(self.path, urlsplit(url).path) is not None


class SharedBudget:
    """Takes requests from the windows of one credential."""

    def __init__(self, connect: Connect, credential: str, windows: Sequence[Window]) -> None:
        self._connect, self._credential, self._windows = connect, credential, list(windows)
        self._connection: psycopg.Connection | None = None

    def take(self, url: str) -> None:
        """Take one request from every window that counts `url`; raises LimitReached with the time of the next one."""
        counting = [window for window in self._windows if window.counts(url)]
        if not counting:
            return
        with warehouse_faults("taking from a request budget"):
            connection = self._open()
            with connection.transaction():
                for window in counting:
                    self._take(connection, window)

    def _take(self, connection: psycopg.Connection, window: Window) -> None:
        values = {"credential": self._credential, "name": window.name, "most": window.capacity, "period": window.period}
        connection.execute(
            "insert into platform.budgets (credential, window_name, capacity, period, resets_at)"
            " values (%(credential)s, %(name)s, %(most)s, %(period)s, now() + %(period)s)"
            " on conflict (credential, window_name) do nothing",
            values,
        )
        row = connection.execute(
            "update platform.budgets set capacity = %(most)s, period = %(period)s,"
            " used = case when resets_at <= clock_timestamp() then 1 else used + 1 end,"
            " resets_at = case when resets_at <= clock_timestamp() then clock_timestamp() + %(period)s"
            " else resets_at end"
            " where credential = %(credential)s and window_name = %(name)s"
            " and (resets_at <= clock_timestamp() or used < %(most)s) returning used",
            values,
        ).fetchone()
        if row is None:
            until = connection.execute(
                "select resets_at from platform.budgets where credential = %(credential)s and window_name = %(name)s",
                values,
            ).fetchone()
            moment = until[0] if until else datetime.now(UTC) + window.period
            raise LimitReached(
                f"{window.capacity} requests per {window.name} are used up until {moment:%Y-%m-%d %H:%M:%S} UTC", moment
            )

    def correct(self, name: str, remaining: int, resets_at: datetime | None) -> None:
        """Hear from the remote how many requests are left in a window and when it ends; the stricter count stands."""
        with warehouse_faults("correcting a request budget"):
            self._open().execute(
                "update platform.budgets set used = greatest(used, capacity - %(left)s),"
                " resets_at = coalesce(%(resets)s, resets_at)"
                " where credential = %(credential)s and window_name = %(name)s"
                " and (used < capacity - %(left)s or resets_at is distinct from coalesce(%(resets)s, resets_at))",
                {"left": remaining, "resets": resets_at, "credential": self._credential, "name": name},
            )

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection
