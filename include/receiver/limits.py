"""How much one coupling may send: a bucket of requests each, so that one customer's flood leaves the others alone."""

from __future__ import annotations

import dataclasses
import os
import time

_BURST_SECONDS = 20


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a request may cost; `rate` is requests per second and coupling, twenty seconds of it at once."""

    rate: float = 500.0
    body_bytes: int = 2_000_000
    body_seconds: float = 10.0

    @classmethod
    def from_environment(cls) -> Limits:
        """Read OPTIPLY_WEBHOOK_RATE and OPTIPLY_WEBHOOK_BYTES."""
        rate = os.environ.get("OPTIPLY_WEBHOOK_RATE", str(cls.rate))
        return cls(float(rate), int(os.environ.get("OPTIPLY_WEBHOOK_BYTES", str(cls.body_bytes))))


class Buckets:
    """Counts the requests of each coupling in this process."""

    def __init__(self, rate: float) -> None:
        self._rate, self._most = rate, max(rate * _BURST_SECONDS, 1.0)
        self._held: dict[int, tuple[float, float]] = {}

    def take(self, coupling_id: int, now: float | None = None) -> float:
        """Take one request; return 0.0, or for how many seconds the coupling has to wait."""
        moment = time.monotonic() if now is None else now
        held, at = self._held.get(coupling_id, (self._most, moment))
        held = min(held + (moment - at) * self._rate, self._most)
        if held < 1:
            self._held[coupling_id] = (held, moment)
            return (1 - held) / self._rate
        self._held[coupling_id] = (held - 1, moment)
        return 0.0
