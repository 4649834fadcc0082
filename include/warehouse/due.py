"""When each schedule was and will be due, written down so that SQL can tell what is late."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg

from include.spec.schedule import last_time, next_time

GRACE = timedelta(minutes=15)
"""How long after its time a pull may begin before it counts as late: a busy Airflow starts runs some minutes later."""


def refresh(connection: psycopg.Connection) -> int:
    """Find anew what has passed since it was written down; return how many. Costs about 0.4 ms for each."""
    passed = connection.execute(
        "select cron, time_zone, now() from (select distinct cron, time_zone from platform.schedules) as wanted"
        " left join platform.schedule_times t using (cron, time_zone)"
        " where t.good_until is null or t.good_until <= now()"
    ).fetchall()
    if passed:
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into platform.schedule_times (cron, time_zone, due_at, next_at, good_until)"
                " values (%s, %s, %s, %s, %s) on conflict (cron, time_zone) do update"
                " set due_at = excluded.due_at, next_at = excluded.next_at, good_until = excluded.good_until"
                " where schedule_times.good_until < excluded.good_until",
                [(cron, zone, *times(cron, zone, now)) for cron, zone, now in sorted(passed)],
            )
    return len(passed)


def times(cron: str, zone: str, now: datetime) -> tuple[datetime, datetime, datetime]:
    """Return when a schedule was due (grace taken off), is due next, and until when these two hold."""
    # A time that daylight saving repeats or skips moves by an hour; neither may lie on the wrong side of now.
    following = next_time(cron, now, zone)
    due_at = min(last_time(cron, now - GRACE, zone), now - GRACE)
    later = next_time(cron, due_at, zone)
    return due_at, following, max(min(following, later + GRACE), now + timedelta(seconds=30))
