"""Renews a rotating token in a process of its own, which outlives the one that asked.

A refresh token that rotates is worthless from the moment the remote has answered (Exact Online, section 2). Were it
renewed by a worker, a kill -9 between that answer and the commit would lock the customer out. So the worker only asks:
it hands its request over through a pipe and waits; the keeper, in a session of its own, goes on when the worker dies.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from include.contract import errors
from include.contract.errors import PlatformBug, SyncError, Wait
from include.engine.ports import Renewal, Token, Usable
from include.engine.token_request import TokenRequest
from include.warehouse.connection import Connect, connector
from include.warehouse.secrets import Vault
from include.warehouse.tokens import StoredTokens

ROOT = Path(__file__).resolve().parents[2]
_ERRORS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, SyncError)}


class KeptTokens:
    """The store of tokens that all workers share; a token that rotates is renewed by a keeper."""

    def __init__(self, connect: Connect, vault: Vault) -> None:
        self._connect, self._vault = connect, vault
        self._stored = StoredTokens(connect, vault, pack, unpack)

    def get(self, credential: str, usable: Usable, renewal: Renewal) -> Token:
        """Return the stored token if usable, else renew it. Raises an error of the tree."""
        token: Token | None = self._stored.held(credential)
        if token is not None and usable(token):
            return token
        if renewal.rotates:
            self._ask_keeper(credential, usable, renewal)
            kept: Token | None = self._stored.held(credential)
            if kept is None:
                raise PlatformBug(f"the token '{credential}' was renewed and is not there")
            return kept
        found: Token = self._stored.get(credential, usable, renewal.renew)
        return found

    def _ask_keeper(self, credential: str, usable: Usable, request: Renewal) -> None:
        with self._connect() as connection:
            info = connection.info
            dsn = psycopg.conninfo.make_conninfo(**info.get_parameters(), password=info.password)
        order = {
            "dsn": dsn,
            "keys": self._vault.keys,
            "credential": credential,
            "usable": dataclasses.asdict(usable),
            "request": request.order(),
        }
        # Nothing secret stands in its arguments or its environment: the order goes through the pipe.
        keeper = subprocess.Popen(
            [sys.executable, "-m", "include.sync.token_keeper"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        said, _ = keeper.communicate(json.dumps(order).encode())
        _raise_as(json.loads(said or b'{"error": "PlatformBug", "what": "the keeper of tokens ended without a word"}'))


def _raise_as(said: dict[str, Any]) -> None:
    """Raise the error that the keeper met, if it met one."""
    if "error" not in said:
        return
    kind = _ERRORS.get(said["error"], PlatformBug)
    words = {"next_step": said["next_step"], "acts": said["acts"]} if "acts" in said else {}
    if issubclass(kind, Wait):
        raise kind(said["what"], datetime.fromisoformat(said["until"]), **words)
    raise kind(said["what"], **words)


def _told(error: SyncError) -> dict[str, Any]:
    # A kind that only another room knows is told as the one of the contract that it is.
    kind = next(kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _ERRORS)
    until = {"until": error.until.isoformat()} if isinstance(error, Wait) else {}
    return {"error": kind, "what": error.what, "next_step": error.next_step, "acts": error.acts, **until}


def pack(token: Token) -> dict[str, str]:
    """Return a token as texts."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in dataclasses.asdict(token).items()
    }


def unpack(packed: dict[str, str]) -> Token:
    """Return the token that `pack` wrote."""
    return Token(
        access=packed["access"],
        refresh=packed["refresh"],
        issued_at=datetime.fromisoformat(packed["issued_at"]),
        expires_at=datetime.fromisoformat(packed["expires_at"]),
        seed=packed.get("seed", ""),
    )


def keep(order: dict[str, Any]) -> dict[str, Any]:
    """Carry out an order; return what the asker hears, never a secret."""
    request = TokenRequest(**{**order["request"], "secrets": tuple(order["request"]["secrets"])})
    stored = StoredTokens(connector(order["dsn"], "token keeper"), Vault(order["keys"]), pack, unpack)
    try:
        stored.get(order["credential"], Usable(**order["usable"]), request.renew)
    except SyncError as error:
        return _told(error)
    except Exception as error:
        # Whatever it is, the asker has to hear of it, and without its text.
        return {"error": "PlatformBug", "what": f"renewing the token failed: {type(error).__name__}"}
    return {}


def main() -> None:
    """Read an order from stdin, carry it out, answer on stdout if anybody still listens."""
    said = keep(json.loads(sys.stdin.buffer.read()))
    try:
        sys.stdout.write(json.dumps(said))
        sys.stdout.flush()
    except BrokenPipeError:
        # The asker died; what it asked for is done. Python must not complain while it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
