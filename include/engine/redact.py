"""Take secrets out of texts before they reach a log, an exception or the database (invariant 11)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

_QUERY_SECRET = re.compile(r"(?i)\b([a-z_]*(?:key|secret|token|password|signature|code))=([^&\s\"']+)")
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)
_SPACE = re.compile(r"\s+")
WORDS = 300
_READ = 20_000
_MARGIN = 8_000


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without the given secrets and without values of query parameters that name one."""
    written = {form for secret in secrets if len(secret) >= 4 for form in _forms(secret)}
    # The longest first: a login that begins a password would leave the password's rest standing.
    for form in sorted(written, key=len, reverse=True):
        text = text.replace(form, "***")
    return _QUERY_SECRET.sub(r"\1=***", text)


def _forms(secret: str) -> set[str]:
    """Return the ways in which a remote may write a secret back: plain, in an address, in JSON, in HTML."""
    in_json = json.dumps(secret)[1:-1]
    spaced = _SPACE.sub(" ", secret)
    return {
        secret,
        spaced,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        in_json,
        in_json.replace("/", "\\/"),
        escape(secret),
    }


def address(url: str) -> str:
    """Return host and path of an address; its query, or a login before the host, may be a secret."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


def remote_words(body: bytes, secrets: Iterable[str]) -> str:
    """Return what the remote itself said about an error: its message, else its text without tags, shortened."""
    secrets = list(secrets)
    # Redacted before anything is cut or taken out, or half a secret could stay; the margin is longer than a secret.
    text = redact(body[: _READ + _MARGIN].decode("utf-8", "replace"), secrets)[:_READ]
    try:
        said = _message(json.loads(text))
    except ValueError:
        said = None
    words = _SPACE.sub(" ", said or _TAGS.sub(" ", text)).strip()
    # Again, because what JSON writes in escapes is plain only now.
    words = redact(words, secrets)
    return words[:WORDS] + ("…" if len(words) > WORDS else "")


def _message(data: Any) -> str | None:
    """Find the sentence in the error shapes of the known systems."""
    if isinstance(data, dict):
        for key in (
            "error_description",
            "error_message",
            "errormessage",
            "detail",
            "message",
            "value",
            "error",
            "title",
            "code",
        ):
            found = _message(data.get(key))
            if found:
                return found
    return data if isinstance(data, str) and data.strip() else None
