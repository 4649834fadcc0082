"""The calls of an operation that failed stand in the warehouse, and on the command line."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from include.cli.__main__ import main
from include.contract.errors import SyncError
from include.engine.witness import failed_call
from include.sandbox import serve
from include.spec.load import find_coupling
from include.sync.pull import Platform, pull
from include.sync.remote import KeptFaults
from include.warehouse.connection import connector
from include.warehouse.pulls import Wish
from include.warehouse.secrets import Vault
from tests.engine.test_witness import REFUSED
from tests.monitor.conftest import Warehouse
from tests.monitor.test_watch import SHOP
from tests.sync.stage import credentials_of, warehouse_environment

pytestmark = pytest.mark.requirement("R1")


def test_a_failed_pull_leaves_its_calls(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = Platform(warehouse.connect, Vault(Fernet.generate_key().decode()))
    with serve("woocommerce", seed=5, size=3, orders=1) as running:
        running.admin.fault("status", "/products", status=400)
        credentials = credentials_of(running, SHOP)
        with pytest.raises(SyncError):
            pull(platform, find_coupling(SHOP), Wish(SHOP, "products", "all"), credentials)
    kept = warehouse.do("select * from platform.http_details")
    assert [(call["method"], call["status"]) for call in kept] == [("GET", 400)]
    number = warehouse.one("select max(id) from platform.pulls")
    assert kept[0]["operation"] == f"pull {number} of products"
    assert credentials.password not in str(kept)
    for name, value in warehouse_environment(warehouse.dsn).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OPTIPLY_SECRET_KEY", Fernet.generate_key().decode())
    assert main(["coupling", "faults", SHOP]) == 0
    told = capsys.readouterr().out
    assert f"pull {number} of products  (bad request)" in told
    assert "/wp-json/wc/v3/products?" in told


def test_one_operation_keeps_only_its_first_calls(warehouse: Warehouse) -> None:
    witness = KeptFaults(warehouse.connect, SHOP, "test")
    for _ in range(60):
        witness.failed(failed_call("GET", "https://a.nl/x", {}, None, REFUSED, []))
    assert warehouse.one("select count(*) from platform.http_details") == 40


def test_a_warehouse_that_is_away_changes_nothing() -> None:
    witness = KeptFaults(connector("postgresql://nobody@127.0.0.1:1/none", "test"), SHOP, "test")
    witness.failed(failed_call("GET", "https://a.nl/x", {}, None, REFUSED, []))
