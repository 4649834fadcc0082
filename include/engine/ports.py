"""What the engine asks of the rest of the platform: tokens and budgets that all workers share, and parents."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol


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


@dataclasses.dataclass(frozen=True)
class Usable:
    """Says of a token whether it may still be used; plain data, so that it can be handed to another process."""

    early_seconds: int
    seed: str | None = None
    """The authorisation that the token must come from; None = any."""
    refused_access: str = dataclasses.field(default="", repr=False)

    def __call__(self, token: Token) -> bool:
        """Return whether the token is of this authorisation, was not refused, and is good for some seconds more."""
        # A new refresh token in the connection means that the customer authorised again.
        if self.seed is not None and token.seed not in ("", self.seed):
            return False
        early = timedelta(seconds=self.early_seconds)
        return token.access != self.refused_access and token.expires_at - early > datetime.now(UTC)


class Renewal(Protocol):
    """How a token is renewed."""

    @property
    def rotates(self) -> bool:
        """Whether the remote may give a new refresh token that replaces the old one for good."""

    def order(self) -> dict[str, Any]:
        """Return it as plain data, from which another process can make it again. Holds secrets."""

    def renew(self, token: Token | None) -> Token:
        """Ask the remote for a token, given the one held; raises AuthRefused, LimitReached or RemoteDown."""


class TokenStore(Protocol):
    """Keeps one token per credential for all workers."""

    def get(self, credential: str, usable: Usable, renewal: Renewal) -> Token:
        """Return the stored token if `usable`, else let one worker renew it (under a lock) and store that."""


@dataclasses.dataclass(frozen=True)
class Hooks:
    """The functions of a connector's hooks.py."""

    token_form: Callable[[str, str, Mapping[str, str]], dict[str, str]] | None = None
    """From login, password and extra of the connection: further fields of the token request."""


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
class FailedCall:
    """A call that failed, redacted and cut: what came back, and what the platform made of it."""

    method: str
    address: str
    status: int | None
    """None where no answer came."""
    headers: Mapping[str, str]
    body: str
    milliseconds: int | None
    error_class: str
    error_text: str


class Witness(Protocol):
    """Keeps what failing calls looked like."""

    def failed(self, call: FailedCall) -> None:
        """Keep a call; raises nothing."""


class NoWitness:
    """Where nobody looks."""

    def failed(self, call: FailedCall) -> None:
        """Keep nothing."""


@dataclasses.dataclass(frozen=True)
class ParentKey:
    """A landed record that a child stream is called for."""

    key: str
    in_each: bool = False
    """Whether the key ends with the marketplace or the like that the record came from."""


Parents = Callable[[str | None], Iterator[ParentKey]]
"""Given the key after which to start (None = from the first), yields the parents in the order of their keys."""
