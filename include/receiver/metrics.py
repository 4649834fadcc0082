"""What the receiver tells a Prometheus: counts of this process, and the backlog as PostgreSQL knows it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator

from include.warehouse.inbox import Backlog

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts since the process began."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._seconds = [0] * (len(_BOUNDS) + 1)
        self._sum = 0.0

    def took(self, seconds: float) -> None:
        """Count the time from the first byte of an accepted request to its answer."""
        self._seconds[bisect_left(_BOUNDS, seconds)] += 1
        self._sum += seconds

    def text(self, waiting: Iterable[Backlog]) -> str:
        """Return all of it in the text format."""
        found = list(waiting)
        lines = [
            *_family("optiply_webhook_accepted_total", "counter", "coupling", self.accepted.items()),
            *_family("optiply_webhook_repeated_total", "counter", "coupling", self.repeated.items()),
            *_family("optiply_webhook_refused_total", "counter", "reason", self.refused.items()),
            *_family("optiply_webhook_backlog", "gauge", "coupling", ((b.coupling, b.waiting) for b in found)),
            *_family(
                "optiply_webhook_backlog_age_seconds",
                "gauge",
                "coupling",
                ((b.coupling, b.oldest_seconds) for b in found),
            ),
            *_family("optiply_webhook_poison", "gauge", "coupling", ((b.coupling, b.poison) for b in found)),
            *self._histogram(),
        ]
        return "\n".join(lines) + "\n"

    def _histogram(self) -> Iterator[str]:
        name, total = "optiply_webhook_seconds", 0
        yield f"# TYPE {name} histogram"
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self._seconds, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._sum:.6f}"
        yield f"{name}_count {total}"


def _family(name: str, kind: str, label: str, values: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    for value, number in values:
        yield f'{name}{{{label}="{value}"}} {number:g}'
