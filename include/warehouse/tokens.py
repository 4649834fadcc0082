"""One OAuth token per credential for all workers (invariant 7): refreshed once, under a lock that outlives the call."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg

from include.warehouse.connection import Connect, warehouse_faults
from include.warehouse.secrets import Vault


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

    def get(self, credential: str, usable: Callable[[Any], bool], renew: Callable[[Any | None], Any]) -> Any:
        """Return the stored token if usable; else renew it while its row is locked, and store it before it is used.

        Others who need it wait for the row and then find the new token. What `renew` raises passes through and
        leaves the stored token as it was.
        """
        with warehouse_faults("reading a token"), self._connect() as connection:
            token = self._read(connection, credential, lock=False)
            if token is not None and usable(token):
                return token
            with connection.transaction():
                connection.execute(
                    "insert into platform.tokens (credential) values (%s) on conflict do nothing", [credential]
                )
                token = self._read(connection, credential, lock=True)
                if token is not None and usable(token):
                    return token
                token = renew(token)
                self._write(connection, credential, token)
            return token

    def _read(self, connection: psycopg.Connection, credential: str, *, lock: bool) -> Any | None:
        query = "select secret from platform.tokens where credential = %s" + (" for update" if lock else "")
        row = connection.execute(query, [credential]).fetchone()
        return self._unpack(json.loads(self._vault.open(row[0]))) if row and row[0] else None

    def _write(self, connection: psycopg.Connection, credential: str, token: Any) -> None:
        packed = self._pack(token)
        connection.execute(
            "update platform.tokens set secret = %s, expires_at = %s, version = version + 1, updated_at = now()"
            " where credential = %s",
            [self._vault.seal(json.dumps(packed)), datetime.fromisoformat(packed["expires_at"]), credential],
        )
