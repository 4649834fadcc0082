"""Airflow's api-server with the desk in it, in this process, on a warehouse with the couplings of dag_configs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import requests
import uvicorn

from include.local.database_server import DatabaseServer
from include.sync.configs import deploy_configs
from include.warehouse.connection import connector
from include.warehouse.migrate import migrate
from tests.sync.stage import warehouse_environment

DATABASE = f"desk_{os.getpid()}"


class Browser:
    """What a person with a role of Airflow's asks and sends; nobody in particular without one."""

    def __init__(self, address: str, token: str | None) -> None:
        self.address, self._session = address, requests.Session()
        self.headers = {"X-Desk": "1"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._session.trust_env = False
        self._session.headers.update(self.headers)

    def request(self, method: str, path: str, **given: Any) -> requests.Response:
        return self._session.request(method, self.address + path, allow_redirects=False, timeout=30, **given)

    def get(self, path: str, **given: Any) -> requests.Response:
        return self.request("GET", path, **given)

    def post(self, path: str, **given: Any) -> requests.Response:
        return self.request("POST", path, **given)


Opened = Callable[..., Browser]


@pytest.fixture(scope="package")
def warehouse(database_server: DatabaseServer) -> Iterator[psycopg.Connection]:
    """A migrated warehouse that knows the couplings; the desk's environment names it."""
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {DATABASE} with (force)")
        admin.execute(f"create database {DATABASE}")
        try:
            with (
                pytest.MonkeyPatch.context() as patch,
                connector(database_server.dsn(DATABASE), "test")() as connection,
            ):
                for name, value in warehouse_environment(database_server.dsn(DATABASE)).items():
                    patch.setenv(name, value)
                migrate(connection)
                assert deploy_configs(connection) == []
                connection.execute(
                    "update platform.coupling_life set state = 'active', since = now() - interval '1 day'"
                )
                yield connection
        finally:
            admin.execute(f"drop database {DATABASE} with (force)")


@pytest.fixture(scope="package")
def order(warehouse: psycopg.Connection) -> int:
    """Optiply's number of a buy order that is parked on its way to Exact."""
    supplier = warehouse.execute(
        "insert into optiply.suppliers (webshop_id, coupling_id, remote_id, name)"
        " select webshop_id, id, 'of the order', 'Supplier' from platform.couplings where name = 'bralex__exact_online'"
        " returning id"
    ).fetchone()
    assert supplier is not None
    warehouse.execute(
        "with placed as (insert into optiply.buy_orders (webshop_id, coupling_id, remote_id, optiply_id, supplier_id,"
        "  placed, total_value) select webshop_id, id, 'placed', 1, %s, now(), 1 from platform.couplings"
        "  where name = 'bralex__exact_online' returning *)"
        " insert into platform.push_orders (webshop_id, coupling_id, buy_order_id, reference, state, error_class,"
        "  error_text, acts, next_step) select webshop_id, coupling_id, id, '1', 'parked', 'unknown', 'no answer came',"
        "  'support', 'Look on the remote.' from placed",
        [supplier[0]],
    )
    return 1


@pytest.fixture(scope="package")
def opened(airflow_database: str, warehouse: psycopg.Connection) -> Iterator[Opened]:
    """Give a browser of a person with a role of Airflow's; of nobody without one."""
    # Airflow reads its settings when it is imported, and this file is read before they are made.
    from airflow.api_fastapi.app import create_app, get_auth_manager  # noqa: PLC0415
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser  # noqa: PLC0415

    server = uvicorn.Server(uvicorn.Config(create_app(apps="core"), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the api-server did not start"
            time.sleep(0.02)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

        def browser(role: str | None = None) -> Browser:
            user = SimpleAuthManagerUser(username=f"{role}_user", role=role)
            return Browser(address, get_auth_manager().generate_jwt(user) if role else None)

        yield browser
    finally:
        server.should_exit = True
        thread.join()
