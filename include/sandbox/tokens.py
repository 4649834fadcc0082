"""OAuth tokens with expiry by the sandbox's clock and single-use refresh tokens."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from include.sandbox.world import World

ACCESS_KEPT = 50


def secret(seed: int, purpose: str, length: int = 40) -> str:
    """Return a made-up secret that is the same for the same seed."""
    return hashlib.sha256(f"{purpose}:{seed}".encode()).hexdigest()[:length]


class Tokens:
    """Issue and judge tokens; all of it lives in the world's session and so survives a restart."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._state: dict[str, Any] = world.session.setdefault(
            "tokens", {"issued": 0, "access": {}, "refresh": None, "refresh_at": None, "used": [], "last": None}
        )

    @property
    def refresh(self) -> str:
        """The one refresh token that is good now; the first one is there from the start."""
        if self._state["refresh"] is None:
            self.rotate()
        return str(self._state["refresh"])

    @property
    def refresh_idle(self) -> timedelta:
        """How long the refresh token was not used."""
        return self._world.clock.now() - datetime.fromisoformat(self._state["refresh_at"])

    @property
    def last_issued(self) -> datetime | None:
        """When the last access token was issued."""
        return datetime.fromisoformat(self._state["last"]) if self._state["last"] else None

    def was_used(self, refresh: str) -> bool:
        """Whether this is an old refresh token, dead since its rotation."""
        return refresh in self._state["used"]

    def rotate(self) -> str:
        """Kill the refresh token and return a new one."""
        if self._state["refresh"]:
            self._state["used"].append(self._state["refresh"])
        self._state["refresh"] = self._make("refresh")
        self._state["refresh_at"] = self._world.clock.now().isoformat()
        return str(self._state["refresh"])

    def issue(self, life_seconds: int) -> str:
        """Return a new access token."""
        token, now = self._make("access"), self._world.clock.now()
        access = self._state["access"]
        access[token] = (now + timedelta(seconds=life_seconds)).isoformat()
        while len(access) > ACCESS_KEPT:
            access.pop(next(iter(access)))
        self._state["last"] = now.isoformat()
        return token

    def good(self, authorization: str | None) -> bool:
        """Whether the Authorization header carries a bearer token that has not expired."""
        scheme, _, token = (authorization or "").partition(" ")
        expires = self._state["access"].get(token) if scheme.lower() == "bearer" else None
        return expires is not None and self._world.clock.now() < datetime.fromisoformat(expires)

    def expire_all(self) -> None:
        """Let every access token expire now."""
        self._state["access"].clear()
        self._world.session_changed = True

    def _make(self, purpose: str) -> str:
        self._state["issued"] += 1
        self._world.session_changed = True
        return secret(self._world.seed, f"{purpose}:{self._state['issued']}", 48)
