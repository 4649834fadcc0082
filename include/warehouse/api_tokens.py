"""The tokens of the service's API: made, shown once, recognised, revoked. Only a digest of them is kept."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from include.contract.errors import Misconfigured

SCOPES = ("orders:read", "orders:write", "pull", "status:read")
_PREFIX = "opt"
# What an unknown number is compared with, so that it takes as long as a known one.
_NOBODY = bytes(32)


@dataclasses.dataclass(frozen=True)
class Grant:
    """What the holder of a token may do; webshop None = with all webshops."""

    name: str
    scopes: tuple[str, ...]
    webshop: str | None

    def covers(self, webshop: str) -> bool:
        """Whether it opens this webshop."""
        return self.webshop in (None, webshop)


@dataclasses.dataclass(frozen=True)
class Listed:
    """A token as people see it in the list."""

    name: str
    scopes: list[str]
    webshop: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


def create(
    connection: psycopg.Connection, name: str, scopes: Sequence[str], webshop: str | None, expires_at: datetime
) -> str:
    """Make a token and return it: nobody can read it again. Raises Misconfigured."""
    known = connection.execute("select 1 from platform.webshops where name = %s", [webshop]).fetchone()
    if webshop is not None and known is None:
        raise Misconfigured(f"there is no webshop '{webshop}'", next_step="Name one by its folder in dag_configs.")
    secret = secrets.token_urlsafe(32)
    row = connection.execute(
        "insert into platform.api_tokens (name, digest, scopes, webshop_id, expires_at)"
        " values (%s, %s, %s, (select id from platform.webshops where name = %s), %s)"
        " on conflict (name) do nothing returning id",
        [name, _digest(secret), list(scopes), webshop, expires_at],
    ).fetchone()
    if row is None:
        raise Misconfigured(f"there is a token '{name}' already", next_step="Choose another name.")
    return f"{_PREFIX}_{row[0]}_{secret}"


def recognise(connection: psycopg.Connection, token: str) -> Grant | None:
    """Return what a token allows, or None when it is not ours, expired or revoked; remembers its use by the minute."""
    prefix, _, rest = token.partition("_")
    number, _, secret = rest.partition("_")
    if prefix != _PREFIX or not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    with connection.cursor(row_factory=dict_row) as rows:
        found: dict[str, Any] | None = rows.execute(
            "select t.id, t.name, t.digest, t.scopes, w.name as webshop,"
            " t.revoked_at is null and t.expires_at > now() as is_valid,"
            " t.last_used_at is null or t.last_used_at < now() - interval '1 minute' as is_quiet"
            " from platform.api_tokens t left join platform.webshops w on w.id = t.webshop_id where t.id = %s",
            [int(number)],
        ).fetchone()
    is_right = hmac.compare_digest(bytes(found["digest"]) if found else _NOBODY, _digest(secret))
    if found is None or not is_right or not found["is_valid"]:
        return None
    if found["is_quiet"]:
        connection.execute("update platform.api_tokens set last_used_at = now() where id = %s", [found["id"]])
    return Grant(found["name"], tuple(found["scopes"]), found["webshop"])


def revoke(connection: psycopg.Connection, name: str) -> bool:
    """End a token at once; return whether there was one that still worked."""
    ended = "update platform.api_tokens set revoked_at = now() where name = %s and revoked_at is null returning id"
    return connection.execute(ended, [name]).fetchone() is not None


def listed(connection: psycopg.Connection) -> list[Listed]:
    """Return all tokens that were ever made, the newest first."""
    with connection.cursor(row_factory=class_row(Listed)) as rows:
        return rows.execute(
            "select t.name, t.scopes, w.name as webshop, t.created_at, t.expires_at, t.revoked_at, t.last_used_at"
            " from platform.api_tokens t left join platform.webshops w on w.id = t.webshop_id order by t.id desc"
        ).fetchall()


def _digest(secret: str) -> bytes:
    # A random secret of 256 bits needs no slow hash.
    return hashlib.sha256(secret.encode(errors="replace")).digest()
