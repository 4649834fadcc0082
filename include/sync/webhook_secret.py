"""What events are signed with: a secret of ours, a field of the connection, or the remote's own public keys."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import logging
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg

from include.contract.errors import Misconfigured, UnexpectedResponse
from include.engine.auth import with_secrets
from include.engine.client import Answer, Client
from include.engine.ports import Credentials
from include.engine.records import split
from include.engine.template import fill
from include.spec.webhooks import OURS, RsaSha256, Webhooks
from include.sync.pull import Platform
from include.warehouse import registrations
from include.warehouse.registrations import Endpoint

log = logging.getLogger(__name__)
_KEYS_KEPT = timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Secret:
    """What events are signed with, kept sealed where the receiver finds it."""

    platform: Platform
    connection: psycopg.Connection
    client: Client
    webhooks: Webhooks
    credentials: Credentials
    endpoint: Endpoint

    def now(self, held: str, *, is_rotated: bool) -> str:
        """Return the secret as it has to be now; a new one is kept before anybody else hears of it."""
        found = self._wanted(held, is_rotated)
        number = self.endpoint.coupling_id
        if found == held:
            return held
        log.info("The secret of the webhooks is another one now; the one before it counts for a day more")
        registrations.set_secret(self.connection, number, self.platform.vault.seal(found))
        return found

    def _wanted(self, held: str, is_rotated: bool) -> str:
        if isinstance(self.webhooks.signature, RsaSha256):
            since = self.endpoint.secret_set_at
            is_young = since is not None and datetime.now(UTC) - since < _KEYS_KEPT
            if held and is_young and self.endpoint.keys_wanted_at is None:
                return held
            found = fetch_keys(self.client, self.webhooks.signature)
            if found == held:
                registrations.looked_at_keys(self.connection, self.endpoint.coupling_id)
            return found
        if self.webhooks.secret == OURS:
            return secrets.token_urlsafe(32) if is_rotated or not held else held
        return secret_in(str(self.webhooks.secret), self.credentials)


def secret_in(template: str, credentials: Credentials) -> str:
    """Return the secret that stands in the connection. Raises Misconfigured where it is empty."""
    name = template.strip("{}")
    if not with_secrets(credentials, {}).get(name):
        field = name.removeprefix("connection.")
        raise Misconfigured(
            f"the Airflow connection '{credentials.name}' has no {field}, and webhooks are signed with it",
            next_step=f"Put it into the connection ({field}), or set webhooks.enabled: false in the coupling's YAML.",
        )
    return fill(template, with_secrets(credentials, {}))


def fetch_keys(client: Client, spec: RsaSha256) -> str:
    """Return the remote's public keys as a JSON mapping of id to key. Raises an error of the tree."""

    def read(answer: Answer) -> dict[str, str]:
        keys = dict(_key(raw, spec) for raw in split(answer.body, [spec.keys], answer.where))
        if not keys:
            raise UnexpectedResponse(f"{answer.where} lists no public keys")
        return keys

    return json.dumps(client.ask(spec.keys_path, read=read), sort_keys=True)


def _key(raw: msgspec.Raw, spec: RsaSha256) -> tuple[str, str]:
    held: Any = msgspec.json.decode(raw)
    key_id, key = held.get(spec.key_id), held.get(spec.public_key)
    try:
        base64.b64decode(key, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise UnexpectedResponse(f"a public key of the remote is none: '{spec.public_key}' is not base64") from None
    return str(key_id), str(key)
