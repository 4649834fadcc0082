"""Crons are spread the same way everywhere and always, and a run knows which schedules it stands for."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter

from include.spec.schedule import Plan, due, spread

ZONE = "Europe/Amsterdam"
NAMES = [f"shop{number}__system" for number in range(1000)]


def values(cron: str, place: int) -> list[int]:
    return croniter(cron).expanded[place]


@pytest.mark.requirement("R9")
def test_the_same_name_gives_the_same_cron() -> None:
    """Written down, because another process, or another Python, must not move every schedule."""
    assert spread("H/10 H(1-4) H * H", "acme__woocommerce") == "4-59/10 2 1 * 4"


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(("cron", "place", "low", "high"), [
    ("H * * * *", 0, 0, 59),
    ("H(10-19) * * * *", 0, 10, 19),
    ("* H * * *", 1, 0, 23),
    ("* H(1-4) * * *", 1, 1, 4),
    ("* * H * *", 2, 1, 28),
    ("* * * H *", 3, 1, 12),
    ("* * * * H", 4, 0, 6),
])  # fmt: skip
def test_names_spread_over_the_whole_range(cron: str, place: int, low: int, high: int) -> None:
    counts = Counter(values(spread(cron, name), place)[0] for name in NAMES)
    assert set(counts) == set(range(low, high + 1))
    fair = len(NAMES) / (high - low + 1)
    assert max(counts.values()) < fair * 2 + 10


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("step", [5, 7, 10, 15, 30, 60])
def test_steps_start_spread_and_cover_the_hour(step: int) -> None:
    starts = set()
    for name in NAMES:
        minutes = values(spread(f"H/{step} * * * *", name), 0)
        starts.add(minutes[0])
        assert minutes == list(range(minutes[0], 60, step))
    assert len(starts) >= step * 0.9


def test_steps_in_a_range() -> None:
    for name in NAMES[:50]:
        minutes = values(spread("H(20-40)/5 * * * *", name), 0)
        assert minutes[0] in range(20, 25)
        assert minutes[-1] <= 40


@pytest.mark.requirement("R9")
def test_minute_and_hour_move_apart() -> None:
    pairs = {spread("H H * * *", name) for name in NAMES}
    assert len(pairs) > 600


@pytest.mark.parametrize(
    "cron",
    [
        "0 8 * * THU",
        "0 8 * * MON-THU",
        "*/5 0-6,22 1 JAN,MAR *",
        "0 0 L * *",
        "0 0 * * 5#2",
        "59 23 29 2 *",
        "0 0 * * 7",
    ],
)
def test_a_plain_cron_stays_as_it_is(cron: str) -> None:
    assert spread(cron, "acme__system") == cron


def test_h_and_thursday() -> None:
    assert spread("0 H(8-8) * * THU", "acme__system") == "0 8 * * THU"


@pytest.mark.requirement("R9", "F6")
@pytest.mark.parametrize(
    ("cron", "message"),
    [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("* * * * * *", "has 6 fields"),
        ("@daily", "has 1 fields"),
        ("60 * * * *", "is not a cron"),
        ("* 24 * * *", "is not a cron"),
        ("* * 0 * *", "is not a cron"),
        ("* * * 13 *", "is not a cron"),
        ("* * * * 8", "is not a cron"),
        ("*/0 * * * *", "is not a cron"),
        ("x * * * *", "is not a cron"),
        ("0 0 30 2 *", "is not a cron"),
        ("R * * * *", "write H"),
        ("r/5 * * * *", "write H"),
        ("h * * * *", "is not a cron"),
        ("1,H * * * *", "write H, H/10 or H(1-5)"),
        ("H-5 * * * *", "write H, H/10 or H(1-5)"),
        ("H() * * * *", "write H, H/10 or H(1-5)"),
        ("H(5-1) * * * *", "must lie between 0 and 59"),
        ("H(0-60) * * * *", "must lie between 0 and 59"),
        ("* H(20-24) * * *", "must lie between 0 and 23"),
        ("* * H(0-5) * *", "must lie between 1 and 28"),
        ("H/0 * * * *", "steps of 1 to 60"),
        ("H/61 * * * *", "steps of 1 to 60"),
        ("H(1-5)/6 * * * *", "steps of 1 to 5"),
    ],
)
def test_bad_forms_are_refused_for_every_name(cron: str, message: str) -> None:
    """A cron that is good for one coupling's name and bad for another's would be found in production."""
    for name in NAMES[:100]:
        with pytest.raises(ValueError, match=r"'.*'") as caught:
            spread(cron, name)
        assert message in str(caught.value)


def plan(cron: str, mode: str = "changed", *objects: str) -> Plan:
    return Plan(cron, mode, objects or ("products", "sell_orders"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))


@pytest.mark.requirement("R9")
def test_due_by_the_webshops_own_clock() -> None:
    plans = (plan("30 2 * * *"),)
    assert due(plans, at("2026-01-10T02:30"), ZONE) == {"products": "changed", "sell_orders": "changed"}
    assert due(plans, datetime(2026, 1, 10, 1, 30, tzinfo=UTC), ZONE) == due(plans, at("2026-01-10T02:30"), ZONE)
    assert due(plans, datetime(2026, 7, 10, 0, 30, tzinfo=UTC), ZONE) != {}
    assert due(plans, at("2026-01-10T02:31"), ZONE) == {}
    assert due((), at("2026-01-10T02:30"), ZONE) == {}


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("swap", [False, True])
def test_all_wins_over_changed_whatever_comes_first(swap: bool) -> None:
    plans = (plan("0 * * * *"), plan("0 2 * * *", "all", "products"), plan("0 2 * * *", "changed", "suppliers"))
    if swap:
        plans = plans[::-1]
    assert due(plans, at("2026-01-10T02:00"), ZONE) == {
        "products": "all", "sell_orders": "changed", "suppliers": "changed",
    }  # fmt: skip
    assert due(plans, at("2026-01-10T03:00"), ZONE) == {"products": "changed", "sell_orders": "changed"}


@pytest.mark.requirement("R9")
def test_a_night_without_the_hour_of_the_cron() -> None:
    """On 29 March 2026 Amsterdam has no 02:30: Airflow starts that run at 03:30, and it is still the nightly one."""
    plans = (plan("30 2 * * *", "all", "products"), plan("30 3 * * *", "changed", "sell_orders"))
    assert due(plans, at("2026-03-29T03:30"), ZONE) == {"products": "all", "sell_orders": "changed"}
    assert due(plans, at("2026-03-30T03:30"), ZONE) == {"sell_orders": "changed"}
    assert due(plans, at("2026-03-29T04:30"), ZONE) == {}
    assert due(plans, at("2026-03-29T01:30"), ZONE) == {}
    assert due(plans, at("2026-03-28T02:30"), ZONE) == {"products": "all"}


@pytest.mark.requirement("R9")
def test_a_night_with_the_hour_twice() -> None:
    plans = (plan("30 2 * * *", "all", "products"),)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for moment in (first, first + timedelta(hours=1)):
        assert due(plans, moment, ZONE) == {"products": "all"}
    assert due(plans, first + timedelta(hours=2), ZONE) == {}


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("zone", ["UTC", "Europe/Lisbon", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"])
def test_a_daily_cron_comes_on_every_day_around_a_change_of_clocks(zone: str) -> None:
    plans = (plan("15 2 * * *"),)
    for month, day in ((3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31)):
        start = datetime(2026, month, day, tzinfo=ZoneInfo(zone))
        moments = (start.astimezone(UTC) + timedelta(minutes=15 * number) for number in range(3 * 96))
        days = {moment.astimezone(ZoneInfo(zone)).date() for moment in moments if due(plans, moment, zone)}
        assert {start.date() + timedelta(days=number) for number in range(3)} <= days
