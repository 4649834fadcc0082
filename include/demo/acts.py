"""The demo's acts: activate the couplings; let the remotes change; pull what changed; pull everything again."""

from __future__ import annotations

from collections.abc import Callable

from include.demo import checks, show
from include.demo.show import say
from include.demo.stage import Stage

CHANGES: dict[str, dict[str, int]] = {
    "exact_online": {
        "new_products": 2,
        "prices": 5,
        "stock": 8,
        "deleted_products": 2,
        "new_orders": 6,
        "cancelled_orders": 2,
    },
    "bol_com": {"new_orders": 5, "cancelled_orders": 2},
    "woocommerce": {
        "prices": 5,
        "stock": 8,
        "deleted_products": 2,
        "new_orders": 6,
        "completed_orders": 4,
        "cancelled_orders": 2,
    },
}


def first_act(stage: Stage) -> None:
    """Activate every coupling, as support does, and show what is in the Optiply tables."""
    say(f"\nAct one: activate the couplings to {len(stage.sandboxes)} systems")
    stage.activate()
    say("\nNow in the Optiply tables:")
    show.tables(stage.connection)
    say("")
    for table in show.TABLES:
        rows = stage.one(f"select count(*) from optiply.{table}")
        stage.checks.hold(f"optiply.{table} has rows", rows > 0, f"{rows} rows")


def second_act(stage: Stage) -> None:
    """Let the sandboxes change, pull what changed, then everything, and compare with what the sandboxes say."""
    seed = stage.last_transform() + 1
    waiting = checks.unmatched_lines(stage)
    say("\nAct two: the remote systems change")
    changed: dict[str, dict[str, list[str]]] = {}
    for name, sandbox in stage.sandboxes.items():
        counts = CHANGES.get(name) or dict.fromkeys(sandbox.kinds(), 2)
        changed[name] = sandbox.change(**counts, seed=seed)
        say(f"  {name}: " + ", ".join(f"{len(keys)} {kind.replace('_', ' ')}" for kind, keys in changed[name].items()))
    say("\nA pull of what changed since:")
    _and_show(stage, lambda: stage.pull("changed"))
    checks.after_changed(stage, changed, waiting)
    say("\nA pull of everything, which finds what is gone:")
    _and_show(stage, lambda: stage.pull("all"))
    checks.after_all(stage, changed)
    repeat(stage)


def repeat(stage: Stage) -> None:
    """Pull everything when nothing changed on the remotes: not a row may be written."""
    say("\nThe same again, with nothing changed:")
    before = stage.last_transform()
    payloads = _payload_rows(stage)
    stage.pull("all")
    show.changes(stage.connection, before)
    stage.checks.hold(
        "no new payload row was landed", _payload_rows(stage) == payloads, f"{payloads} rows before and after"
    )
    written = stage.one(
        "select coalesce(sum(inserted + updated + deleted), 0) from platform.transform_counts where transform_id > %s",
        before,
    )
    stage.checks.hold("no Optiply row was written", written == 0, f"{written} rows")


def _and_show(stage: Stage, act: Callable[[], None]) -> None:
    before = stage.last_transform()
    act()
    say("\n  What that changed in the Optiply tables:")
    show.changes(stage.connection, before)
    say("")


def _payload_rows(stage: Stage) -> int:
    tables = stage.connection.execute(
        "select tablename from pg_tables where schemaname = 'staging' order by 1"
    ).fetchall()
    return sum(int(stage.one(f'select count(*) from staging."{name}"')) for (name,) in tables)
