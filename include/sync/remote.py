"""Open a coupling's line to its remote, with tokens and budgets that all workers share."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from include.contract.errors import SyncError
from include.engine.answers import limit_of, remaining_of, reset_of
from include.engine.client import Client
from include.engine.ports import Credentials, FailedCall, Hooks, Limiter, NoLimit
from include.engine.template import fill
from include.spec.budget import Budget
from include.spec.load import CouplingConfig
from include.sync.token_keeper import KeptTokens
from include.warehouse import faults
from include.warehouse.budgets import SharedBudget, Window
from include.warehouse.connection import Connect
from include.warehouse.secrets import Vault

# Of one pull, push or check; a remote that is down for a night must not fill a disk.
_MOST_FAULTS = 40


class RemoteLimits:
    """The budgets of a manifest for one coupling, corrected by each answer's headers."""

    def __init__(self, connect: Connect, config: CouplingConfig, credentials: Credentials) -> None:
        values = {**settings_of(config), **_who(credentials)}
        budgets = config.manifest.client.budgets
        windows = [window_of(budget, fill(budget.scope, values)) for budget in budgets]
        self._budgets = list(zip(budgets, windows, strict=True))
        self._shared = SharedBudget(connect, credentials.name, windows, config.name)

    def take(self, url: str) -> None:
        """Take one request; raises LimitReached."""
        self._shared.take(url)

    def heard(self, url: str, headers: Mapping[str, str]) -> None:
        """Correct the counts by what the remote said."""
        now = datetime.now(UTC)
        for budget, window in self._budgets:
            left, limit = remaining_of(budget, headers), limit_of(budget, headers)
            if (left is not None or limit is not None) and window.counts(url):
                self._shared.correct(budget.name, left, reset_of(budget, headers, now), limit)

    def close(self) -> None:
        """Close the connection to the shared counts."""
        self._shared.close()


def window_of(budget: Budget, scope: str) -> Window:
    """Return a budget of a manifest as the warehouse counts it."""
    period = timedelta(seconds=budget.seconds)
    return Window(budget.name, budget.requests, period, budget.path, budget.burst, budget.calendar, scope)


def _who(credentials: Credentials) -> dict[str, str]:
    """Return what a budget's scope may name. A login may be a key: it is told apart from others, and not told."""
    host = credentials.host.rstrip("/")
    login = f"login {hashlib.sha256(credentials.login.encode()).hexdigest()[:12]}"
    return {"connection.name": credentials.name, "connection.host": host, "connection.login": login}


def settings_of(config: CouplingConfig) -> dict[str, Any]:
    """Return a coupling's settings as a manifest's templates name them."""
    return {f"settings.{key}": value for key, value in config.settings.items()}


def hooks_of(connector: str) -> Hooks:
    """Return the functions of connectors/<connector>/hooks.py, none where there is no such file."""
    name = f"connectors.{connector}.hooks"
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    return Hooks(getattr(importlib.import_module(name), "token_form", None)) if found else Hooks()


class KeptFaults:
    """Keeps the failing calls of one operation in the warehouse: the first ones, because the rest look like them."""

    def __init__(self, connect: Connect, coupling: str, operation: str) -> None:
        self._connect, self._coupling, self._operation, self._left = connect, coupling, operation, _MOST_FAULTS

    def failed(self, call: FailedCall) -> None:
        """Keep a call, in a transaction of its own; a warehouse that does not take it changes nothing."""
        if self._left > 0:
            self._left -= 1
            with contextlib.suppress(psycopg.Error, SyncError), self._connect() as connection:
                faults.keep(connection, self._coupling, self._operation, dataclasses.asdict(call))


@contextlib.contextmanager
def open_client(
    config: CouplingConfig, credentials: Credentials, connect: Connect, vault: Vault, operation: str
) -> Iterator[Client]:
    """Yield a client for a coupling; close its connections after it. Raises Misconfigured when something is lacking.

    `operation` is what support reads beside a call that failed.
    """
    with contextlib.ExitStack() as stack:
        limiter: Limiter = NoLimit()
        if config.manifest.client.budgets:
            limits = RemoteLimits(connect, config, credentials)
            stack.callback(limits.close)
            limiter = limits
        tokens, hooks = KeptTokens(connect, vault), hooks_of(config.connector)
        witness = KeptFaults(connect, config.name, operation)
        values = settings_of(config)
        client = Client(config.manifest.client, credentials, values, tokens, limiter, hooks=hooks, witness=witness)
        stack.callback(client.close)
        yield client
