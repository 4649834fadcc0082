"""Tokens and limits kept in memory, for commands that run without a warehouse."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from include.contract.errors import LimitReached
from include.engine.answers import limit_of, remaining_of, reset_of
from include.engine.ports import Renewal, Token, Usable
from include.spec.budget import Budget


class MemoryTokens:
    """Keeps tokens for the time of one command."""

    def __init__(self) -> None:
        self._held: dict[str, Token] = {}

    def get(self, credential: str, usable: Usable, renewal: Renewal) -> Token:
        """Return the token held if it is usable, else a new one."""
        held = self._held.get(credential)
        if held is None or not usable(held):
            held = self._held[credential] = renewal.renew(held)
        return held


class MemoryLimits:
    """Counts requests against the manifest's budgets and keeps what the remote's headers said about them."""

    def __init__(self, budgets: list[Budget]) -> None:
        self._budgets = budgets
        self._taken: dict[str, list[datetime]] = {budget.name: [] for budget in budgets}
        self.said: dict[str, str] = {}

    def take(self, url: str) -> None:
        """Take one request; raises LimitReached where a budget is used up."""
        now, path = datetime.now(UTC), urlsplit(url).path
        for budget in self._budgets:
            if re.search(budget.path, path):
                window, most = timedelta(seconds=budget.seconds), budget.burst or budget.requests
                taken = [moment for moment in self._taken[budget.name] if moment > now - window]
                if len(taken) >= most:
                    raise LimitReached(f"the budget {budget.name} is used up", taken[0] + window)
                self._taken[budget.name] = [*taken, now]

    def heard(self, url: str, headers: Mapping[str, str]) -> None:
        """Keep what an answer's headers say about the budgets."""
        for budget in self._budgets:
            left, limit = remaining_of(budget, headers), limit_of(budget, headers)
            reset = reset_of(budget, headers, datetime.now(UTC))
            if left is not None or limit is not None:
                until = f", until {reset:%Y-%m-%d %H:%M:%S} UTC" if reset else ""
                self.said[budget.name] = (
                    f"{left if left is not None else '?'} of {limit or budget.requests} left{until}"
                )

    def used(self) -> dict[str, str]:
        """Return per budget how much of it this command used."""
        return {
            budget.name: f"{len(self._taken[budget.name])} of {budget.burst or budget.requests} per {budget.seconds} s"
            for budget in self._budgets
        }
