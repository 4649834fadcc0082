"""1,000 orders, four workers at once, one of them killed: 1,000 on the remote, none twice, the budget kept."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from include.kit.scratch import scratch, server
from include.sandbox import Running, serve
from tests.sync.fixtures import SECRET
from tests.sync.push_stage import Desk, with_patience
from tests.sync.push_worker import join, push_all, started

ORDERS, WORKERS = 1000, 4
REQUESTS, WINDOW = 200, 4


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with serve("picqer", seed=5, size=10, orders=2, settings={"per_minute": 10**6}) as running:
        yield running


@pytest.fixture
def desk(sandbox: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with scratch(server(), "push_many") as dsn:
        made = Desk(dsn, tmp_path_factory.mktemp("configs"))
        made.couple("many", sandbox, {"export.as_draft": True})
        yield made
        made.close()


@pytest.mark.requirement("F3", "R6", "R7")
def test_a_thousand_orders_by_four_workers(desk: Desk, sandbox: Running) -> None:
    coupling = "many__picqer"
    config = with_patience(desk.configs[coupling], timeout=3, settle=1, requests=REQUESTS, seconds=WINDOW)
    with desk.connection.transaction():
        for number in range(1, ORDERS + 1):
            desk.place(coupling, number)
    before = len(sandbox.world["purchase_orders"].rows)
    waits = multiprocessing.get_context("forkserver").Queue()
    arguments = (push_all, desk.dsn, SECRET, config, desk.opened[coupling], waits)
    begun = time.monotonic()
    workers = [started(*arguments) for _ in range(WORKERS)]
    while desk.one("select count(*) from platform.push_orders where state = 'sent'") < 100:
        assert time.monotonic() - begun < 60
        time.sleep(0.05)
    killed = workers[0].pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    workers.append(started(*arguments))
    assert join(workers, 100) == [-signal.SIGKILL, *[0] * WORKERS]
    seconds = time.monotonic() - begun

    orders = [row.data for row in sandbox.world["purchase_orders"].rows.values()]
    assert len(orders) == before + ORDERS
    ours = Counter(order["supplier_orderid"] for order in orders if (order["supplier_orderid"] or "").startswith("OP "))
    assert {f"OP {number}" for number in range(1, ORDERS + 1)} <= set(ours)
    assert max(ours[f"OP {number}"] for number in range(1, ORDERS + 1)) == 1
    states = desk.rows("select state, count(*) from platform.push_orders group by 1")
    assert states == [{"state": "sent", "count": ORDERS}]
    assert desk.one("select count(distinct remote_id) from optiply.buy_orders") == ORDERS

    times = sorted(datetime.fromisoformat(entry["time"]) for entry in sandbox.admin.requests())
    assert len(times) >= ORDERS
    # Windows begin with their first request: no stretch of that length holds more than two windows' worth.
    most = max(within(times, start, timedelta(seconds=WINDOW)) for start in range(0, len(times), 20))
    assert most <= 2 * REQUESTS
    assert len(times) <= REQUESTS * (seconds / WINDOW + 1), "no more than the budget gives in that time"
    assert not waits.empty(), "a used-up budget gave the worker slot back"
    print(f"{ORDERS} orders in {seconds:.1f} s by {WORKERS} workers, at most {most} requests in {WINDOW} s")


def within(times: list[datetime], start: int, length: timedelta) -> int:
    """Return how many requests were made from one on, in a stretch of time."""
    return sum(1 for moment in times[start:] if moment < times[start] + length)
