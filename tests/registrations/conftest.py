"""A migrated warehouse with the demo's couplings, and somebody who listens where remotes send their events."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
import uvicorn
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from include.local.database_server import DatabaseServer
from include.receiver import endpoints
from include.receiver.app import build
from include.receiver.endpoints import StoredEndpoints
from include.receiver.limits import Limits
from include.receiver.patience import PatientProtocol
from include.sandbox import Running, serve
from include.sandbox.remote import load_remote
from include.spec.load import load_all
from include.sync import webhook_order
from include.sync.configs import deploy_configs
from include.sync.pull import Platform
from include.sync.webhooks import ADDRESS_VARIABLE
from include.warehouse.connection import connector
from include.warehouse.migrate import migrate
from include.warehouse.secrets import Vault
from tests.registrations.ground import Ground, Listener, Place
from tests.registrations.listening import listener, somebody

__all__ = ["listener", "somebody"]
DATABASE = f"registrations_{os.getpid()}"
SECRET = Fernet.generate_key().decode()
SYSTEMS = ["woocommerce", "picqer", "exact_online", "lightspeed_ecom", "bol_com", "magento"]
SIGNING = [system for system in SYSTEMS if system != "magento"]
"""Those whose proof covers the body; Magento's is a header."""
# Only Adobe Commerce has webhooks, and only who asks for them gets them.
REMOTES: dict[str, dict[str, int | str]] = {"magento": {"commerce": 1}}
SWITCHED_ON: dict[str, dict[str, bool]] = {"magento": {"webhooks.enabled": True}}


@pytest.fixture(scope="session")
def registrations_dsn(database_server: DatabaseServer) -> Iterator[str]:
    """A database with every coupling of dag_configs."""
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {DATABASE} with (force)")
        admin.execute(f"create database {DATABASE}")
        with psycopg.connect(database_server.dsn(DATABASE), autocommit=True) as connection:
            migrate(connection)
            assert deploy_configs(connection) == []
        yield database_server.dsn(DATABASE)
        admin.execute(f"drop database {DATABASE} with (force)")


@pytest.fixture
def ground(registrations_dsn: str, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """The platform's operations on a warehouse in which nothing is registered."""
    monkeypatch.setenv(ADDRESS_VARIABLE, listener.address)
    monkeypatch.setattr(webhook_order, "LOOKS", (0.0, 0.1, 0.2))
    platform = Platform(connector(registrations_dsn, "test"), Vault(SECRET))
    with psycopg.connect(registrations_dsn, autocommit=True, row_factory=dict_row) as connection:
        connection.execute(
            "truncate platform.webhook_registrations, platform.webhook_checks, platform.webhook_events,"
            " platform.webhook_endpoints, platform.budgets cascade"
        )
        configs = {config.connector: config for config in load_all()[0]}
        yield Ground(platform, connection, configs, listener)


@pytest.fixture(scope="module", params=SYSTEMS)
def remote(request: pytest.FixtureRequest, registrations_dsn: str) -> Iterator[tuple[str, Running]]:
    """The sandbox of each system in turn."""
    system = str(request.param)
    # A token of another sandbox of the same name would be refused, and Exact lets nobody ask for the next one so soon.
    with psycopg.connect(registrations_dsn, autocommit=True) as connection:
        connection.execute("truncate platform.tokens")
    with serve(
        system, size=20, orders=20, settings={**load_remote(system).tested_with, **REMOTES.get(system, {})}
    ) as running:
        yield system, running


@pytest.fixture
def place(ground: Ground, remote: tuple[str, Running]) -> Place:
    """A coupling whose remote knows no registration."""
    system, running = remote
    for hook in list(running.remote.post.hooks):
        running.remote.post.forget(hook)
    running.admin.clear_faults()
    running.admin.forget_requests()
    return ground.at(system, running, **SWITCHED_ON.get(system, {}))


@pytest.fixture
def receiver(ground: Ground, registrations_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The receiver as it runs in production, at the address that remotes are told; it looks around more often."""
    monkeypatch.setattr(endpoints, "_KEPT_SECONDS", 0.2)
    monkeypatch.setattr(endpoints, "_LEAST_SECONDS", 0.1)
    app = build(registrations_dsn, ground.platform, StoredEndpoints(ground.platform), Limits())
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", http=PatientProtocol))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    monkeypatch.setenv(ADDRESS_VARIABLE, address)
    yield address
    server.should_exit = True
    thread.join()
