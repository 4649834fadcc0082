"""One figure of a benchmark."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Result:
    """A value, its floor measured in the same run, and the ratio (above 1.0 = better than the floor, for rates)."""

    value: float
    unit: str
    floor: float | None
    ratio: float | None
