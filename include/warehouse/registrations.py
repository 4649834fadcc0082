"""What is registered at remotes: addresses with their secrets, one row per topic, and a record of each look."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from include.contract.errors import LimitReached, Reason, SyncError
from include.warehouse.connection import Connect

PREVIOUS_KEPT = timedelta(hours=24)
"""How long events signed with the secret before this one are accepted; Picqer repeats a delivery for 17 hours."""
_CHECKS_KEPT = timedelta(days=30)
_BUSY_WAIT = timedelta(seconds=30)


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A coupling's address; secrets are sealed."""

    coupling_id: int
    token: str
    secret: bytes | None = dataclasses.field(repr=False)
    is_active: bool
    secret_set_at: datetime | None
    keys_wanted_at: datetime | None


@dataclasses.dataclass(frozen=True)
class Registered:
    """A topic as it was left by the last look."""

    topic: str
    state: str
    remote_id: str | None
    address: str | None
    secret_digest: bytes | None
    error_class: str | None
    reason: str | None
    acts: str | None
    next_step: str | None
    repairs: int
    checked_at: datetime | None


@contextlib.contextmanager
def locked(connection: psycopg.Connection, coupling_id: int) -> Iterator[None]:
    """Hold a coupling's registrations for oneself. Raises LimitReached where another run has them."""
    key = f"webhooks:{coupling_id}"
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 18)), now()", [key]).fetchone()
    assert row is not None
    if not row[0]:
        raise LimitReached("another run is looking at this coupling's webhooks", row[1] + _BUSY_WAIT)
    try:
        yield
    finally:
        with contextlib.suppress(psycopg.Error):
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 18))", [key])


def endpoint(connection: psycopg.Connection, coupling_id: int) -> Endpoint | None:
    """Return a coupling's address, None before its first registration."""
    with connection.cursor(row_factory=class_row(Endpoint)) as cursor:
        query = (
            "select coupling_id, token, secret, is_active, secret_set_at, keys_wanted_at"
            " from platform.webhook_endpoints where coupling_id = %s"
        )
        return cursor.execute(query, [coupling_id]).fetchone()


def open_endpoint(connection: psycopg.Connection, coupling_id: int, token: str) -> None:
    """Give a coupling an address, or switch on the one that it has."""
    connection.execute(
        "insert into platform.webhook_endpoints (coupling_id, token) values (%s, %s)"
        " on conflict (coupling_id) do update set is_active = true",
        [coupling_id, token],
    )


def close_endpoint(connection: psycopg.Connection, coupling_id: int) -> None:
    """Switch an address off: what still arrives there is refused."""
    connection.execute("update platform.webhook_endpoints set is_active = false where coupling_id = %s", [coupling_id])


def set_secret(connection: psycopg.Connection, coupling_id: int, sealed: bytes) -> None:
    """Take another secret; the one before it is accepted for a while, for what was signed before the change."""
    connection.execute(
        "update platform.webhook_endpoints set previous_secret = secret,"
        " previous_until = case when secret is not null then now() + %s end, secret = %s, secret_set_at = now(),"
        " keys_wanted_at = null where coupling_id = %s",
        [PREVIOUS_KEPT, sealed, coupling_id],
    )


def looked_at_keys(connection: psycopg.Connection, coupling_id: int) -> None:
    """Note that the remote's public keys are still those that we hold."""
    connection.execute(
        "update platform.webhook_endpoints set secret_set_at = now(), keys_wanted_at = null where coupling_id = %s",
        [coupling_id],
    )


def want_keys(connection: psycopg.Connection, couplings: Sequence[int]) -> None:
    """Note that the remote signs with a public key that these couplings do not hold."""
    if couplings:
        connection.execute(
            "update platform.webhook_endpoints set keys_wanted_at = now()"
            " where coupling_id = any(%s) and keys_wanted_at is null",
            [list(couplings)],
        )


def wanting_keys(connection: psycopg.Connection) -> list[str]:
    """Return the couplings that want the remote's public keys, and did not fetch them in the last six minutes.

    Anybody can name a key that does not exist; bol.com lets its keys be fetched ten times an hour.
    """
    query = (
        "select c.name from platform.webhook_endpoints e join platform.couplings c on c.id = e.coupling_id"
        " where e.is_active and e.keys_wanted_at is not null"
        " and coalesce(e.secret_set_at < now() - interval '6 minutes', true) order by c.name"
    )
    return [str(row[0]) for row in connection.execute(query)]


def registered(connection: psycopg.Connection, coupling_id: int) -> dict[str, Registered]:
    """Return the topics of a coupling by name."""
    with connection.cursor(row_factory=class_row(Registered)) as cursor:
        query = (
            "select topic, state, remote_id, address, secret_digest, error_class, reason, acts, next_step, repairs,"
            " checked_at from platform.webhook_registrations where coupling_id = %s order by topic"
        )
        return {row.topic: row for row in cursor.execute(query, [coupling_id])}


def intend(connection: psycopg.Connection, coupling_id: int, topic: str, address: str, digest: bytes | None) -> None:
    """Write down that a topic is about to be registered, before the remote is told."""
    connection.execute(
        "insert into platform.webhook_registrations (coupling_id, topic, state, address, secret_digest, intended_at)"
        " values (%s, %s, 'wanted', %s, %s, now()) on conflict (coupling_id, topic) do update set state = 'wanted',"
        " remote_id = null, address = excluded.address, secret_digest = excluded.secret_digest, intended_at = now(),"
        " error_class = null, reason = null, acts = null, next_step = null",
        [coupling_id, topic, address, digest],
    )


def stands(
    connection: psycopg.Connection,
    coupling_id: int,
    topic: str,
    remote_id: str,
    address: str,
    digest: bytes | None,
    repaired: str | None,
) -> None:
    """Write down that a topic is registered; `repaired` says what had been wrong with it."""
    connection.execute(
        "insert into platform.webhook_registrations as r (coupling_id, topic, state, remote_id, address, secret_digest,"
        " reason, repairs, registered_at, checked_at)"
        " values (%(coupling)s, %(topic)s, 'registered', %(remote)s, %(address)s, %(digest)s, %(why)s, %(repairs)s,"
        " now(), now()) on conflict (coupling_id, topic) do update set state = 'registered',"
        " remote_id = excluded.remote_id, address = excluded.address, secret_digest = excluded.secret_digest,"
        " reason = coalesce(excluded.reason, case when r.error_class is null then r.reason end), error_class = null,"
        " acts = null, next_step = null, repairs = r.repairs + excluded.repairs, checked_at = now(),"
        " registered_at = case when r.state = 'registered' and r.remote_id = excluded.remote_id"
        " and excluded.repairs = 0 then r.registered_at else now() end",
        {"coupling": coupling_id, "topic": topic, "remote": remote_id, "address": address, "digest": digest,
         "why": repaired, "repairs": int(repaired is not None)},
    )  # fmt: skip


def is_not(connection: psycopg.Connection, coupling_id: int, topic: str, state: str, reason: Reason | None) -> None:
    """Write down that a topic is not registered, with the reason and who has to do what."""
    why = (reason.error_class, reason.text, reason.acts, reason.next_step) if reason else (None,) * 4
    connection.execute(
        "insert into platform.webhook_registrations (coupling_id, topic, state, error_class, reason, acts, next_step,"
        " checked_at) values (%s, %s, %s, %s, %s, %s, %s, now()) on conflict (coupling_id, topic) do update set"
        " state = excluded.state, error_class = excluded.error_class, reason = excluded.reason, acts = excluded.acts,"
        " next_step = excluded.next_step, checked_at = now()",
        [coupling_id, topic, state, *why],
    )


def begin(connection: psycopg.Connection, coupling_id: int, operation: str) -> int:
    """Open the record of a look and forget those that are too old; return its number."""
    connection.execute("delete from platform.webhook_checks where started_at < now() - %s", [_CHECKS_KEPT])
    row = connection.execute(
        "insert into platform.webhook_checks (coupling_id, operation) values (%s, %s) returning id",
        [coupling_id, operation],
    ).fetchone()
    assert row is not None
    return int(row[0])


def end(
    connection: psycopg.Connection, check_id: int, outcome: str, words: str, requests: int, reason: Reason | None
) -> None:
    """Close the record of a look."""
    why = (reason.error_class, reason.text, reason.acts, reason.next_step) if reason else (None,) * 4
    connection.execute(
        "update platform.webhook_checks set finished_at = now(), outcome = %s, words = %s, requests = %s,"
        " error_class = %s, error_text = %s, acts = %s, next_step = %s where id = %s",
        [outcome, words, requests, *why, check_id],
    )


@contextlib.contextmanager
def told(connect: Connect, check_id: int) -> Iterator[None]:
    """Write an error that leaves the block into the record, on a connection of its own."""
    try:
        yield
    except SyncError as error:
        with contextlib.suppress(SyncError, psycopg.Error), connect() as connection:
            end(connection, check_id, "failed", error.what, 0, error.reason)
        raise


def with_endpoint(connection: psycopg.Connection) -> list[str]:
    """Return the couplings whose registrations have to be looked at: wanted, or not yet taken away.

    A coupling that is paused or whose credentials are refused asks nothing of its remote.
    """
    query = (
        "select c.name from platform.webhook_endpoints e join platform.couplings c on c.id = e.coupling_id"
        " join platform.coupling_life l on l.coupling_id = c.id and l.state not in ('paused', 'needs_auth')"
        " where e.is_active or exists (select from platform.webhook_registrations r where r.coupling_id = e.coupling_id"
        " and r.state not in ('removed', 'left')) order by c.name"
    )
    return [str(row[0]) for row in connection.execute(query)]


def overview(connection: psycopg.Connection, coupling: str | None) -> list[dict[str, Any]]:
    """Return the registrations of one coupling or of all."""
    with connection.cursor(row_factory=dict_row) as cursor:
        query = (
            "select c.name as coupling, r.topic, r.state, r.remote_id, r.repairs, r.reason, r.acts, r.next_step,"
            " r.checked_at from platform.webhook_registrations r join platform.couplings c on c.id = r.coupling_id"
            " where %(coupling)s::text is null or c.name = %(coupling)s order by c.name, r.topic"
        )
        return cursor.execute(query, {"coupling": coupling}).fetchall()
