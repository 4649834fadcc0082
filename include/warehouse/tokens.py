"""One OAuth token per credential for all workers (invariant 7): renewed once, under a lock that outlives the call."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from include.contract.errors import LimitReached, SyncError, WarehouseDown
from include.warehouse.connection import Connect, warehouse_faults
from include.warehouse.secrets import Vault

# As long as a refresh may take. Within it, one that was begun and not ended may still bring a token.
RENEWAL = timedelta(seconds=150)
_WRITE_TRIES, _WRITE_PAUSE_SECONDS = 120, 1.0


class StoredTokens:
    """Tokens in PostgreSQL, encrypted. `pack` and `unpack` turn the engine's token into a mapping and back."""

    def __init__(
        self,
        connect: Connect,
        vault: Vault,
        pack: Callable[[Any], dict[str, str]],
        unpack: Callable[[dict[str, str]], Any],
    ) -> None:
        self._connect, self._vault, self._pack, self._unpack = connect, vault, pack, unpack

    def held(self, credential: str) -> Any | None:
        """Return the stored token, None where there is none."""
        with warehouse_faults("reading a token"), self._connect() as connection:
            return self._read(connection, credential)[0]

    def get(self, credential: str, usable: Callable[[Any], bool], renew: Callable[[Any | None], Any]) -> Any:
        """Return the stored token if usable; else renew it, alone of all processes, and store it before it is used.

        Others who need it wait and then find the new token. What `renew` raises passes through and leaves the stored
        token as it was. A new token is written until that succeeds, also across a restart of PostgreSQL. Raises
        LimitReached while a renewal that another process has begun may still bring a token.
        """
        with warehouse_faults("reading a token"), self._connect() as connection:
            # A lock of the session: it goes with the process, and what is written under it is not taken back.
            connection.execute("select pg_advisory_lock(hashtextextended(%s, 7))", [f"token:{credential}"])
            connection.execute(
                "insert into platform.tokens (credential) values (%s) on conflict do nothing", [credential]
            )
            token, since = self._read(connection, credential)
            if token is not None and usable(token):
                return token
            if since is not None and since + RENEWAL > datetime.now(UTC):
                raise LimitReached(f"a renewal of the token '{credential}' is under way", since + RENEWAL)
            self._mark(connection, credential, datetime.now(UTC))
            try:
                renewed = renew(token)
            except SyncError:
                self._mark(connection, credential, None)
                raise
            with contextlib.suppress(psycopg.Error):
                self._write(connection, credential, renewed)
                return renewed
        self._write_again(credential, renewed)
        return renewed

    def _write_again(self, credential: str, token: Any) -> None:
        """Write the token; the remote has made the old one worthless, so it is tried for minutes."""
        for tried in range(1, _WRITE_TRIES + 1):
            try:
                with warehouse_faults("keeping a token"), self._connect() as connection:
                    self._write(connection, credential, token)
                    return
            except WarehouseDown:
                if tried == _WRITE_TRIES:
                    raise
                time.sleep(_WRITE_PAUSE_SECONDS)

    def _read(self, connection: psycopg.Connection, credential: str) -> tuple[Any | None, datetime | None]:
        query = "select secret, renewing_since from platform.tokens where credential = %s"
        row = connection.execute(query, [credential]).fetchone()
        if row is None:
            return None, None
        return (self._unpack(json.loads(self._vault.open(row[0]))) if row[0] else None), row[1]

    def _mark(self, connection: psycopg.Connection, credential: str, since: datetime | None) -> None:
        connection.execute("update platform.tokens set renewing_since = %s where credential = %s", [since, credential])

    def _write(self, connection: psycopg.Connection, credential: str, token: Any) -> None:
        packed = self._pack(token)
        connection.execute(
            "update platform.tokens set secret = %s, expires_at = %s, version = version + 1, updated_at = now(),"
            " renewing_since = null where credential = %s",
            [self._vault.seal(json.dumps(packed)), datetime.fromisoformat(packed["expires_at"]), credential],
        )
