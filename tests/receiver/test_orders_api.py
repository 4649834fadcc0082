"""The API under /v1: nothing without a token, every fault with its field, one order however often it is placed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import requests
import uvicorn
from cryptography.fernet import Fernet
from fastapi import FastAPI
from fastapi.routing import APIRoute
from psycopg.rows import dict_row

from include.cli.__main__ import main
from include.kit.scratch import scratch, server
from include.receiver.app import build
from include.receiver.limits import Limits
from include.receiver.routers import ROUTERS
from include.sync.pull import Platform
from include.warehouse import api_tokens
from include.warehouse.connection import connector
from include.warehouse.secrets import Vault
from tests.receiver.conftest import Known
from tests.sync.stage import warehouse_environment

Rows = psycopg.Connection[dict[str, Any]]
ALL = ("orders:read", "orders:write", "pull")
SOON = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """Two webshops with a supplier and a product each."""
    with scratch(server(), "api") as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                """insert into platform.webshops (name, title, time_zone)
                       values ('shop', '', 'UTC'), ('other', '', 'UTC');
                   insert into platform.couplings (webshop_id, name, connector, title, role, config_hash)
                       select id, name || '__picqer', 'picqer', '', 'primary', '' from platform.webshops;
                   insert into platform.ownership (webshop_id, object, coupling_id, priority)
                       select webshop_id, object, id, 1 from platform.couplings
                       cross join unnest(array['products', 'buy_orders', 'receipt_lines']) as object;
                   insert into optiply.suppliers (webshop_id, coupling_id, remote_id, name)
                       select webshop_id, id, 'S1', 'Jansen' from platform.couplings;
                   insert into optiply.products (webshop_id, coupling_id, remote_id, name)
                       select webshop_id, id, 'P1', 'Stoel' from platform.couplings"""
            )
        yield dsn


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("truncate platform.push_orders, platform.webhook_events, platform.api_tokens cascade")
        connection.execute("truncate optiply.buy_orders cascade")
        yield connection


@pytest.fixture(scope="module")
def app(database: str) -> FastAPI:
    platform = Platform(connector(database, "test"), Vault(Fernet.generate_key().decode()))
    return build(database, platform, Known(), Limits(), ROUTERS)


class Client:
    """Speaks to the running application."""

    def __init__(self, address: str) -> None:
        self._address = address

    def request(self, method: str, path: str, **given: Any) -> requests.Response:
        return requests.request(method, self._address + path, timeout=20, **given)

    def post(self, path: str, **given: Any) -> requests.Response:
        return self.request("POST", path, **given)

    def get(self, path: str, **given: Any) -> requests.Response:
        return self.request("GET", path, **given)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[Client]:
    served = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=served.run)
    thread.start()
    try:
        while not served.started:
            time.sleep(0.01)
        yield Client(f"http://127.0.0.1:{served.servers[0].sockets[0].getsockname()[1]}")
    finally:
        served.should_exit = True
        thread.join()


def token(
    rows: Rows, scopes: tuple[str, ...] = ALL, webshop: str | None = None, until: datetime = SOON
) -> dict[str, str]:
    name = f"t{rows.execute('select count(*) as n from platform.api_tokens').fetchall()[0]['n']}"
    with psycopg.connect(rows.info.dsn, password=rows.info.password) as connection:
        return {"Authorization": f"Bearer {api_tokens.create(connection, name, scopes, webshop, until)}"}


def order(number: int = 551122, **changes: Any) -> dict[str, Any]:
    line = {"optiply_id": 901, "product_id": 1, "quantity": 6, "subtotal_value": "12.50"}
    return {"webshop": "shop", "optiply_id": number, "supplier_id": 1, "lines": [line]} | changes


def test_every_route_asks_for_a_token_first(app: FastAPI, client: Client, rows: Rows) -> None:
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(routes) == 8
    valid = token(rows)["Authorization"]
    past = token(rows, until=datetime.now(UTC) - timedelta(seconds=1))["Authorization"]
    unknown = ["Bearer opt_99999999999999999999_x", "Bearer opt_٣_x", valid.replace("opt_", "opt_9"), f"{valid}x", past]
    forged = [None, "", "Bearer", "Bearer x", "Bearer opt_1_", f"Basic {valid[7:]}", *unknown]
    for route in routes:
        assert route.path.startswith("/v1/")
        path = route.path.replace("{optiply_id}", "not-a-number").replace("{coupling}", "shop__picqer")
        for method in route.methods:
            for header in forged:
                headers = {} if header is None else {"Authorization": header.encode()}
                answer = client.request(method, path, headers=headers, data=b"{")
                assert answer.status_code == 401, (method, path, header)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert rows.execute("select from optiply.buy_orders").fetchall() == []


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"lines": []}, "lines", "at least 1 item"),
        ({"lines": None}, "lines", "valid list"),
        ({"optiply_id": "551122"}, "optiply_id", "valid integer"),
        ({"optiply_id": True}, "optiply_id", "valid integer"),
        ({"placed": "2026-05-18T09:00:00"}, "placed", "timezone"),
        ({"total_value": "12.501"}, "total_value", "2 decimal places"),
        ({"total_value": "12.51"}, "total_value", "12.51 is not the sum of the lines, 12.5"),
        ({"colour": "red"}, "colour", "not permitted"),
        ({"webshop": "nowhere"}, "webshop", "nowhere is not known"),
        ({"supplier_id": 99}, "supplier_id", "99 is no supplier"),
        ({"supplier_id": 2}, "supplier_id", "2 belongs to another webshop"),
    ],
)
def test_a_fault_of_the_order_names_its_field(
    client: Client, rows: Rows, change: dict[str, Any], field: str, words: str
) -> None:
    answer = client.post("/v1/buy-orders", json=order(**change), headers=token(rows))
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert (fault["field"], words in fault["message"]) == (field, True), fault


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 0}, "lines[1].quantity"),
        ({"quantity": 2.5}, "lines[1].quantity"),
        ({"subtotal_value": "-1"}, "lines[1].subtotal_value"),
        ({"subtotal_value": "NaN"}, "lines[1].subtotal_value"),
        ({"product_id": 2}, "lines[1].product_id"),
        ({"product_id": None}, "lines[1].product_id"),
        ({"optiply_id": 901}, "lines[1].optiply_id"),
    ],
)
def test_a_fault_of_a_line_names_the_line(client: Client, rows: Rows, change: dict[str, Any], field: str) -> None:
    first = order()["lines"][0]
    answer = client.post(
        "/v1/buy-orders", json=order(lines=[first, first | {"optiply_id": 902} | change]), headers=token(rows)
    )
    assert (answer.status_code, [fault["field"] for fault in answer.json()["errors"]]) == (422, [field]), answer.text
    assert rows.execute("select from optiply.buy_orders").fetchall() == []


def test_a_body_that_is_no_json_or_too_large(client: Client, rows: Rows) -> None:
    headers = token(rows)
    answer = client.post("/v1/buy-orders", data=b"{", headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")
    large = json.dumps(order(webshop="x" * 1_000_001))
    assert client.post("/v1/buy-orders", data=large, headers=headers).status_code == 413
    assert client.post("/v1/buy-orders", data=iter([b"{}"]), headers=headers).status_code == 411


def test_an_order_is_placed_once_changed_and_cancelled(client: Client, rows: Rows) -> None:
    headers = token(rows)
    placed = client.post("/v1/buy-orders", json=order(), headers=headers)
    assert placed.status_code == 202, placed.text
    again = client.post("/v1/buy-orders", json=order(), headers=headers).json()
    assert again == placed.json()
    assert (again["state"], again["is_sent"], again["is_whole"], again["coupling"]) == (
        "waiting", False, True, "shop__picqer"
    )  # fmt: skip
    change = order(lines=[order()["lines"][0] | {"quantity": 8}])
    changed = client.post("/v1/buy-orders", json=change, headers=headers).json()
    assert changed["buy_order_id"] == again["buy_order_id"]
    assert changed["wanted_version"] > again["wanted_version"]
    rows.execute(
        """insert into platform.push_steps (push_order_id, number, version, step, outcome, status, words)
           select id, 1, 1, 'create', 'refused', 400, 'supplier is blocked' from platform.push_orders;
           update platform.push_orders
           set state = 'rejected', error_text = 'supplier is blocked', next_step = 'Unblock it.'"""
    )
    status = client.get("/v1/buy-orders/551122", headers=headers).json()
    assert (status["order"]["state"], status["order"]["error_text"], status["order"]["next_step"]) == (
        "rejected", "supplier is blocked", "Unblock it."
    )  # fmt: skip
    assert [(step["step"], step["outcome"], step["words"]) for step in status["steps"]] == [
        ("create", "refused", "supplier is blocked")
    ]
    cancelled = client.post("/v1/buy-orders/551122/cancel", headers=headers)
    assert (cancelled.status_code, cancelled.json()["cancelled"] is not None) == (202, True)
    assert client.post("/v1/buy-orders", json=order(), headers=headers).json()["errors"][0]["field"] == "optiply_id"


def test_scopes_and_webshops_of_a_token(client: Client, rows: Rows) -> None:
    reader, other, writer = token(rows, ("orders:read",)), token(rows, ALL, "other"), token(rows)
    assert client.post("/v1/buy-orders", json=order(), headers=reader).status_code == 403
    assert client.post("/v1/buy-orders", json=order(), headers=other).status_code == 403
    assert client.post("/v1/buy-orders", json=order(), headers=writer).status_code == 202
    assert client.get("/v1/buy-orders/551122", headers=reader).status_code == 200
    assert client.get("/v1/buy-orders/551122", headers=other).status_code == 404
    assert client.post("/v1/buy-orders/551122/cancel", headers=other).status_code == 404
    assert client.post("/v1/buy-orders/551122/cancel", headers=reader).status_code == 403
    ask = {"object": "products", "remote_id": "P1"}
    assert client.post("/v1/couplings/shop__picqer/pull", json=ask, headers=reader).status_code == 403
    assert client.post("/v1/couplings/shop__picqer/pull", json=ask, headers=other).status_code == 404
    assert rows.execute("select from platform.webhook_events").fetchall() == []
    rows.execute("update platform.api_tokens set revoked_at = now()")
    assert client.get("/v1/buy-orders/551122", headers=reader).status_code == 401


def test_a_pull_is_asked_for_in_the_inbox(client: Client, rows: Rows) -> None:
    headers, path = token(rows), "/v1/couplings/shop__picqer/pull"
    client.post("/v1/buy-orders", json=order(), headers=headers)
    wanted = {"object": "buy_orders", "optiply_id": 551122}
    assert client.post(path, json=wanted, headers=headers).status_code == 404
    with rows.transaction():
        rows.execute("set local optiply.writer = 'platform'")
        rows.execute("update optiply.buy_orders set remote_id = '31'")
    asked = client.post(path, json=wanted, headers=headers)
    assert (asked.status_code, asked.json().get("remote_id")) == (202, "31"), asked.text
    assert client.post(path, json={"object": "products", "remote_id": "P1"}, headers=headers).status_code == 202
    found = rows.execute("select source, object, remote_id, follow_up, state from platform.webhook_events order by id")
    assert [tuple(row.values()) for row in found] == [
        ("api", "buy_orders", "31", "single", "waiting"),
        ("api", "receipt_lines", None, "changed", "waiting"),
        ("api", "products", "P1", "single", "waiting"),
    ]
    for wrong in (
        {"object": "suppliers", "remote_id": "S1"},
        {"object": "products"},
        {"object": "stock", "remote_id": "1"},
    ):
        assert client.post(path, json=wrong, headers=headers).status_code == 422
    rows.execute("update platform.couplings set settings = '{\"buy_orders.two_way\": false}' where id = 1")
    try:
        assert client.post(path, json=wanted, headers=headers).status_code == 422
    finally:
        rows.execute("update platform.couplings set settings = '{}'")


def test_the_description_names_the_token_and_the_faults(client: Client) -> None:
    described = client.get("/openapi.json").json()
    post = described["paths"]["/v1/buy-orders"]["post"]
    assert post["security"] == [{"HTTPBearer": []}]
    assert post["responses"]["422"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Faults"}


def test_tokens_of_the_command_line(
    database: str, rows: Rows, client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in warehouse_environment(database).items():
        monkeypatch.setenv(name, value)
    create = ["api-token", "create", "optiply", "--scope", "orders:read", "--webshop", "shop"]
    assert main(create) == 0
    shown = capsys.readouterr().out.split()[0]
    headers = {"Authorization": f"Bearer {shown}"}
    assert client.get("/v1/buy-orders/1", headers=headers).status_code == 404
    assert main(["api-token", "list"]) == 0
    listed = capsys.readouterr().out
    assert ("optiply" in listed, "last used" in listed, shown in listed, shown.rpartition("_")[2] in listed) == (
        True, True, False, False
    )  # fmt: skip
    (kept,) = rows.execute("select * from platform.api_tokens").fetchall()
    assert shown.split("_", 2)[2] not in str(kept)
    assert main(create) == 1
    assert main([*create[:2], "x", *create[3:-1], "nowhere"]) == 1
    assert main(["api-token", "revoke", "optiply"]) == 0
    assert client.get("/v1/buy-orders/1", headers=headers).status_code == 401
    assert main(["api-token", "revoke", "optiply"]) == 1
