"""What an answer means: status, body and headers become an error of the tree, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import msgspec

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
from include.engine.records import dig
from include.engine.redact import address, redact, remote_words
from include.spec.budget import Budget
from include.spec.manifest import Client, ErrorRule

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
    status: int, body: bytes, headers: Mapping[str, str], url: str, client: Client, secrets: Iterable[str]
) -> SyncError | None:
    """Return the error that an answer means, None for a good one. Its text holds the remote's words, redacted."""
    is_good = 200 <= status < 300
    if is_good and client.refusal is not None:
        # Only what refuses is read: a good answer's records may hold any words.
        refused = _refusal(body, client.refusal)
        if refused is None:
            return None
        body, is_good = refused, False
    rule = rule_for(status, body, url, client.errors)
    if rule is None and is_good:
        return None
    what = _what(status, body, url, list(secrets))
    if rule is not None and rule.error_class != "rate limit":
        return _CLASSES[rule.error_class](what, **_next(rule))
    if rule is not None or status == 429:
        until = waits_until(headers, _text(body), client.budgets)
        return LimitReached(what, until, **(_next(rule) if rule else {}))
    return _by_status(status)(what)


def rule_for(status: int, body: bytes, url: str, rules: Iterable[ErrorRule]) -> ErrorRule | None:
    """Return the first rule of the manifest that fits an answer."""
    path, text = urlsplit(url).path, _text(body)
    return next((r for r in rules if status in r.status and r.body in text and re.search(r.path, path)), None)


def _refusal(body: bytes, path: str) -> bytes | None:
    """Return the refusal that hides in a good answer: a text, list or mapping at `path` that is not empty."""
    try:
        found = dig(msgspec.Raw(body), path)
        words = None if found is None else msgspec.json.decode(found)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Whoever reads the records says what is wrong with it.
        return None
    return bytes(found) if words and found is not None else None


def _what(status: int, body: bytes, url: str, secrets: list[str]) -> str:
    words = remote_words(body, secrets)
    return f"{redact(address(url), secrets)} answered {status}" + (f": {words}" if words else "")


def _text(body: bytes) -> str:
    return body[:20_000].decode("utf-8", "replace")


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
    number = _number_in(budget, headers, budget.reset_header)
    if number is None:
        return None
    if budget.reset_unit == "epoch_ms":
        return _after(now, number / 1000 - now.timestamp())
    return _after(now, number / 1000 if budget.reset_unit == "ms" else number)


def whole_number(value: str | None) -> int | None:
    """Return the number that a header holds, None where it holds none."""
    # Headers are Latin-1, and str.isdigit takes a superscript two for a digit.
    return int(value) if value and re.fullmatch(r"\s*[0-9]{1,18}\s*", value) else None


def remaining_of(budget: Budget, headers: Mapping[str, str]) -> int | None:
    """Return how many requests the remote says are left in a budget."""
    return _number_in(budget, headers, budget.remaining_header)


def limit_of(budget: Budget, headers: Mapping[str, str]) -> int | None:
    """Return how many requests the remote says there are in a budget."""
    return _number_in(budget, headers, budget.limit_header)


def _number_in(budget: Budget, headers: Mapping[str, str], name: str | None) -> int | None:
    """Return the number in a header, or its part that this budget is about (Lightspeed: `287/2950/11800`)."""
    value = headers.get(name) if name else None
    if value is not None and budget.part is not None:
        parts = value.split("/")
        value = parts[budget.part] if budget.part < len(parts) else None
    return whole_number(value)
