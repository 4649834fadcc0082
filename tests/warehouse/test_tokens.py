"""One token per credential for all workers, encrypted at rest (invariants 7 and 11)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from include.contract.errors import AuthRefused, Misconfigured
from include.engine.ports import Token
from include.sandbox import Running, serve
from include.sync.token_keeper import pack, unpack
from include.warehouse.secrets import Vault
from include.warehouse.tokens import StoredTokens
from tests.sync.fixtures import SECRET
from tests.sync.stage import Stage, connection_json, warehouse_environment

ROOT = Path(__file__).resolve().parents[2]
ERP = "bralex__exact_online"
pytestmark = pytest.mark.requirement("F2")


@pytest.fixture
def stage(clean_copy: Callable[[str], Stage]) -> Stage:
    return clean_copy("tokens")


@pytest.fixture
def company() -> Iterator[Running]:
    with serve("exact_online", seed=3, size=60, orders=5) as running:
        yield running


def store(stage: Stage, keys: str = SECRET) -> StoredTokens:
    return StoredTokens(stage.platform.connect, Vault(keys), pack, unpack)


def token(access: str, seconds: int = 600) -> Token:
    now = datetime.now(UTC)
    return Token(access, f"refresh of {access}", now, now + timedelta(seconds=seconds), "seed")


def fresh(held: Token) -> bool:
    return held.expires_at > datetime.now(UTC)


def never(_held: Token | None) -> Token:
    raise AssertionError("renewed without need")


def test_two_processes_need_a_token_at_once(stage: Stage, company: Running) -> None:
    """Exact kills a refresh token at its first use: a second refresh would lock the customer out."""
    environment = {**os.environ, **warehouse_environment(stage.dsn), "OPTIPLY_SECRET_KEY": SECRET}
    environment[f"AIRFLOW_CONN_{ERP.upper()}"] = connection_json(company)
    company.admin.fault("slow", "/token", seconds=1.0)
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "include.cli", "pull", ERP, name, "--mode", "all"],
            cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for name in ("suppliers", "supplier_products")
    ]  # fmt: skip
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    asked = [entry for entry in company.admin.requests() if entry["path"].endswith("/token")]
    assert [entry["status"] for entry in asked] == [200]
    assert stage.one("select version from platform.tokens") == 1


def test_encrypted_at_rest_and_in_no_output(stage: Stage, company: Running) -> None:
    stage.coupled(ERP, company)
    stage.pull(ERP, "suppliers")
    row = stage.row("select t.*, t::text as written from platform.tokens t")
    held = json.loads(Vault(SECRET).open(row["secret"]))
    assert held["refresh"] == company.remote.tokens.refresh
    shown = row["written"] + bytes(row["secret"]).decode("latin-1")
    for secret in (held["access"], held["refresh"], stage.opened[ERP].password):
        assert secret not in shown
        assert secret.encode().hex() not in row["written"]
    assert held["access"] not in repr(unpack(held))


@pytest.mark.parametrize("known", [False, True], ids=["the first one", "after the old one expired"])
def test_threads_that_wait_find_the_new_token(stage: Stage, known: bool) -> None:
    renewed: list[str] = []
    if known:
        store(stage).get("one", fresh, lambda _old: token("expired", seconds=0))

    def renew(_old: Token | None) -> Token:
        renewed.append("once")
        threading.Event().wait(0.3)
        return token(f"t{len(renewed)}")

    found: list[str] = []
    workers = [
        threading.Thread(target=lambda: found.append(store(stage).get("one", fresh, renew).access)) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (found, renewed) == (["t1"] * 4, ["once"])


def test_a_refused_renewal_leaves_the_old_token(stage: Stage) -> None:
    store(stage).get("one", fresh, lambda _old: token("old", seconds=0))
    before = stage.row("select secret, version from platform.tokens")

    def refuse(held: Token | None) -> Token:
        assert held is not None
        assert held.refresh == "refresh of old"
        raise AuthRefused("the remote said no")

    with pytest.raises(AuthRefused, match="the remote said no"):
        store(stage).get("one", fresh, refuse)
    assert stage.row("select secret, version from platform.tokens") == before


def test_credentials_do_not_share_tokens(stage: Stage) -> None:
    tokens = store(stage)
    assert tokens.get("one", fresh, lambda _old: token("first")).access == "first"
    assert tokens.get("two", fresh, lambda _old: token("second")).access == "second"
    assert tokens.get("one", fresh, never).access == "first"


def test_a_new_key_reads_what_the_old_one_wrote(stage: Stage) -> None:
    store(stage).get("one", fresh, lambda _old: token("kept"))
    newer = Fernet.generate_key().decode()
    assert store(stage, f"{newer}, {SECRET}").get("one", fresh, never).access == "kept"
    with pytest.raises(Misconfigured, match="cannot be read with OPTIPLY_SECRET_KEY") as raised:
        store(stage, newer).get("one", fresh, never)
    assert newer not in str(raised.value)
    tokens = store(stage, f"{newer},{SECRET}")
    tokens.get("one", lambda held: held.access != "kept", lambda _old: token("rotated"))
    assert store(stage, newer).get("one", fresh, never).access == "rotated", "what is written next takes the new key"


@pytest.mark.parametrize("key", ["", "not a key", SECRET[:-4]])
def test_a_bad_key_is_named_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPTIPLY_SECRET_KEY", key)
    with pytest.raises(Misconfigured, match="OPTIPLY_SECRET_KEY") as raised:
        Vault.from_environment()
    assert not key or key not in str(raised.value)
