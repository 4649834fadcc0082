"""Open a coupling's line to its remote, with tokens and budgets that all workers share."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from include.engine.answers import remaining_of, reset_of
from include.engine.client import Client
from include.engine.ports import Credentials, Limiter, NoLimit, Token
from include.spec.load import CouplingConfig
from include.spec.manifest import Budget
from include.warehouse.budgets import SharedBudget, Window
from include.warehouse.connection import Connect
from include.warehouse.secrets import Vault
from include.warehouse.tokens import StoredTokens


class RemoteLimits:
    """The budgets of a manifest for one credential, corrected by each answer's headers."""

    def __init__(self, connect: Connect, credential: str, budgets: list[Budget]) -> None:
        windows = [Window(b.name, b.requests, timedelta(seconds=b.seconds), b.path) for b in budgets]
        self._budgets = list(zip(budgets, windows, strict=True))
        self._shared = SharedBudget(connect, credential, windows)

    def take(self, url: str) -> None:
        """Take one request; raises LimitReached."""
        self._shared.take(url)

    def heard(self, url: str, headers: Mapping[str, str]) -> None:
        """Correct the counts by what the remote said."""
        now = datetime.now(UTC)
        for budget, window in self._budgets:
            left = remaining_of(budget, headers)
            if left is not None and window.counts(url):
                self._shared.correct(budget.name, left, reset_of(budget, headers, now))

    def close(self) -> None:
        """Close the connection to the shared counts."""
        self._shared.close()


@contextlib.contextmanager
def open_client(config: CouplingConfig, credentials: Credentials, connect: Connect, vault: Vault) -> Iterator[Client]:
    """Yield a client for a coupling; close its connections after it. Raises Misconfigured when something is lacking."""
    values = {f"settings.{key}": value for key, value in config.settings.items()}
    tokens = StoredTokens(connect, vault, _pack, _unpack)
    with contextlib.ExitStack() as stack:
        limiter: Limiter = NoLimit()
        if config.manifest.client.budgets:
            limits = RemoteLimits(connect, credentials.name, config.manifest.client.budgets)
            stack.callback(limits.close)
            limiter = limits
        client = Client(config.manifest.client, credentials, values, tokens, limiter)
        stack.callback(client.close)
        yield client


def _pack(token: Token) -> dict[str, str]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in dataclasses.asdict(token).items()
    }


def _unpack(packed: dict[str, str]) -> Token:
    return Token(
        access=packed["access"],
        refresh=packed["refresh"],
        issued_at=datetime.fromisoformat(packed["issued_at"]),
        expires_at=datetime.fromisoformat(packed["expires_at"]),
        seed=packed.get("seed", ""),
    )
