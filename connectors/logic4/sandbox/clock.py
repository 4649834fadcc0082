"""The clock on Logic4's wall: naive times that mean Europe/Amsterdam, whose hour from 2 to 3 comes twice in autumn."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

WALL = ZoneInfo("Europe/Amsterdam")


def wall(at: datetime) -> datetime:
    """Return what the wall clock shows at a moment, without a zone and in milliseconds."""
    shown = at.astimezone(WALL).replace(tzinfo=None)
    return shown.replace(microsecond=shown.microsecond // 1000 * 1000)


def written(at: datetime) -> str:
    """Return a moment as Logic4 writes it: 2024-06-03T14:05:00, or with three digits more where there is a fraction."""
    shown = wall(at)
    return shown.isoformat(timespec="milliseconds" if shown.microsecond else "seconds")


def read(text: str) -> datetime:
    """Return a naive time of a filter. Raises ValueError for anything else: a Z or an offset is no wall clock time."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is not None:
        raise ValueError(text)
    return time
