"""Several couplings on one budget: neither starves, nothing is left unused, quotas follow the remote (R6)."""

from __future__ import annotations

import collections
import contextlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from include.contract.errors import LimitReached
from include.warehouse.budgets import SharedBudget, Window
from tests.sync.stage import Stage

URL = "https://x.example/orders"
HALF_SECOND = Window("moment", 40, timedelta(seconds=0.5), scope="account")
BUCKET = Window("orders", 60, timedelta(seconds=1), burst=20, scope="account")
pytestmark = pytest.mark.requirement("R6", "F2")


@pytest.fixture
def stage(clean_copy: Callable[[str], Stage]) -> Stage:
    return clean_copy("shares")


def budget(stage: Stage, claimant: str, *windows: Window) -> SharedBudget:
    return SharedBudget(stage.platform.connect, claimant, windows, claimant)


def take_for(limits: SharedBudget, seconds: float, pause: float = 0.0) -> int:
    """Take as often as allowed, waiting as long as told; return how many were given."""
    taken, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            limits.take(URL)
            taken += 1
            time.sleep(pause)
        except LimitReached as limit:
            wait = max((limit.until - datetime.now(UTC)).total_seconds(), 0.001)
            time.sleep(min(wait, max(end - time.monotonic(), 0)))
    return taken


def side_by_side(stage: Stage, window: Window, workers: dict[str, int]) -> collections.Counter[str]:
    """Let couplings take at full speed for three seconds, each with so many workers; return what each got."""
    got: collections.Counter[str] = collections.Counter()
    together = threading.Barrier(sum(workers.values()))

    def run(claimant: str) -> None:
        limits = budget(stage, claimant, window)
        with contextlib.suppress(LimitReached):
            limits.take(URL)
        together.wait()
        taken = take_for(limits, 3)
        got[claimant] += taken
        limits.close()

    threads = [threading.Thread(target=run, args=[name]) for name, count in workers.items() for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print({name: f"{count / got.total():.0%}" for name, count in got.items()})
    return got


@pytest.mark.parametrize("window", [HALF_SECOND, BUCKET], ids=["window", "bucket"])
def test_neither_of_two_couplings_starves(stage: Stage, window: Window) -> None:
    got = side_by_side(stage, window, {"large": 3, "small": 1})
    share = got["small"] / got.total()
    assert 0.35 < share < 0.65, f"the small one got {share:.0%}"
    most = window.capacity / window.period.total_seconds() * 3.6 + (window.burst or window.capacity)
    assert 0.5 * most < got.total() <= most, f"{got.total()} of {most:.0f}"


def test_one_coupling_alone_uses_everything(stage: Stage) -> None:
    limits = budget(stage, "alone", Window("minute", 30, timedelta(minutes=1)))
    assert take_for(limits, 0.3) == 30
    limits.close()


def test_a_share_is_kept_for_who_waits_for_the_next_window(stage: Stage) -> None:
    minute = Window("minute", 10, timedelta(minutes=1), scope="account")
    large, small = budget(stage, "large", minute), budget(stage, "small", minute)
    assert take_for(large, 0.2) == 10
    with pytest.raises(LimitReached):
        small.take(URL)
    stage.connection.execute("update platform.budgets set resets_at = now(), granted_at = null")
    stage.connection.execute(
        "update platform.budget_shares set wants_until = now() + interval '20 seconds' where claimant = 'small'"
    )
    assert take_for(large, 0.2) == 5, "half of the window belongs to the one that waited"
    assert take_for(small, 0.2) == 5
    large.close()
    small.close()


def test_a_day_keeps_what_others_needed_the_day_before(stage: Stage) -> None:
    day = Window("day", 100, timedelta(days=1), scope="account")
    large, small = budget(stage, "large", day), budget(stage, "small", day)
    assert take_for(small, 0.05, pause=0.05) == 1
    stage.connection.execute("update platform.budget_shares set used = 20, wants_until = now()")
    stage.connection.execute("update platform.budgets set used = 20, resets_at = now(), granted_at = null")
    assert take_for(large, 0.6) == 80, "20 are kept for the small one, which asks for nothing right now"
    assert take_for(small, 0.4) == 20
    large.close()
    small.close()


def test_a_month_ends_with_the_calendar(stage: Stage) -> None:
    month = Window("month", 3, timedelta(days=30), calendar="month")
    limits = budget(stage, "one", month)
    limits.take(URL)
    ends = stage.one("select resets_at from platform.budgets")
    now = datetime.now(UTC)
    assert (ends.day, ends.hour, ends.minute, ends.second) == (1, 0, 0, 0)
    assert timedelta(0) < ends - now <= timedelta(days=31)
    assert month.ends(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    limits.close()


def test_the_remote_grants_more_than_the_manifest_knows(stage: Stage) -> None:
    limits = budget(stage, "one", Window("minute", 3, timedelta(minutes=1)))
    limits.take(URL)
    limits.correct("minute", 9, None, 10)
    assert take_for(limits, 0.2) == 9
    limits.close()


def test_what_one_window_forbids_is_given_back_by_the_others(stage: Stage) -> None:
    limits = budget(stage, "one", Window("a", 5, timedelta(minutes=1)), Window("b", 2, timedelta(minutes=1)))
    assert take_for(limits, 0.2) == 2
    assert stage.one("select used from platform.budgets where window_name = 'a'") == 2
    limits.close()


def test_requests_on_their_way_count_in_the_window_they_may_arrive_in(stage: Stage) -> None:
    minute = Window("minute", 10, timedelta(minutes=1), scope="account")
    one, other = budget(stage, "one", minute), budget(stage, "other", minute)
    assert take_for(other, 0.1) == 10
    stage.connection.execute("update platform.budgets set resets_at = now()")
    assert take_for(one, 0.2) == 5, "half is the other's, and its last request may not have arrived yet"
    assert take_for(other, 0.2) == 4
    one.close()
    other.close()
