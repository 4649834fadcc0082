"""What is wrong in a file: where, which key, and the nearest valid word."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable

from include.contract.errors import Misconfigured


@dataclasses.dataclass(frozen=True)
class Problem:
    """One finding in one file; `line` counts from 1."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        key = f" {self.key}:" if self.key else ""
        return f"{self.file}:{self.line}:{key} {self.message}"


class ConfigError(Misconfigured):
    """A YAML file cannot be used; `problems` names each place."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(
            "\n".join(map(str, problems)), next_step="Correct the file at the line named; it is read again by itself."
        )
        self.problems = problems


def nearest(word: str, valid: Iterable[str]) -> str:
    """Return ' Did you mean …?' or the list of valid words, for the end of a message."""
    words = sorted(valid)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" Valid: {', '.join(words)}." if words else ""
