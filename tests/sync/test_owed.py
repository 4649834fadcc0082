"""A nightly pull of everything that nobody began is made up for; one that failed does not crowd out the rest."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from include.spec.schedule import last_time
from include.sync.owed import made_up
from include.warehouse.pulls import Origin, Wish
from tests.sync.stage import Stage

COUPLING = "velodrome__woocommerce"
NOON = datetime.now(UTC).replace(hour=12, minute=8, second=0, microsecond=0)


def wish(name: str, mode: str = "changed") -> Wish:
    return Wish(COUPLING, name, mode, origin=Origin("extract", "this run", "pull"))


def began(stage: Stage, at: datetime, mode: str = "all", outcome: str | None = "succeeded", run: str = "other") -> None:
    stage.connection.execute(
        "insert into platform.pulls (webshop_id, coupling_id, object, mode, outcome, started_at, dag_id, run_id,"
        " task_id)"
        " select webshop_id, id, 'products', %s, %s, %s, 'extract', %s, 'pull' from platform.couplings where name = %s",
        [mode, outcome, at, run, COUPLING],
    )


@pytest.mark.requirement("R9", "R16")
def test_a_missed_pull_of_everything_is_made_up_for(stage: Stage) -> None:
    config = stage.configs[COUPLING]
    nightly = next(plan for plan in config.plans if plan.mode == "all")
    due_at = last_time(nightly.cron, NOON, config.webshop.time_zone)
    with stage.platform.connect() as connection:
        began(stage, due_at - timedelta(hours=24))
        assert made_up(connection, config, wish("products"), NOON).mode == "all"
        began(stage, due_at + timedelta(seconds=5), mode="changed")
        assert made_up(connection, config, wish("products"), NOON).mode == "all"
        began(stage, due_at + timedelta(seconds=5), outcome=None, run="this run")
        assert made_up(connection, config, wish("products"), NOON).mode == "all", "it comes back after a wait"
        began(stage, due_at + timedelta(seconds=5), outcome="failed")
        assert made_up(connection, config, wish("products"), NOON).mode == "changed"


@pytest.mark.requirement("R9")
def test_only_objects_with_such_a_schedule_are_owed_one(stage: Stage) -> None:
    config = stage.configs[COUPLING]
    with stage.platform.connect() as connection:
        assert made_up(connection, config, wish("sell_orders"), NOON) == wish("sell_orders")
        assert made_up(connection, config, wish("products", "all"), NOON) == wish("products", "all")


@pytest.mark.requirement("R9")
def test_the_last_time_is_by_the_webshops_clock() -> None:
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert last_time("50 2 * * *", summer, "Europe/Amsterdam") == datetime(2026, 7, 1, 0, 50, tzinfo=UTC)
    assert last_time("0 14 * * *", summer, "Europe/Amsterdam") == datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
    assert last_time("0 12 * * *", summer, "Europe/Amsterdam").astimezone(ZoneInfo("Europe/Amsterdam")).hour == 12
