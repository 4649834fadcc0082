"""A pull of everything that was due and never began is made up for by the next scheduled pull of that object."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import psycopg

from include.spec.load import CouplingConfig
from include.spec.schedule import last_time
from include.warehouse.pulls import Wish


def made_up(connection: psycopg.Connection, config: CouplingConfig, wish: Wish, moment: datetime) -> Wish:
    """Return the wish of a run scheduled for `moment` (aware), as a pull of everything where one is owed.

    After a time without a scheduler only the latest missed run is made up for; a nightly pull of everything, and the
    deletions it finds, would wait for the next night. One that another run began is not owed, even if it failed: it
    must not keep the pulls of what changed from running. A run that began it itself, and comes back after a wait,
    goes on with it.
    """
    plans = [plan for plan in config.plans if plan.mode == "all" and wish.object in plan.objects]
    if wish.mode != "changed" or not plans:
        return wish
    was_due = max(last_time(plan.cron, moment, config.webshop.time_zone) for plan in plans)
    begun = connection.execute(
        "select exists (select from platform.pulls p join platform.couplings c on c.id = p.coupling_id"
        " where c.name = %s and p.object = %s and p.mode = 'all' and p.started_at >= %s"
        " and (p.run_id is null or p.run_id <> coalesce(%s, '')))",
        [config.name, wish.object, was_due, wish.origin and wish.origin.run_id],
    ).fetchone()
    return wish if begun and begun[0] else dataclasses.replace(wish, mode="all")
