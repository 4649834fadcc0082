"""Take secrets out of texts before they reach a log, an exception or the database (invariant 11)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

_QUERY_SECRET = re.compile(r"(?i)\b([a-z_]*(?:key|secret|token|password|signature|code))=([^&\s\"']+)")
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)
_SPACE = re.compile(r"\s+")
WORDS = 300


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without the given secrets and without values of query parameters that name one."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "***")
    return _QUERY_SECRET.sub(r"\1=***", text)


def address(url: str) -> str:
    """Return host and path of an address; the query may hold a secret and says little to support."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def remote_words(body: bytes, secrets: Iterable[str]) -> str:
    """Return what the remote itself said about an error: its message, else its text without tags, shortened."""
    text = body[:20_000].decode("utf-8", "replace")
    try:
        said = _message(json.loads(text))
    except ValueError:
        said = None
    words = _SPACE.sub(" ", said or _TAGS.sub(" ", text)).strip()
    # Redacted before it is cut, or half a secret could stay at the end.
    words = redact(words, secrets)
    return words[:WORDS] + ("…" if len(words) > WORDS else "")


def _message(data: Any) -> str | None:
    """Find the sentence in the error shapes of the known systems."""
    if isinstance(data, dict):
        for key in ("error_description", "detail", "message", "value", "error", "title", "code"):
            found = _message(data.get(key))
            if found:
                return found
    return data if isinstance(data, str) and data.strip() else None
