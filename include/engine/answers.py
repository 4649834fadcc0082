"""What an answer means: status, body and headers become an error of the tree, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from include.contract.errors import (
    AuthRefused,
    LimitReached,
    Misconfigured,
    NotThere,
    RemoteDown,
    RequestRefused,
    SyncError,
    UnexpectedResponse,
)
from include.engine.redact import address, redact, remote_words
from include.spec.manifest import Budget, ErrorRule

_CLASSES: dict[str, type[SyncError]] = {
    "auth": AuthRefused,
    "remote down": RemoteDown,
    "bad request": RequestRefused,
    "unexpected response": UnexpectedResponse,
    "configuration": Misconfigured,
}
_IN_WORDS = re.compile(r"retry in (\d{1,9}) second", re.IGNORECASE)
_LONGEST_WAIT = timedelta(days=1)
_DEFAULT_WAIT = timedelta(seconds=30)


def check(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    url: str,
    rules: Iterable[ErrorRule],
    budgets: Iterable[Budget],
    secrets: Iterable[str],
) -> SyncError | None:
    """Return the error that an answer means, None for a good one. Its text holds the remote's words, redacted."""
    if 200 <= status < 300:
        return None
    secrets = list(secrets)
    words = remote_words(body, secrets)
    what = f"{redact(address(url), secrets)} answered {status}" + (f": {words}" if words else "")
    text = body[:20_000].decode("utf-8", "replace")
    for rule in rules:
        if status in rule.status and rule.body in text:
            if rule.error_class == "rate limit":
                return LimitReached(what, waits_until(headers, text, budgets), **_next(rule))
            return _CLASSES[rule.error_class](what, **_next(rule))
    if status == 429:
        return LimitReached(what, waits_until(headers, text, budgets))
    return _by_status(status)(what)


def _by_status(status: int) -> type[SyncError]:
    if status in (401, 404):
        return AuthRefused if status == 401 else NotThere
    return RemoteDown if status in (408, 425) or status >= 500 else RequestRefused


def _next(rule: ErrorRule) -> dict[str, str]:
    return {"next_step": rule.next_step} if rule.next_step else {}


def waits_until(
    headers: Mapping[str, str], text: str, budgets: Iterable[Budget], now: datetime | None = None
) -> datetime:
    """Return when to try again after a 429: Retry-After (seconds or date), a spent budget's reset, or its words."""
    now = now or datetime.now(UTC)
    until = _retry_after(headers.get("Retry-After"), now)
    if until is None:
        resets = [
            moment
            for budget in budgets
            if remaining_of(budget, headers) == 0
            for moment in [reset_of(budget, headers, now)]
            if moment
        ]
        until = max(resets) if resets else None
    if until is None and (match := _IN_WORDS.search(text)):
        until = _after(now, int(match[1]))
    until = until or now + _DEFAULT_WAIT
    return min(max(until, now + timedelta(seconds=1)), now + _LONGEST_WAIT)


def _retry_after(value: str | None, now: datetime) -> datetime | None:
    if not value:
        return None
    seconds = whole_number(value)
    if seconds is not None:
        return _after(now, seconds)
    try:
        moment = parsedate_to_datetime(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _after(now: datetime, seconds: float) -> datetime:
    """Return a time `seconds` on, at most as long as we ever wait: a remote may send any number."""
    return now + min(timedelta(seconds=min(max(seconds, 0), 10**9)), _LONGEST_WAIT)


def reset_of(budget: Budget, headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return when the remote says that a budget's window ends."""
    number = whole_number(headers.get(budget.reset_header)) if budget.reset_header else None
    if number is None:
        return None
    if budget.reset_unit == "epoch_ms":
        return _after(now, number / 1000 - now.timestamp())
    return _after(now, number)


def whole_number(value: str | None) -> int | None:
    """Return the number that a header holds, None where it holds none."""
    # Headers are Latin-1, and str.isdigit takes a superscript two for a digit.
    return int(value) if value and re.fullmatch(r"\s*[0-9]{1,18}\s*", value) else None


def remaining_of(budget: Budget, headers: Mapping[str, str]) -> int | None:
    """Return how many requests the remote says are left in a budget."""
    return whole_number(headers.get(budget.remaining_header)) if budget.remaining_header else None
