"""Have remotes send their events to us: register, look and put right, take away. Each may be repeated at any time."""

from __future__ import annotations

import dataclasses
import logging
import os
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg

from include.contract.errors import Misconfigured, SyncError
from include.engine.ports import Credentials
from include.spec.load import CouplingConfig
from include.spec.webhooks import OURS, Webhooks
from include.sync.auth import asks_when_refused
from include.sync.pull import Platform
from include.sync.remote import open_client
from include.sync.webhook_calls import Calls, Place
from include.sync.webhook_order import Done, Order
from include.sync.webhook_secret import Secret
from include.warehouse import registrations
from include.warehouse.connection import warehouse_faults
from include.warehouse.registry import coupling_id

log = logging.getLogger(__name__)
ADDRESS_VARIABLE = "OPTIPLY_WEBHOOK_ADDRESS"


@dataclasses.dataclass(frozen=True)
class Settled:
    """What a look at a coupling's registrations found and did."""

    coupling: str
    done: tuple[Done, ...]

    @property
    def failed(self) -> tuple[Done, ...]:
        """The topics that are not as they should be, each with its reason."""
        return tuple(each for each in self.done if each.error is not None)

    def sentence(self) -> str:
        """Return what support reads."""
        if not self.done:
            return "nothing is registered, and nothing has to be"
        counts: dict[str, int] = {}
        for each in self.done:
            counts[each.deed] = counts.get(each.deed, 0) + 1
        return ", ".join(f"{number} {deed}" for deed, number in counts.items())


def public_address() -> str:
    """Return the address under which remotes reach the receiver. Raises Misconfigured where none is set."""
    address = os.environ.get(ADDRESS_VARIABLE, "").rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Misconfigured(
            f"the environment variable {ADDRESS_VARIABLE} holds no address",
            next_step="Set it to the receiver's public address, e.g. https://hooks.example.com, and restart.",
        )
    return address


def register(platform: Platform, config: CouplingConfig, credentials: Credentials) -> Settled:
    """Have the remote send the events of all objects that are switched on; repair what is there already.

    Raises an error of the tree where nothing could be done at all; topics that failed stand in the result.
    """
    _webhooks_of(config)
    return _settle(platform, config, credentials, "register")


def check(platform: Platform, config: CouplingConfig, credentials: Credentials) -> Settled:
    """Put right what is lost, switched off, doubled or strayed, and take away what is not wanted any more."""
    return _settle(platform, config, credentials, "check")


def remove(platform: Platform, config: CouplingConfig, credentials: Credentials) -> Settled:
    """Take away everything that sends to this coupling, and refuse what still arrives."""
    return _settle(platform, config, credentials, "remove")


def renew_keys(platform: Platform, open_coupling: Callable[[str], tuple[CouplingConfig, Credentials]]) -> None:
    """Check the couplings whose remote signs with a public key that is new to us; what fails is in their records."""
    with warehouse_faults("looking for new keys"), platform.connect() as connection:
        names = registrations.wanting_keys(connection)
    for name in names:
        try:
            check(platform, *open_coupling(name))
        except SyncError as error:
            log.warning("%s: its public keys cannot be fetched: %s", name, error.what)


def rotate(platform: Platform, config: CouplingConfig, credentials: Credentials) -> Settled:
    """Make a new secret and register with it; for a day what is signed with the old one is accepted too.

    Raises Misconfigured for a system whose secret is the remote's or stands in the connection.
    """
    if _webhooks_of(config).secret != OURS:
        raise Misconfigured(
            f"the webhook secret of {config.manifest.title} is not made by us",
            next_step="Change it at the remote and in the coupling's Airflow connection; the next check takes it over.",
        )
    return _settle(platform, config, credentials, "rotate")


def _webhooks_of(config: CouplingConfig) -> Webhooks:
    webhooks = config.manifest.webhooks
    if webhooks is None:
        raise Misconfigured(
            f"{config.manifest.title} sends nothing by itself",
            next_step="Nothing to do: the schedules ask for changes.",
        )
    return webhooks


def topics_of(config: CouplingConfig) -> tuple[str, ...]:
    """Return the topics that this coupling wants as its files are now; none while it is switched off."""
    webhooks = config.manifest.webhooks
    if webhooks is None or not config.enabled:
        return ()
    if any(config.settings.get(key) not in values for key, values in webhooks.when.items()):
        return ()
    return tuple(
        topic for topic, rules in webhooks.events.items() if any(rule.object in config.pulled_objects for rule in rules)
    )


def _settle(platform: Platform, config: CouplingConfig, credentials: Credentials, operation: str) -> Settled:
    refused = asks_when_refused(platform, config, credentials)
    with warehouse_faults("looking at webhooks"), refused, platform.connect() as connection:
        number = coupling_id(connection, config.name).coupling_id
        with registrations.locked(connection, number):
            check_id = registrations.begin(connection, number, operation)
            with registrations.told(platform.connect, check_id):
                settled, requests = _in_line(platform, connection, config, credentials, operation, number)
            first = next((each.error.reason for each in settled.failed if each.error), None)
            changed = any(each.deed != "right" for each in settled.done)
            outcome = "failed" if first else "changed" if changed else "right"
            registrations.end(connection, check_id, outcome, settled.sentence(), requests, first)
    return settled


def _in_line(
    platform: Platform,
    connection: psycopg.Connection,
    config: CouplingConfig,
    credentials: Credentials,
    operation: str,
    number: int,
) -> tuple[Settled, int]:
    """Bring the remote in line with what is wanted; return what was done and the requests it took."""
    if operation == "register":
        registrations.open_endpoint(connection, number, secrets.token_urlsafe(24))
    if operation == "remove":
        registrations.close_endpoint(connection, number)
    endpoint = registrations.endpoint(connection, number)
    webhooks = config.manifest.webhooks
    if endpoint is None or webhooks is None:
        return Settled(config.name, ()), 0
    wanted = topics_of(config) if endpoint.is_active else ()
    # What sends to us is known by its token, so that nothing but a registration needs to know where we are.
    address = f"{public_address() if wanted else ''}/webhooks/{endpoint.token}"
    with open_client(config, credentials, platform.connect, platform.vault, f"webhooks: {operation}") as client:
        held = platform.vault.open(endpoint.secret) if endpoint.secret is not None else ""
        renew = Secret(platform, connection, client, webhooks, credentials, endpoint)
        secret = renew.now(held, is_rotated=operation == "rotate") if wanted else held
        calls = Calls(client, webhooks.registration, Place(address, endpoint.token, secret))
        order = Order(connection, number, calls, webhooks, secret)
        return Settled(config.name, tuple(order.bring_about(wanted))), client.requests
