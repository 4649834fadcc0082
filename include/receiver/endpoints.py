"""The addresses that couplings' systems send to, read from the warehouse and kept for some seconds."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psycopg

from include.contract.errors import SyncError
from include.receiver.intake import Endpoint, Unavailable
from include.spec.load import CONNECTORS, load_manifest
from include.spec.webhooks import Webhooks
from include.sync.pull import Platform
from include.warehouse import registrations
from include.warehouse.inbox import Arrived
from include.webhooks.event import UnreadableError, UnwantedError, is_ping, read
from include.webhooks.signature import unknown_key, verify

log = logging.getLogger(__name__)
# What is switched off is refused after at most so long. What is new is looked for at once, yet no more often than that.
_KEPT_SECONDS, _LEAST_SECONDS = 5.0, 1.0


@dataclasses.dataclass(frozen=True)
class _Row:
    coupling_id: int
    coupling: str
    connector: str
    secrets: tuple[bytes, ...] = dataclasses.field(repr=False)
    """Sealed; the one before a change counts for a while."""


class StoredEndpoints:
    """The endpoints of `platform.webhook_endpoints`; manifests are read again when their files change."""

    def __init__(self, platform: Platform, connectors: Path = CONNECTORS) -> None:
        self._platform, self._connectors = platform, connectors
        self._endpoints: dict[str, Endpoint] = {}
        self._made: dict[str, tuple[_Row, float]] = {}
        self._keys_wanted: set[int] = set()
        self._read_at = self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    async def find(self, token: str) -> Endpoint | None:
        """Return the endpoint of an address, None where there is none.

        While PostgreSQL is away those known stay known. Raises Unavailable for others, which may be new.
        """
        found = self._endpoints.get(token)
        now = time.monotonic()
        is_old = now - self._read_at > (_KEPT_SECONDS if found else _LEAST_SECONDS)
        # Whoever does not know an address waits for those who are reading.
        is_read = found is None and self._reading.locked()
        is_free = not self._reading.locked() and now - self._tried_at > _LEAST_SECONDS
        if is_old and (is_read or is_free):
            await self._read()
            found = self._endpoints.get(token)
        if found is None and self._read_at < self._tried_at:
            raise Unavailable
        return found

    async def _read(self) -> None:
        """Read them anew, once for all who ask at the same time."""
        asked = time.monotonic()
        async with self._reading:
            if self._tried_at > asked:
                return
            try:
                async with asyncio.timeout(5):
                    endpoints = await asyncio.to_thread(self._load)
            except (psycopg.Error, SyncError, TimeoutError) as error:
                log.warning("The addresses cannot be read: %s", type(error).__name__)
                self._tried_at = time.monotonic()
                return
            self._endpoints = endpoints
            self._read_at = self._tried_at = time.monotonic()

    def _load(self) -> dict[str, Endpoint]:
        return {token: made for token, row in self._rows().items() if (made := self._make(token, row))}

    def _rows(self) -> dict[str, _Row]:
        with self._platform.connect() as connection:
            rows = connection.execute(
                "select e.token, c.id, c.name, c.connector, array_remove(array[e.secret, case when"
                " e.previous_until > now() then e.previous_secret end], null) from platform.webhook_endpoints e"
                " join platform.couplings c on c.id = e.coupling_id where e.is_active and c.active"
            ).fetchall()
            registrations.want_keys(connection, [self._keys_wanted.pop() for _ in range(len(self._keys_wanted))])
        return {token: _Row(number, name, system, tuple(sealed)) for token, number, name, system, sealed in rows}

    def _make(self, token: str, row: _Row) -> Endpoint | None:
        """Return the endpoint, the one made before where nothing changed; None where it cannot be used, with a word."""
        try:
            changed_at = (self._connectors / row.connector / "manifest.yaml").stat().st_mtime
            if self._made.get(token) != (row, changed_at) or token not in self._endpoints:
                spec = load_manifest(row.connector, self._connectors).webhooks
                if spec is None:
                    return None
                secrets = [self._platform.vault.open(secret) for secret in row.secrets]
                made = endpoint_of(row.coupling_id, row.coupling, spec, secrets, self._keys_wanted.add)
                self._made[token] = (row, changed_at)
                return made
        except (SyncError, OSError) as error:
            log.warning("No events can be taken of %s: %s", row.coupling, error)
            return None
        return self._endpoints[token]


def endpoint_of(
    coupling_id: int, coupling: str, spec: Webhooks, secrets: Sequence[str], want_keys: Callable[[int], None]
) -> Endpoint:
    """Return how events of a coupling are checked and read.

    `want_keys` hears of the coupling where the remote signs with a public key that is not among those of the secrets.
    """

    def is_true(headers: Mapping[str, str], body: bytes) -> bool:
        if any(verify(spec.signature, secret, headers, body) for secret in secrets):
            return True
        if any(unknown_key(spec.signature, secret, headers) for secret in secrets[:1]):
            want_keys(coupling_id)
        return False

    def event_of(headers: Mapping[str, str], body: bytes) -> Arrived | None:
        try:
            event = read(spec, headers, body)
        except UnwantedError:
            return None
        except UnreadableError as error:
            raise ValueError(str(error)) from None
        return Arrived(
            coupling_id, event.topic, event.dedup, body, object=event.object, stream=event.stream,
            remote_id=event.remote_id, follow_up="changed" if event.remote_id is None else "single",
            says_gone=event.gone, happened_at=event.at, record=event.record,
        )  # fmt: skip

    return Endpoint(
        coupling_id=coupling_id,
        coupling=coupling,
        has_secret=any(secrets),
        is_ping=lambda headers, body: is_ping(spec, headers, body),
        verify=is_true,
        read=event_of,
        status=spec.answer.status,
        answer=spec.answer.body.encode(),
    )
