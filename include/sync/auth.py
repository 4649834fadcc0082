"""Credentials that a remote refuses stop the couplings that use them; credentials that work let them go on."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg

from include.contract.errors import AuthRefused, SyncError
from include.engine.client import Client
from include.engine.extract import is_wanted, pages
from include.engine.ports import Credentials
from include.engine.slices import Ask
from include.spec.load import CouplingConfig
from include.spec.manifest import Stream
from include.sync import life
from include.sync.remote import open_client
from include.warehouse import life as lives
from include.warehouse.life import Life
from include.warehouse.secrets import Vault

if TYPE_CHECKING:
    from include.sync.pull import Platform

log = logging.getLogger(__name__)


def digest_of(vault: Vault, credentials: Credentials) -> bytes:
    """Return a keyed hash of what an Airflow connection holds: it tells whether a person changed it."""
    held = [credentials.host, credentials.login, credentials.password, sorted(credentials.extra.items())]
    return vault.digest(json.dumps(held))


@contextlib.contextmanager
def stops_when_refused(
    platform: Platform, config: CouplingConfig, credentials: Credentials, name: str | None
) -> Iterator[None]:
    """Stop the couplings of these credentials when the block, a pull of the object `name`, hears that they are refused.

    The error goes on.
    """
    try:
        yield
    except AuthRefused as error:
        _stop(platform, config, credentials, name, error)
        raise


@contextlib.contextmanager
def asks_when_refused(platform: Platform, config: CouplingConfig, credentials: Credentials) -> Iterator[None]:
    """The same for a block that writes: only stop them when reading is refused as well.

    A key that may read and not write fails what is written, and must not keep pulls from running.
    """
    try:
        yield
    except AuthRefused:
        with contextlib.suppress(SyncError), stops_when_refused(platform, config, credentials, None):
            ask_once(platform, config, credentials)
        raise


def _stop(
    platform: Platform, config: CouplingConfig, credentials: Credentials, name: str | None, error: AuthRefused
) -> None:
    # The connection that is at work may be the very thing that broke.
    with contextlib.suppress(psycopg.Error, SyncError), platform.connect() as fresh:
        digest = digest_of(platform.vault, credentials)
        for found in life.auth_failed(fresh, config.name, error.reason, name, digest):
            log.warning("The schedules of %s are stopped until its credentials work again.", found.coupling)


def ask_once(platform: Platform, config: CouplingConfig, credentials: Credentials, name: str | None = None) -> str:
    """Ask the remote for the first page of something, to see whether the credentials are accepted; say what it was.

    Preferably of the object `name`. Raises AuthRefused, or what else kept the remote from answering.
    """
    found = _cheapest(config, name)
    if found is None:
        return "nothing of it can be asked in one call; the first pull shows whether the credentials work"
    stream_name, stream = found
    with open_client(config, credentials, platform.connect, platform.vault, "check of credentials") as client:
        _first_page(client, stream)
    return f"{config.manifest.title} accepts the credentials, and answers {stream_name.replace('_', ' ')}"


def _cheapest(config: CouplingConfig, name: str | None) -> tuple[str, Stream] | None:
    """Return a stream whose first page costs one call: no report, and not asked for by the records of another."""
    order = [name] if name in config.pulled_objects else []
    for each in [*order, *(other for other in config.pulled_objects if other != name)]:
        for stream_name in config.manifest.objects[each].streams:  # type: ignore[index]
            stream = config.manifest.streams[stream_name]
            if stream.parent is None and stream.report is None and is_wanted(stream, config.settings):
                return stream_name, stream
    return None


def _first_page(client: Client, stream: Stream) -> None:
    for _page in pages(client, stream, Ask("all"), None, None):
        return


def recheck(platform: Platform, config: CouplingConfig, credentials: Credentials, who: str) -> tuple[str, list[Life]]:
    """Try the credentials of a coupling; return what the remote said, and the couplings that this let go on.

    Raises AuthRefused when they are refused, and stops the couplings that use them; or what else kept the remote from
    answering.
    """
    with platform.connect() as connection, lives.checking(connection, config.connection):
        found = lives.of(connection, config.name)
        try:
            with stops_when_refused(platform, config, credentials, found.refused_object):
                words = ask_once(platform, config, credentials, found.refused_object)
        except AuthRefused as error:
            digest = digest_of(platform.vault, credentials)
            lives.still_refused(connection, config.connection, digest, error.reason)
            raise
        return words, life.auth_works(connection, config.name, who)


def recheck_if_changed(platform: Platform, config: CouplingConfig, credentials: Credentials, who: str) -> list[Life]:
    """Try credentials that are not those that were refused; return the couplings that this let go on.

    Several tasks of a run ask at once: one of them tries, and the others see what it found. Raises what `recheck` does.
    """
    digest = digest_of(platform.vault, credentials)
    with platform.connect() as connection, lives.checking(connection, f"changed:{config.connection}"):
        found = lives.of(connection, config.name)
        if found.state != lives.NEEDS_AUTH or found.refused_digest == digest:
            return []
        return recheck(platform, config, credentials, who)[1]
