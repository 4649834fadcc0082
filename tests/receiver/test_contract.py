"""The receiver answers as its description says, whatever is asked (R14); tests/http_contract.py says what is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import requests
import schemathesis
import uvicorn
from cryptography.fernet import Fernet

from include.kit.scratch import scratch, server
from include.receiver.app import build
from include.receiver.limits import Limits
from include.receiver.patience import PatientProtocol
from include.receiver.routers import ROUTERS
from include.sync.configs import deploy_configs
from include.sync.pull import Platform
from include.warehouse import api_tokens
from include.warehouse.connection import connector
from include.warehouse.secrets import Vault
from tests.http_contract import Asked, ask, ask_oddly, hold
from tests.receiver.conftest import Known, endpoint, event, signed

pytestmark = pytest.mark.requirement("R14", "R8")
COUPLING = "bralex__exact_online"
# What a token with one scope may reach, by the part of the address after /v1.
OPENS = {
    "orders:read": {"buy-orders"},
    "orders:write": {"buy-orders"},
    "pull": {"couplings"},
    "status:read": {"status"},
}


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The couplings of dag_configs, all active; one has a supplier and a product."""
    with scratch(server(), "contract") as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            assert deploy_configs(connection) == []
            connection.execute("update platform.coupling_life set state = 'active', since = now() - interval '1 day'")
            for table, name in (("suppliers", "Jansen"), ("products", "Stoel")):
                connection.execute(
                    f"insert into optiply.{table} (webshop_id, coupling_id, remote_id, name)"
                    " select webshop_id, id, 'X1', %s from platform.couplings where name = %s",
                    [name, COUPLING],
                )
        yield dsn


@pytest.fixture(scope="module")
def address(database: str) -> Iterator[str]:
    platform = Platform(connector(database, "test"), Vault(Fernet.generate_key().decode()))
    app = build(database, platform, Known(first=endpoint(1), open=endpoint(2, None)), Limits(), ROUTERS)
    served = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", http=PatientProtocol))
    thread = threading.Thread(target=served.run)
    thread.start()
    try:
        while not served.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{served.servers[0].sockets[0].getsockname()[1]}"
    finally:
        served.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def described(address: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{address}/openapi.json", timeout=20).json()
    return found


def token(database: str, name: str, *scopes: str, webshop: str | None = None) -> dict[str, str]:
    until = datetime.now(UTC) + timedelta(days=1)
    with psycopg.connect(database, autocommit=True) as connection:
        return {"Authorization": f"Bearer {api_tokens.create(connection, name, scopes, webshop, until)}"}


def test_whatever_is_asked_the_answer_is_described(database: str, address: str, described: dict[str, Any]) -> None:
    asked = ask(described, address, token(database, "all", *api_tokens.SCOPES), random=2, systematic=True)
    assert not asked.faults, asked.told()
    # None of it is true because everything was refused.
    for path, methods in described["paths"].items():
        for method in methods:
            good = {status for status in asked.statuses(f"{method.upper()} {path}") if status < 300}
            assert good or path.startswith("/webhooks"), f"{method} {path} never went well"


def test_whatever_is_odd_is_answered_as_described(database: str, address: str, described: dict[str, Any]) -> None:
    known = {"coupling": COUPLING, "webshop": "bralex", "optiply_id": "551122", "token": "first"}
    asked = ask_oddly(described, address, token(database, "odd", *api_tokens.SCOPES), known)
    assert not asked.faults, asked.told()
    assert asked.answers.total() > 200


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer opt_1_forged", "Basic b3B0OjE="])
def test_without_a_token_every_answer_is_401(address: str, described: dict[str, Any], sent: str) -> None:
    guarded = {"paths": {path: found for path, found in described["paths"].items() if path.startswith("/v1/")}}
    asked = ask(described | guarded, address, {"Authorization": sent} if sent else {}, random=1, systematic=False)
    assert not asked.faults, asked.told()
    assert asked.statuses() == {401}
    assert len(asked.answers) == sum(len(methods) for methods in guarded["paths"].values())


@pytest.mark.parametrize("scope", api_tokens.SCOPES)
def test_a_token_opens_what_its_scope_says_and_no_more(
    database: str, address: str, described: dict[str, Any], scope: str
) -> None:
    headers = token(database, scope, scope, webshop="velodrome")
    asked = ask(described, address, headers, random=2, systematic=False)
    assert not asked.faults, asked.told()
    opened = {name for name, status in asked.answers if status not in (401, 403, 422)}
    assert {name.partition(" ")[2].split("/")[2] for name in opened if " /v1/" in name} <= OPENS[scope]


def test_webhooks_are_answered_as_described(address: str, described: dict[str, Any]) -> None:
    right, asked, schema = event(1), Asked(), schemathesis.openapi.from_dict(described)
    for path, body, headers, status in (
        ("first", right, signed(right), 202),
        ("first", right, {}, 401),
        ("open", right, {}, 403),
        ("third", right, {}, 404),
        ("first", b"x" * 2_000_001, {}, 413),
    ):
        answer = requests.post(f"{address}/webhooks/{path}", body, headers=headers, timeout=20)
        assert answer.status_code == status
        hold(asked, schema, "POST", "/webhooks/{token}", answer)
    assert not asked.faults, asked.told()


def test_what_is_no_address_or_no_method_of_it_is_a_fault_like_others(address: str) -> None:
    for method, path, status in (
        ("GET", "/v1/buy-orders/", 404),
        ("GET", "/v1/status/couplings/", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/buy-orders", 405),
        ("DELETE", "/health", 405),
    ):
        answer = requests.request(method, address + path, allow_redirects=False, timeout=20)
        assert (answer.status_code, list(answer.json())) == (status, ["errors"])
