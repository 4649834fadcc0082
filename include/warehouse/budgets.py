"""Request budgets in PostgreSQL: one count per scope and window for all workers, fair between couplings (R6)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import psycopg

from include.contract.errors import LimitReached
from include.warehouse.connection import Connect, warehouse_faults


@dataclasses.dataclass(frozen=True)
class Window:
    """A limit of `capacity` requests per `period` in a scope; counts addresses in whose path `path` is found.

    With `burst` it is a token bucket of that size, refilled evenly; with `calendar` it ends with the day or month, UTC.
    """

    name: str
    capacity: int
    period: timedelta
    path: str = ""
    burst: int | None = None
    calendar: Literal["day", "month"] | None = None
    scope: str | None = None
    """Who shares the limit; None = those of the credential."""

    def counts(self, url: str) -> bool:
        """Return whether a request to `url` counts here."""
        return re.search(self.path, urlsplit(url).path) is not None

    @property
    def most(self) -> int:
        """How many requests can be made at once."""
        return self.burst or self.capacity

    @property
    def refill(self) -> float | None:
        """How many requests a bucket gets back in a second; None for a window that starts anew."""
        return self.capacity / self.period.total_seconds() if self.burst else None

    def ends(self, now: datetime) -> datetime | None:
        """Return when a window of the calendar ends; None for one that counts from its first request."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.calendar == "day":
            return midnight + timedelta(days=1)
        return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1) if self.calendar == "month" else None


class SharedBudget:
    """Takes requests from the windows of one credential for one coupling, the claimant."""

    def __init__(self, connect: Connect, credential: str, windows: Sequence[Window], claimant: str = "") -> None:
        self._connect, self._credential, self._claimant = connect, credential, claimant or credential
        # Always in this order: two workers that lock the same rows in two orders would wait for one another.
        self._windows = sorted(windows, key=lambda window: (self._scope(window), window.name))
        self._connection: psycopg.Connection | None = None

    def take(self, url: str) -> None:
        """Take one request from every window that counts `url`; raises LimitReached with the time of the next one."""
        counting = [window for window in self._windows if window.counts(url)]
        if not counting:
            return
        with warehouse_faults("taking from a request budget"):
            refused = self._take(counting)
        if refused is not None:
            window, until = refused
            raise LimitReached(
                f"{window.most} requests per {window.name} are used up, or what is left belongs to other couplings,"
                f" until {until:%Y-%m-%d %H:%M:%S} UTC",
                until,
            )

    def _take(self, counting: list[Window]) -> tuple[Window, datetime] | None:
        connection = self._open()
        for number, window in enumerate(counting):
            row = connection.execute(
                "select platform.take_request(%s, %s, %s, %s, %s, %s, %s)",
                [self._scope(window), window.name, self._claimant, window.most, window.period, window.refill,
                 window.ends(datetime.now(UTC))],
            ).fetchone()  # fmt: skip
            if row is not None and row[0] is not None:
                self._give_back(counting[:number])
                return window, row[0]
        return None

    def _give_back(self, taken: list[Window]) -> None:
        """Return what was taken for a request that another window forbids; its wish for more is remembered there."""
        for window in taken:
            self._open().execute(
                "with budget as (update platform.budgets set used = greatest(0, used - 1)"
                " where scope = %(scope)s and window_name = %(name)s)"
                " update platform.budget_shares set used = greatest(0, used - 1)"
                " where scope = %(scope)s and window_name = %(name)s and claimant = %(claimant)s",
                {"scope": self._scope(window), "name": window.name, "claimant": self._claimant},
            )

    def correct(self, name: str, remaining: int | None, resets_at: datetime | None, limit: int | None = None) -> None:
        """Hear from the remote how many requests are left in a window, when it ends, and how many there are at all.

        Of two counts the stricter stands; the limit is the remote's. What is said of a window that has ended is late.
        """
        window = next((window for window in self._windows if window.name == name), None)
        if window is None:
            return
        with warehouse_faults("correcting a request budget"):
            self._open().execute(
                "update platform.budgets set allowed = coalesce(%(limit)s, allowed),"
                " used = greatest(used, coalesce(%(limit)s, allowed, capacity) - %(left)s::int),"
                " resets_at = coalesce(%(resets)s, resets_at)"
                " where scope = %(scope)s and window_name = %(name)s"
                " and coalesce(%(resets)s::timestamptz > clock_timestamp(), true)"
                " and (used < coalesce(%(limit)s, allowed, capacity) - %(left)s::int"
                " or allowed is distinct from coalesce(%(limit)s, allowed)"
                " or resets_at is distinct from coalesce(%(resets)s, resets_at))",
                {"left": remaining, "resets": resets_at, "limit": limit, "scope": self._scope(window), "name": name},
            )

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _scope(self, window: Window) -> str:
        return window.scope or self._credential

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection
