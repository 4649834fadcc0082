"""The journal of requests, without secrets."""

from __future__ import annotations

from collections import deque
from typing import Any
from urllib.parse import parse_qsl

SECRET_PARAMETERS = {
    "consumer_key", "consumer_secret", "client_secret", "refresh_token", "access_token", "code", "password", "token",
    "oauth_signature", "api_key",
}  # fmt: skip
KEPT = 200_000


class Journal:
    """Remember the last requests: method, path, query, status, time, and the fault that hit them.

    `status` is what the client was told, `answered` what the API itself said: they differ where a fault came between.
    """

    def __init__(self) -> None:
        self.entries: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def note(
        self, scope: Any, status: int | None, time: str, fault: str | None, *, write: bool, answered: int | None
    ) -> dict[str, Any]:
        """Add one request and return its entry.

        `status` None means that the connection was cut, `answered` None that the API was not asked (yet).
        """
        query = {
            key: "***" if key.lower() in SECRET_PARAMETERS else value
            for key, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        }
        entry = {
            "method": scope["method"],
            "path": scope["path"],
            "query": query,
            "status": status,
            "answered": answered,
            "write": write,
            "time": time,
            "fault": fault,
        }
        self.entries.append(entry)
        return entry
