"""One place that was looked at."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Finding:
    """A file and a line; `fault` says what is wrong there, empty = nothing."""

    file: str
    line: int
    fault: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.fault}"
