"""What is kept of a call that failed: enough to see what the remote said, and nothing that opens its door."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit

from include.contract.errors import SyncError
from include.engine.ports import FailedCall
from include.engine.redact import address, redact

BODY, ADDRESS, HEADER, HEADERS = 4_000, 500, 200, 20
# More than is kept is redacted, and of what was cut off there the end is let go: half a secret could stand in it.
_READ, _MARGIN = 28_000, 8_000
_TOLD = re.compile(
    r"(?i)^(content-type|content-length|date|retry-after|server|via|allow|location|cf-ray|deprecation|sunset"
    r"|.*(request|correlation|trace).?id|.*rate.?limit.*|.*(limit|remaining|reset).*)$"
)
_HELD = re.compile(
    r"""(?ix)(["'](?:[a-z_.-]*(?:secret|token|password|signature|authorization|apikey|api_key))["']\s*[:=]\s*["'])"""
    r"""([^"']+)"""
)
_PROOF = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9+/=_.~-]{8,}")
_SIGNED = re.compile(r"""(?i)\b(oauth_[a-z_]+)=(?:"|%22|&quot;)?[^",&\s]+""")


def failed_call(
    method: str,
    url: str,
    params: Mapping[str, str],
    answer: tuple[int, bytes, Mapping[str, str], int | None] | None,
    error: SyncError,
    secrets: Iterable[str],
) -> FailedCall:
    """Return what is kept of a call; `answer` is its status, body, headers and milliseconds, None where none came."""
    known = list(secrets)
    status, body, headers, milliseconds = answer or (None, b"", {}, None)
    return FailedCall(
        method,
        _clean(_whole(url, params), known)[:ADDRESS],
        status,
        {name: _clean(value, known)[:HEADER] for name, value in list(_told(headers).items())[:HEADERS]},
        _text(body, known),
        milliseconds,
        error.error_class,
        error.what,
    )


def _text(body: bytes, secrets: list[str]) -> str:
    text = _clean(body[:_READ].decode("utf-8", "replace"), secrets)
    whole = text if len(body) <= _READ else text[:-_MARGIN]
    return whole[:BODY].replace("\x00", "")


def _whole(url: str, params: Mapping[str, str]) -> str:
    query = "&".join(part for part in (urlsplit(url).query, urlencode(params)) if part)
    return address(url) + (f"?{query}" if query else "")


def _told(headers: Mapping[str, str]) -> dict[str, str]:
    return {str(name): str(value) for name, value in headers.items() if _TOLD.match(str(name))}


def _clean(text: str, secrets: list[str]) -> str:
    text = _HELD.sub(r"\1***", redact(text, secrets))
    return _SIGNED.sub(r"\1=***", _PROOF.sub(r"\1 ***", text))
