"""What happens when a task fails: tried again or not by the kind of error; the reason on the log's last lines (R1)."""

from __future__ import annotations

import functools
import logging
import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from airflow.sdk import RetryDecision, RetryPolicy

from include.contract.errors import AskPerson, GiveUp, PlatformBug, SyncError, TryAgain

log = logging.getLogger(__name__)
Result = TypeVar("Result")
RETRIES = 5
# Also the wait after a death without an exception (a killed process), which no policy is asked about.
FIRST_WAIT = timedelta(seconds=10)
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
            wait = min(FIRST_WAIT * 3 ** (try_number - 1), _LONGEST_WAIT) * random.uniform(0.8, 1.2)
            return RetryDecision.retry(delay=wait, reason=f"{exception.error_class}: tried again by itself")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """The policy has no settings."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> RetryByKind:
        """Return the policy."""
        return cls()


def without_traceback(execute: Callable[..., Result]) -> Callable[..., Result]:
    """Let a foreseen error leave a task without the way through our code, which only a bug is found by.

    Airflow prints the traceback, and sixty lines of it above the reason are what support would read first.
    """

    @functools.wraps(execute)
    def run(*args: Any, **named: Any) -> Result:
        try:
            return execute(*args, **named)
        except PlatformBug:
            raise
        except SyncError as error:
            raise error.with_traceback(None) from None

    return run


def tell_reason(context: Mapping[str, Any]) -> None:
    """Write the reason as the last lines of the task's log; runs as callback after a failure or before a retry."""
    error = context.get("exception")
    if not isinstance(error, SyncError):
        known = isinstance(error, BaseException)
        error = PlatformBug(f"{type(error).__name__}: {error}" if known else "the task's process ended without a word")
    # Airflow folds away what callbacks write, as "Post Execute"; ending that group first leaves the reason in sight.
    log.info("::endgroup::")
    for line in error.reason.lines():
        log.error(line)
