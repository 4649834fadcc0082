"""Request limits by fixed windows of the sandbox's clock."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from include.sandbox.world import World


@dataclasses.dataclass(frozen=True)
class Usage:
    """How much of a limit is used: `remaining` calls until `resets_at`."""

    limit: int
    remaining: int
    resets_at: datetime
    allowed: bool

    @property
    def reset_ms(self) -> int:
        """`resets_at` as epoch milliseconds."""
        return int(self.resets_at.timestamp() * 1000)


class Limits:
    """Count calls per key in windows aligned to the epoch: minutes end on whole minutes, days at midnight UTC."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._counts: dict[str, list[int]] = world.session.setdefault("limits", {})

    def take(self, key: str, limit: int, seconds: int) -> Usage:
        """Count one call; beyond the limit it is refused and not counted."""
        return self._look(key, limit, seconds, 1)

    def look(self, key: str, limit: int, seconds: int) -> Usage:
        """Say what is used without counting; `allowed` tells whether one more call would pass."""
        return self._look(key, limit, seconds, 0)

    def _look(self, key: str, limit: int, seconds: int, calls: int) -> Usage:
        start = int(self._world.clock.now().timestamp()) // seconds * seconds
        window = self._counts.setdefault(key, [start, 0])
        if window[0] != start:
            window[:] = [start, 0]
        allowed = window[1] < limit
        if allowed:
            window[1] += calls
        resets_at = datetime.fromtimestamp(start + seconds, UTC)
        return Usage(limit, max(0, limit - window[1]), resets_at, allowed)
