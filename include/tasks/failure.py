"""What happens when a task fails: tried again or not by the kind of error; the reason on the log's last lines (R1)."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy

from include.contract.errors import AskPerson, GiveUp, PlatformBug, SyncError, TryAgain

log = logging.getLogger(__name__)
RETRIES = 5
_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(minutes=15)


class RetryByKind(RetryPolicy):
    """Transient errors are tried again with growing, jittered waits; what needs a person or a fix is not (R7)."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any | None = None
    ) -> RetryDecision:
        """Decide by the class of the error; anything unforeseen follows the task's own retries."""
        if isinstance(exception, AskPerson | GiveUp):
            return RetryDecision.fail(reason=f"{exception.error_class}: trying again cannot help")
        if isinstance(exception, TryAgain):
            wait = min(_FIRST_WAIT * 3 ** (try_number - 1), _LONGEST_WAIT) * random.uniform(0.8, 1.2)
            return RetryDecision.retry(delay=wait, reason=f"{exception.error_class}: tried again by itself")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """The policy has no settings."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> RetryByKind:
        """Return the policy."""
        return cls()


def tell_reason(context: Mapping[str, Any]) -> None:
    """Write the reason as the last lines of the task's log; runs as callback after a failure or before a retry."""
    error = context.get("exception")
    if not isinstance(error, SyncError):
        known = isinstance(error, BaseException)
        error = PlatformBug(f"{type(error).__name__}: {error}" if known else "the task's process ended without a word")
    for line in error.reason.lines():
        log.error(line)
