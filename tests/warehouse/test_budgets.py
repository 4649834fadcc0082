"""Request budgets that hold for all workers (invariant 7)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from include.contract.errors import LimitReached
from include.warehouse.budgets import SharedBudget, Window
from tests.sync.stage import Stage, warehouse_environment

ROOT = Path(__file__).resolve().parents[2]
MINUTE, DAY = Window("minute", 5, timedelta(minutes=1)), Window("day", 8, timedelta(days=1))
PROGRAM = """
import sys
from datetime import timedelta
from include.contract.errors import LimitReached
from include.warehouse.budgets import SharedBudget, Window
from include.warehouse.connection import connector, dsn_from_environment
budget = SharedBudget(connector(dsn_from_environment(), "test"), "shared", [Window("minute", 50, timedelta(minutes=5))])
taken = 0
try:
    for _ in range(40):
        budget.take("https://x.example/a")
        taken += 1
except LimitReached:
    pass
budget.close()
print(taken)
"""
pytestmark = pytest.mark.requirement("R6", "F2")


@pytest.fixture
def stage(clean_copy: Callable[[str], Stage]) -> Stage:
    return clean_copy("budgets")


def budget(stage: Stage, *windows: Window, credential: str = "one") -> SharedBudget:
    return SharedBudget(stage.platform.connect, credential, windows)


def take(limits: SharedBudget, times: int, url: str = "https://x.example/orders") -> int:
    """Take until refused; return how many were given."""
    for taken in range(times):
        try:
            limits.take(url)
        except LimitReached:
            return taken
    return times


def test_four_processes_never_take_more_than_there_is(stage: Stage) -> None:
    environment = {**os.environ, **warehouse_environment(stage.dsn)}
    command = [sys.executable, "-c", PROGRAM]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE) for _ in range(4)
    ]
    taken = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(taken) == 50, taken
    assert stage.one("select used from platform.budgets") == 50


def test_the_refusal_says_until_when(stage: Stage) -> None:
    limits = budget(stage, MINUTE)
    assert take(limits, 9) == 5
    with pytest.raises(LimitReached, match="5 requests per minute are used up") as raised:
        limits.take("https://x.example/")
    assert timedelta(seconds=50) < raised.value.until - datetime.now(UTC) <= timedelta(seconds=60)
    limits.close()


def test_a_refused_window_gives_back_what_another_gave(stage: Stage) -> None:
    limits = budget(stage, DAY, MINUTE)
    assert take(limits, 9) == 5
    used = {row["window_name"]: row["used"] for row in stage.rows("select window_name, used from platform.budgets")}
    assert used == {"day": 5, "minute": 5}
    limits.close()


def test_a_window_ends_and_survives_a_restart(stage: Stage) -> None:
    first = budget(stage, MINUTE)
    take(first, 3)
    first.close()
    second = budget(stage, MINUTE)
    assert take(second, 9) == 2
    stage.connection.execute("update platform.budgets set resets_at = now() - interval '1 second'")
    assert take(second, 9) == 5
    second.close()


def test_credentials_and_paths_are_counted_apart(stage: Stage) -> None:
    orders = Window("orders", 2, timedelta(minutes=1), "/orders$")
    details = Window("details", 3, timedelta(minutes=1), "/orders/")
    one, other = budget(stage, orders, details), budget(stage, orders, details, credential="other")
    assert take(one, 9, "https://x.example/orders?page=1") == 2
    assert take(one, 9, "https://x.example/orders/77") == 3
    assert take(one, 9, "https://x.example/shipments") == 9
    assert take(other, 9, "https://x.example/orders?page=1") == 2
    one.close()
    other.close()


def test_what_the_remote_says_is_heard_where_it_is_stricter(stage: Stage) -> None:
    limits = budget(stage, MINUTE)
    limits.take("https://x.example/")
    ends = datetime.now(UTC) + timedelta(seconds=30)
    limits.correct("minute", 2, ends)
    assert take(limits, 9) == 2
    row = stage.row("select used, resets_at from platform.budgets")
    assert (row["used"], row["resets_at"]) == (5, ends)
    limits.correct("minute", 4, None)
    assert take(limits, 9) == 0, "another worker's requests on the way are not given out twice"
    limits.correct("unknown", 0, ends)
    limits.close()
