"""The sandbox's time: real time plus an offset, or a time that stands still until it is advanced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tell the sandbox's time; with `start` given it stands still and moves by `advance` only."""

    def __init__(self, start: datetime | None = None) -> None:
        self._standing = start.astimezone(UTC) if start else None
        self.offset = timedelta()

    def now(self) -> datetime:
        """Return the sandbox's time, aware, in UTC."""
        return (self._standing or datetime.now(UTC)) + self.offset

    def advance(self, seconds: float) -> datetime:
        """Move the time on by `seconds` and return the new time."""
        self.offset += timedelta(seconds=seconds)
        return self.now()
