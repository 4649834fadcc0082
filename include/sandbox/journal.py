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
    """Remember the last requests: method, path, query, status, time, and the fault that hit them."""

    def __init__(self) -> None:
        self.entries: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def note(self, scope: Any, status: int | None, time: str, fault: str | None) -> None:
        """Add one request; `status` None means that the connection was cut."""
        query = {
            key: "***" if key.lower() in SECRET_PARAMETERS else value
            for key, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        }
        self.entries.append(
            {
                "method": scope["method"],
                "path": scope["path"],
                "query": query,
                "status": status,
                "time": time,
                "fault": fault,
            }
        )
