"""A migrated database with two couplings, and the receiver's application on a port of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest
import uvicorn
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from include.local.database_server import DatabaseServer
from include.receiver.app import build
from include.receiver.intake import Endpoint, Endpoints, Unavailable
from include.receiver.limits import Limits
from include.receiver.patience import PatientProtocol
from include.receiver.routers import ROUTERS
from include.sync.pull import Platform
from include.warehouse.connection import connector
from include.warehouse.inbox import Arrived
from include.warehouse.migrate import migrate
from include.warehouse.secrets import Vault

SECRET = b"the secret of the first coupling"
DATABASE = f"receiver_{os.getpid()}"


def signed(body: bytes, secret: bytes = SECRET) -> dict[str, str]:
    """The header of a system that signs with a plain HMAC."""
    return {"X-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest()}


def event(number: int, **values: Any) -> bytes:
    return json.dumps({"event": number, "id": number, **values}).encode()


def endpoint(coupling_id: int, secret: bytes | None = SECRET) -> Endpoint:
    """An endpoint of an imagined system; the real ones are tested with their signatures in tests/webhooks."""

    def verify(headers: Mapping[str, str], body: bytes) -> bool:
        return hmac.compare_digest(headers.get("x-signature", ""), signed(body, secret or b"")["X-Signature"])

    def read(_headers: Mapping[str, str], body: bytes) -> Arrived | None:
        said = json.loads(body)
        if said.get("unwanted"):
            return None
        dedup = hashlib.sha256(body).digest()
        return Arrived(coupling_id, "changed", dedup, body, object="products", remote_id=str(said["id"]))

    def is_ping(_headers: Mapping[str, str], body: bytes) -> bool:
        return body == b"ping"

    return Endpoint(coupling_id, f"shop__{coupling_id}", secret is not None, is_ping, verify, read, 202, b'{"heard":1}')


class Known(Endpoints):
    """Addresses in a dictionary."""

    def __init__(self, **endpoints: Endpoint) -> None:
        self.endpoints = endpoints
        self.is_away = False

    async def find(self, token: str) -> Endpoint | None:
        if self.is_away:
            raise Unavailable
        return self.endpoints.get(token)


@dataclasses.dataclass
class Served:
    """The running application, and the warehouse behind it."""

    url: str
    port: int
    dsn: str
    known: Known
    connection: psycopg.Connection[dict[str, Any]]

    def stored(self) -> list[dict[str, Any]]:
        return self.connection.execute("select * from platform.webhook_events order by id").fetchall()


@pytest.fixture
def warehouse(database_server: DatabaseServer) -> Iterator[str]:
    """A migrated database with the couplings 1 and 2."""
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {DATABASE} with (force)")
        admin.execute(f"create database {DATABASE}")
        with psycopg.connect(database_server.dsn(DATABASE), autocommit=True) as connection:
            migrate(connection)
            couple(connection)
        yield database_server.dsn(DATABASE)
        admin.execute(f"drop database {DATABASE} with (force)")


def couple(connection: psycopg.Connection[Any]) -> None:
    connection.execute("insert into platform.webshops (name, title, time_zone) values ('shop', 'Shop', 'UTC')")
    connection.execute(
        "insert into platform.couplings (webshop_id, name, connector, title, role, config_hash)"
        " select 1, 'shop__' || n, 'woocommerce', 'Shop', 'primary', '' from generate_series(1, 2) as n"
    )


Serve = Callable[..., Served]


@pytest.fixture
def serve(warehouse: str) -> Iterator[Serve]:
    """Start the application with limits of the test's choice; `dsn` where its store is another one."""
    with contextlib.ExitStack() as stack:

        def start(limits: Limits | None = None, dsn: str | None = None) -> Served:
            return stack.enter_context(_served(warehouse, limits or Limits(), dsn or warehouse))

        yield start


@contextlib.contextmanager
def _served(warehouse: str, limits: Limits, dsn: str) -> Iterator[Served]:
    known = Known(first=endpoint(1), second=endpoint(2), open=endpoint(1, None))
    platform = Platform(connector(warehouse, "test"), Vault(Fernet.generate_key().decode()))
    app = build(dsn, platform, known, limits, ROUTERS)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", http=PatientProtocol))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with psycopg.connect(warehouse, autocommit=True, row_factory=dict_row) as connection:
            yield Served(f"http://127.0.0.1:{port}", port, warehouse, known, connection)
    finally:
        server.should_exit = True
        thread.join()
