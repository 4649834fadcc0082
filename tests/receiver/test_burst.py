"""A burst from 50 connections while the receiver is killed and PostgreSQL crashes: nothing lost, nothing twice."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from include.bench.sender import Answered, Delivery, send_all
from include.local import ports, postgres
from include.local.database_server import DatabaseServer
from include.local.receiver_process import is_healthy
from include.sandbox import Running, serve
from include.spec.load import load_all
from include.sync.configs import deploy_configs
from include.sync.drain import drain
from include.sync.pull import Platform
from include.warehouse.connection import connector
from include.warehouse.migrate import migrate
from include.warehouse.secrets import Vault
from tests.sync.stage import credentials_of, warehouse_environment

ROOT = Path(__file__).resolve().parents[2]
SHOP, TOKEN, SECRET, GUESS = "velodrome__woocommerce", "burst-" + "x" * 24, "the shop's secret", "a guess"
DELIVERIES = 10_000
CONNECTIONS, VERSIONS, THIN = 50, 5, 40
NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)


@dataclasses.dataclass
class Ground:
    """A PostgreSQL of its own and a receiver, both of which may die."""

    cluster: postgres.Cluster
    server: DatabaseServer
    key: str
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start_receiver(self) -> None:
        environment = {**os.environ, **warehouse_environment(self.server.dsn("postgres"))}
        environment |= {"OPTIPLY_SECRET_KEY": self.key, "OPTIPLY_RECEIVER_PORT": str(self.port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "include.receiver"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )

    def kill_receiver(self) -> None:
        assert self.process is not None
        self.process.kill()
        assert self.process.wait() == -signal.SIGKILL
        self.start_receiver()

    def crash_postgresql(self) -> None:
        """As a power cut: no buffer is written, no client is told; then it recovers."""
        pid = int((self.cluster.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        while postgres.running_port(self.cluster) is not None:
            time.sleep(0.05)
        time.sleep(1)
        assert postgres.start(self.cluster).port == self.server.port

    def one(self, query: str) -> Any:
        with psycopg.connect(self.server.dsn("postgres")) as connection:
            row = connection.execute(query.encode()).fetchone()
            assert row is not None
            return row[0]


@pytest.fixture
def ground() -> Iterator[Ground]:
    # Not pytest's own folder: root's is closed to the account that PostgreSQL runs as.
    state = Path(tempfile.mkdtemp(prefix="optiply-burst-test-"))
    state.chmod(0o711)
    # Durable: what was accepted has to be there after a crash.
    cluster = postgres.Cluster(state, "burst", 42500, durable=True)
    try:
        with postgres.running(cluster) as server:
            key = Fernet.generate_key().decode()
            with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
                migrate(connection)
                deploy_configs(connection)
                connection.execute(
                    "insert into platform.webhook_endpoints (coupling_id, token, secret)"
                    " select id, %s, %s from platform.couplings where name = %s",
                    [TOKEN, Vault(key).seal(SECRET), SHOP],
                )
            made = Ground(cluster, server, key, ports.choose(state, "receiver", 42600))
            made.start_receiver()
            yield made
            if made.process is not None:
                made.process.terminate()
                made.process.wait()
    finally:
        shutil.rmtree(state, ignore_errors=True)


@pytest.fixture(scope="module")
def shop() -> Iterator[Running]:
    with serve("woocommerce", seed=6, size=80, orders=10) as running:
        yield running


def delivery(topic: str, record: dict[str, Any], number: int, secret: str = SECRET) -> Delivery:
    """An event as WooCommerce sends it."""
    body = json.dumps(record).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    headers = {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": signature,
        "X-WC-Webhook-Delivery-ID": str(number),
    }
    return Delivery(f"/webhooks/{TOKEN}", headers | {"Content-Type": "application/json"}, body)


def order(number: int, version: int, **values: Any) -> dict[str, Any]:
    moment = NOW + timedelta(minutes=version)
    return {"id": 70_000 + number, "version": version, "date_modified_gmt": f"{moment:%Y-%m-%dT%H:%M:%S}", **values}


def burst(shop: Running) -> tuple[list[Delivery], int, int]:
    """Return the deliveries, how many different true events are among them, and how many orders.

    A third are repetitions, one in twenty is forged, and none is in its place.
    """
    forged = DELIVERIES // 20
    orders = (DELIVERIES * 2 // 3 - forged - THIN) // VERSIONS
    true = [delivery("order.updated", order(n, v), n * 10 + v) for n in range(orders) for v in range(VERSIONS)]
    products = [record for record in shop.admin.state()["collections"]["products"] if record["type"] == "simple"][:8]
    true += [
        # Thin, because the single call of the parent named here is what it takes.
        delivery("product.updated", {"id": n, "type": "variation", "parent_id": products[n % len(products)]["id"]}, n)
        for n in range(THIN)
    ]
    false = [delivery("order.updated", order(n % orders, 99, forged=True), n, GUESS) for n in range(forged)]
    random.seed(7)
    again = random.choices(true, k=DELIVERIES - len(true) - len(false))
    sent = [*true, *false, *again]
    random.shuffle(sent)
    return sent, len(true), orders


@pytest.mark.requirement("R4")
def test_every_accepted_event_is_done_once_in_effect(ground: Ground, shop: Running) -> None:
    sent, true, orders = burst(shop)
    assert len(sent) == DELIVERIES
    until(lambda: ground.one("select 1") and healthy(ground.port))
    answers: list[Answered] = []
    senders = threading.Thread(target=lambda: answers.extend(send_all(ground.port, sent, CONNECTIONS)))
    begun = time.monotonic()
    senders.start()
    until(lambda: arrived(ground) > true // 4)
    ground.kill_receiver()
    until(lambda: arrived(ground) > true // 2)
    ground.crash_postgresql()
    senders.join()
    seconds = time.monotonic() - begun

    forged = [place for place, one in enumerate(sent) if b'"forged": true' in one.body]
    assert {answers[place].status for place in forged} == {401}
    accepted = [answers[place].status for place in range(DELIVERIES) if place not in set(forged)]
    assert set(accepted) == {200}, "senders repeat what was not accepted until it is"
    assert any(answer.tries > 1 for answer in answers), "the crashes were in the middle of it"
    stored = "select count(*) || ' ' || count(distinct body) from platform.webhook_events"
    assert ground.one(stored) == f"{true} {true}"
    assert (
        ground.one("select count(*) from platform.webhook_events where convert_from(body, 'utf8') like '%forged%'") == 0
    )
    print(f"\n{DELIVERIES} deliveries, {true} events, {len(forged)} forged: {seconds:.1f} s with both crashes")

    work(ground, shop)
    assert ground.one("select string_agg(distinct state, ',') from platform.webhook_events") == "done"
    current = "select count(*) || ' ' || count(distinct record_key) || ' ' || min(payload ->> 'version') from"
    current += " staging.woocommerce__orders where superseded_at is null"
    assert ground.one(current) == f"{orders} {orders} {VERSIONS - 1}", "one current version each, the newest"
    roots = "select count(distinct root_key) from platform.news where object = 'sell_orders'"
    assert ground.one(roots) == orders
    calls = [entry["path"] for entry in shop.admin.requests() if "/products/" in entry["path"]]
    assert len(calls) == len(set(calls)) == 8, "all events of a product were one call"
    before = ground.one("select count(*) from staging.woocommerce__orders")
    # What was accepted and done does nothing when it comes once more.
    assert {answer.status for answer in send_all(ground.port, sent[:200], 5)} <= {200, 401}
    work(ground, shop)
    assert (arrived(ground), ground.one("select count(*) from staging.woocommerce__orders")) == (true, before)


def work(ground: Ground, shop: Running) -> None:
    """Work on all that waits, as the DAG does."""
    platform = Platform(connector(ground.server.dsn("postgres"), "test"), Vault(ground.key))
    config = next(config for config in load_all()[0] if config.name == SHOP)
    while drain(platform, lambda _name: (config, credentials_of(shop, SHOP))).done:
        pass


def arrived(ground: Ground) -> int:
    try:
        return int(ground.one("select count(*) from platform.webhook_events"))
    except psycopg.OperationalError:
        return 0


def healthy(port: int) -> bool:
    return is_healthy(f"http://127.0.0.1:{port}")


def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.05)
