"""Exact's limits per division: calls per minute and day, and the quota of errors per endpoint."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from include.sandbox.answers import RefusedError
from include.sandbox.limits import Limits, Usage
from include.sandbox.world import World

MINUTE, DAY = 60, 86400
BLOCKED_FOR = timedelta(hours=1)
ERRORS = {400, 401, 403, 404}


def count_call(limits: Limits, division: str, per_minute: int, per_day: int, lapse: int = 1) -> dict[str, str]:
    """Count a call and return the headers of both limits; a breach shows the headers of the breached one only.

    `lapse`: how many times faster than in life the limits start anew.
    """
    minute = limits.look(f"minute:{division}", per_minute, MINUTE // lapse)
    day = limits.look(f"day:{division}", per_day, DAY // lapse)
    if not minute.allowed:
        raise RefusedError(Response(None, 429, _headers(minute, "Minutely-")))
    if not day.allowed:
        raise RefusedError(Response(None, 429, _headers(day, "")))
    minute = limits.take(f"minute:{division}", per_minute, MINUTE // lapse)
    day = limits.take(f"day:{division}", per_day, DAY // lapse)
    return _headers(day, "") | _headers(minute, "Minutely-")


def _headers(usage: Usage, part: str) -> dict[str, str]:
    prefix = f"X-RateLimit-{part}"
    return {
        f"{prefix}Limit": str(usage.limit),
        f"{prefix}Remaining": str(usage.remaining),
        f"{prefix}Reset": str(usage.reset_ms),
    }


class ErrorQuota:
    """Block an endpoint for an hour after more than `allowed` error answers within an hour."""

    def __init__(self, world: World, allowed: int, status: int) -> None:
        self._world, self._allowed, self._status = world, allowed, status
        self._errors: dict[str, Any] = world.session.setdefault("errors", {})

    def check(self, endpoint: str) -> None:
        """Refuse a call to a blocked endpoint."""
        until = self._errors.get(endpoint, {}).get("until")
        if until and self._world.clock.now() < datetime.fromisoformat(until):
            # The status of a blocked key is not documented (unverified); a setting can make it another one.
            raise RefusedError(Response(None, self._status))

    def note(self, endpoint: str, status: int) -> None:
        """Count an answer when it is an error."""
        if status not in ERRORS:
            return
        now = self._world.clock.now()
        entry = self._errors.setdefault(endpoint, {"times": [], "until": None})
        recent = [time for time in entry["times"] if datetime.fromisoformat(time) > now - timedelta(hours=1)]
        entry["times"] = [*recent, now.isoformat()]
        if len(entry["times"]) > self._allowed:
            entry.update(times=[], until=(now + BLOCKED_FOR).isoformat())
        self._world.session_changed = True
