"""Accepted webhooks per second, beside a receiver of the same framework that checks nothing and inserts a row each.

Both are processes of their own on the same PostgreSQL, and get the same signed events over 50 connections, in turns.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
import uvicorn
from cryptography.fernet import Fernet
from fastapi import FastAPI, Request, Response
from psycopg.conninfo import conninfo_to_dict

from include.bench.result import Result
from include.bench.sender import Answered, Delivery, send_all
from include.local.receiver_process import is_healthy
from include.warehouse.connection import connector
from include.warehouse.migrate import migrate
from include.warehouse.secrets import Vault

EVENTS, ROUNDS, CONNECTIONS = 10_000, 3, 50
_SECRET, _TOKEN = "the secret of the bench", "bench-" + "x" * 24
_BARE_CONNECTIONS = 10
_BARE = (
    "drop table if exists bench_events; create table bench_events (id bigint generated always as identity, body bytea)"
)


def webhook_intake(dsn: str) -> Result:
    """Events per second, the median of three rounds; the 99th percentiles of the answers' seconds are printed."""
    key = Fernet.generate_key().decode()
    _prepare(dsn, key)
    ours: list[list[Answered]] = []
    bare: list[list[Answered]] = []
    rates: list[tuple[float, float]] = []
    with (
        _serving("include.receiver", dsn, key) as port,
        _serving("include.bench.webhook_intake", dsn, key) as bare_port,
    ):
        # The first round warms connections and caches on both sides.
        for number in range(ROUNDS + 1):
            deliveries = [_delivery(number * EVENTS + n) for n in range(EVENTS)]
            rate, answers = _measure(port, deliveries)
            bare_rate, bare_answers = _measure(bare_port, deliveries)
            if number:
                rates.append((rate, bare_rate))
                ours.append(answers)
                bare.append(bare_answers)
    _check(dsn)
    print(f"  p99 of an answer: {_p99(ours):.0f} ms, of the bare receiver {_p99(bare):.0f} ms", flush=True)
    return Result(
        value=statistics.median(rate for rate, _ in rates),
        unit="events/s",
        floor=statistics.median(rate for _, rate in rates),
        ratio=statistics.median(rate / bare_rate for rate, bare_rate in rates),
    )


def _prepare(dsn: str, key: str) -> None:
    with connector(dsn, "bench")() as connection:
        migrate(connection)
        connection.execute(_BARE)
        connection.execute("insert into platform.webshops (name, title, time_zone) values ('bench', 'Bench', 'UTC')")
        connection.execute(
            "insert into platform.couplings (webshop_id, name, connector, title, role, config_hash)"
            " select id, 'bench__woocommerce', 'woocommerce', 'Bench', 'primary', '' from platform.webshops"
        )
        connection.execute(
            "insert into platform.webhook_endpoints (coupling_id, token, secret)"
            " select id, %s, %s from platform.couplings",
            [_TOKEN, Vault(key).seal(_SECRET)],
        )


def _delivery(number: int) -> Delivery:
    """An order of 1 KB as WooCommerce sends it."""
    lines = [{"id": n, "product_id": 100 + n, "sku": f"SKU-{n}", "quantity": 2, "total": "19.90"} for n in range(8)]
    record = {"id": number, "status": "processing", "date_modified_gmt": "2026-05-20T08:00:00", "line_items": lines}
    body = json.dumps(record | {"note": "x" * 300}).encode()
    signature = base64.b64encode(hmac.new(_SECRET.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Signature": signature}
    return Delivery(f"/webhooks/{_TOKEN}", headers | {"Content-Type": "application/json"}, body)


def _measure(port: int, deliveries: list[Delivery]) -> tuple[float, list[Answered]]:
    begun = time.perf_counter()
    answers = send_all(port, deliveries, CONNECTIONS)
    seconds = time.perf_counter() - begun
    if wrong := Counter(
        (answer.status, answer.tries) for answer in answers if (answer.status, answer.tries) != (200, 1)
    ):
        raise RuntimeError(f"not every event was accepted at once: {wrong}")
    return len(answers) / seconds, answers


def _p99(rounds: list[list[Answered]]) -> float:
    """Return the 99th percentile in milliseconds."""
    return 1000 * statistics.quantiles((answer.seconds for answers in rounds for answer in answers), n=100)[98]


def _check(dsn: str) -> None:
    """Raise RuntimeError unless both sides hold every event."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select (select count(*) from platform.webhook_events), (select count(*) from bench_events)"
        ).fetchone()
    if row != (EVENTS * (ROUNDS + 1),) * 2:
        raise RuntimeError(f"{row} events were stored")


@contextmanager
def _serving(module: str, dsn: str, key: str) -> Iterator[int]:
    """Run a receiver in a process of its own; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    parts = conninfo_to_dict(dsn)
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "DATABASE": "dbname"}
    environ = {**os.environ, **{f"WAREHOUSE_{name}": str(parts[value]) for name, value in names.items()}}
    # What one coupling may send is not what is measured.
    environ |= {"OPTIPLY_SECRET_KEY": key, "OPTIPLY_RECEIVER_PORT": str(port), "OPTIPLY_WEBHOOK_RATE": "1000000"}
    process = subprocess.Popen([sys.executable, "-m", module], env=environ, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not is_healthy(f"http://127.0.0.1:{port}"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{module} did not start")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def _bare() -> FastAPI:
    """A receiver that inserts one row per request and does nothing else."""
    free: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        conninfo = psycopg.conninfo.make_conninfo(
            # Both sides answer only what is committed, whatever this server's default is.
            options="-c synchronous_commit=on",
            **{name: os.environ[f"WAREHOUSE_{name.upper()}"] for name in ("host", "port", "user", "password")},
            dbname=os.environ["WAREHOUSE_DATABASE"],
        )
        for _ in range(_BARE_CONNECTIONS):
            free.put_nowait(await psycopg.AsyncConnection.connect(conninfo, autocommit=True))
        yield
        while not free.empty():
            await free.get_nowait().close()

    app = FastAPI(lifespan=running)

    @app.post("/webhooks/{token}")
    async def take(request: Request) -> Response:
        body = await request.body()
        connection = await free.get()
        try:
            await connection.execute("insert into bench_events (body) values (%b)", [body])
        finally:
            free.put_nowait(connection)
        return Response()

    @app.get("/health")
    async def health() -> Response:
        return Response()

    return app


if __name__ == "__main__":
    uvicorn.run(_bare(), host="127.0.0.1", port=int(os.environ["OPTIPLY_RECEIVER_PORT"]), access_log=False)
