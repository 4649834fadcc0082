"""What the engine asks of the rest of the platform: tokens and budgets that all workers share, and parents."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol


@dataclasses.dataclass(frozen=True)
class Credentials:
    """What the coupling's Airflow connection holds. Its text form shows no secret."""

    name: str
    host: str
    login: str = dataclasses.field(default="", repr=False)
    password: str = dataclasses.field(default="", repr=False)
    extra: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)


@dataclasses.dataclass(frozen=True)
class Token:
    """An OAuth token pair; times are aware; `seed` is a hash of the authorisation that the pair came from."""

    access: str = dataclasses.field(repr=False)
    refresh: str = dataclasses.field(repr=False)
    issued_at: datetime
    expires_at: datetime
    seed: str = ""


class TokenStore(Protocol):
    """Keeps one token per credential for all workers."""

    def get(self, credential: str, usable: Callable[[Token], bool], renew: Callable[[Token | None], Token]) -> Token:
        """Return the stored token if `usable`, else let one worker `renew` it (under a lock) and store that."""


class Limiter(Protocol):
    """Counts requests of one credential against the remote's limits, for all workers."""

    def take(self, url: str) -> None:
        """Take one request; waits when the wait is short, raises LimitReached when it is long."""

    def heard(self, url: str, headers: Mapping[str, str]) -> None:
        """Correct the count by what the remote said."""


class NoLimit:
    """For systems without a known limit."""

    def take(self, url: str) -> None:
        """Take nothing."""

    def heard(self, url: str, headers: Mapping[str, str]) -> None:
        """Hear nothing."""


@dataclasses.dataclass(frozen=True)
class ParentKey:
    """A landed record that a child stream is called for."""

    key: str


Parents = Callable[[str | None], Iterator[ParentKey]]
"""Given the key after which to start (None = from the first), yields the parents in the order of their keys."""
