"""How couplings are doing, from what the tables say: each state, which one counts, and what is late (R2, R14)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from include.local.database_server import DatabaseServer
from include.warehouse import due, status
from include.warehouse.connection import connector
from include.warehouse.migrate import migrate
from include.warehouse.status import CouplingStatus, Filter

DATABASE = f"status_{os.getpid()}"
NAME = "shop__woo"
pytestmark = pytest.mark.requirement("R2", "R14", "R8")


@pytest.fixture(scope="module")
def warehouse(database_server: DatabaseServer) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {DATABASE}")
        try:
            with connector(database_server.dsn(DATABASE), "test")() as connection:
                migrate(connection)
                yield connection
        finally:
            admin.execute(f"drop database {DATABASE} with (force)")


@pytest.fixture
def couple(warehouse: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """An active coupling that pulls products each ten minutes, and everything each night; pulled five minutes ago."""
    with warehouse.transaction(force_rollback=True):
        warehouse.execute("insert into platform.webshops (name, title, time_zone) values ('shop', 'Shop', 'UTC')")
        warehouse.execute(
            "insert into platform.couplings (webshop_id, name, connector, title, role, config_hash)"
            " select id, %s, 'woocommerce', 'Shop: Woo', 'primary', '' from platform.webshops",
            [NAME],
        )
        warehouse.execute("update platform.coupling_life set state = 'active', since = now() - interval '9 days'")
        warehouse.execute(
            "insert into platform.schedules select id, 1, '*/10 * * * *', 'UTC', 'changed', array['products']"
            " from platform.couplings"
        )
        yield warehouse


def pulled(connection: psycopg.Connection, ago: str, outcome: str | None = "succeeded", **columns: object) -> int:
    names = ["mode", "outcome", *columns]
    values = [columns.pop("mode", "changed"), outcome, *columns.values()]
    names = ["mode", "outcome", *columns]
    row = connection.execute(
        f"insert into platform.pulls (webshop_id, coupling_id, object, started_at, finished_at, {', '.join(names)})"
        " select webshop_id, id, 'products', now() - %s::interval, now() - %s::interval,"
        f" {', '.join(['%s'] * len(names))} from platform.couplings returning id",
        [ago, ago, *values],
    ).fetchone()
    assert row is not None
    # The trigger notes the time of the transaction; the test says when it was.
    connection.execute("update platform.object_pulls set tried_at = now() - %s::interval", [ago])
    return int(row[0])


def one(connection: psycopg.Connection) -> CouplingStatus:
    return status.coupling(connection, NAME)


def test_what_was_pulled_in_time_is_on_time(couple: psycopg.Connection) -> None:
    pulled(couple, "5 minutes")
    found = one(couple)
    assert (found.state, found.words) == ("on_time", "on time")
    (products,) = found.objects
    assert products.last_success_at is not None
    assert products.next_at is not None
    assert timedelta(0) < products.next_at - datetime.now(UTC) <= timedelta(minutes=10)


def test_what_did_not_begin_after_its_time_is_late(couple: psycopg.Connection) -> None:
    pulled(couple, "2 hours")
    found = one(couple)
    assert (found.state, found.words) == ("late", "late: products")
    assert found.objects[0].state == "late"
    couple.execute("update platform.coupling_life set since = now() - interval '1 minute'")
    assert one(couple).state == "on_time", "what was due before it was activated is not late"


def test_a_pull_of_everything_is_due_by_its_own_schedule(couple: psycopg.Connection) -> None:
    couple.execute(
        "insert into platform.schedules select id, 2, '0 0 * * *', 'UTC', 'all', array['products']"
        " from platform.couplings"
    )
    pulled(couple, "3 days", mode="all")
    couple.execute("update platform.object_pulls set everything_tried_at = now() - interval '3 days'")
    pulled(couple, "1 minute")
    assert one(couple).state == "late"
    couple.execute("update platform.object_pulls set everything_tried_at = now()")
    assert one(couple).state == "on_time"


def test_a_failure_says_why_and_what_to_do(couple: psycopg.Connection) -> None:
    pulled(couple, "20 minutes")
    pulled(couple, "5 minutes", "failed", error_class="remote down", error_text="503", acts="nobody", next_step="Wait.")
    found = one(couple)
    assert (found.state, found.words) == ("failing", "failing: products")
    assert found.reason == status.Why("remote down", "503", "nobody", "Wait.")
    pulled(couple, "1 minute", "failed", mode="single", error_class="bad request", error_text="404")
    pulled(couple, "1 minute")
    assert one(couple).state == "on_time", "a record that was not there fails no object"


def test_an_open_pull_shows_how_far_it_is(couple: psycopg.Connection) -> None:
    pull = pulled(couple, "1 minute", None)
    couple.execute(
        "insert into platform.pull_streams (pull_id, stream, records, expected, pages) values (%s, 'a', 250, 1000, 3)",
        [pull],
    )
    running = one(couple).objects[0].running
    assert running is not None
    assert (running.percent, running.records, running.expected) == (25, 250, 1000)
    couple.execute(
        "update platform.pulls set error_class = 'rate limit',"
        " waits_until = date_trunc('day', now()) + interval '2 days'"
    )
    found = one(couple)
    assert (found.state, found.words) == ("quota", "waiting for a quota until 00:00 UTC")
    assert found.objects[0].state == "quota"


@pytest.mark.parametrize("life", ["new", "paused", "inactive", "needs_auth"])
def test_its_life_counts_more_than_its_pulls(couple: psycopg.Connection, life: str) -> None:
    pulled(couple, "5 hours", "failed")
    couple.execute(
        "update platform.coupling_life set state = %s, before = case when %s = 'needs_auth' then 'active' end",
        [life] * 2,
    )
    found = one(couple)
    assert found.state == life
    assert found.objects[0].next_at is None, "nothing is pulled by schedule"


def test_the_filter_keeps_the_numbers_of_all_states(couple: psycopg.Connection) -> None:
    couple.execute(
        "insert into platform.couplings (webshop_id, name, connector, title, role, config_hash)"
        " select id, 'shop__a' || n, 'picqer', 'Shop: 100% ' || n, 'primary', '' from platform.webshops,"
        " generate_series(1, 3) as n"
    )
    found = status.couplings(couple, Filter(states=["new"]), limit=2, offset=2)
    assert [it.coupling for it in found.couplings] == ["shop__a3"]
    assert (found.numbers, found.total) == ({"new": 3, "late": 1}, 3)
    assert status.couplings(couple, Filter(text="100% 2")).total == 1
    assert status.couplings(couple, Filter(text="100_2")).total == 0, "what is typed is no pattern"
    assert status.couplings(couple, Filter(connector="picqer", webshop="other")).couplings == []


def test_times_of_schedules_are_found_anew_when_they_passed(couple: psycopg.Connection) -> None:
    assert due.refresh(couple) == 1
    assert due.refresh(couple) == 0
    couple.execute("update platform.schedule_times set good_until = now() - interval '1 second'")
    assert due.refresh(couple) == 1


@pytest.mark.parametrize("minute", range(0, 60, 7))
def test_due_is_before_grace_and_next_is_to_come(minute: int) -> None:
    """Also in the night in which clocks go back."""
    for day in (datetime(2026, 10, 25, 0, minute, tzinfo=UTC), datetime(2026, 3, 29, 1, minute, tzinfo=UTC)):
        for cron in ("*/10 * * * *", "30 2 * * *", "0 * * * *"):
            due_at, next_at, good_until = due.times(cron, "Europe/Amsterdam", day)
            assert due_at <= day - due.GRACE
            assert next_at > day - timedelta(hours=1)
            assert good_until > day
