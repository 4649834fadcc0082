"""`mapping replay`: maps again what has landed, so that a changed mapping takes effect on what is already there."""

from __future__ import annotations

import argparse
from typing import Any

from include.contract.errors import Misconfigured
from include.spec.load import load_all
from include.spec.objects import OBJECTS
from include.sync.configs import ensure_registered
from include.sync.dbt import Dbt
from include.sync.replay import replay
from include.sync.transform import Transformed, transform
from include.warehouse.connection import connector, dsn_from_environment


def add(deeds: Any) -> None:
    """Add the deed."""
    parser = deeds.add_parser("replay", help="map everything that a coupling has landed again; calls no remote")
    parser.add_argument("coupling", help="e.g. velodrome__woocommerce, or 'all'")
    parser.add_argument("--object", choices=OBJECTS, help="only this object")
    parser.add_argument("--transform", action="store_true", help="map it now, and do not wait for the next transform")
    parser.set_defaults(run=_replay)


def _replay(chosen: argparse.Namespace) -> int:
    """Put the landed roots of one coupling, or of all, into the news; the next transform maps them."""
    found = [config for config in load_all()[0] if chosen.coupling in (config.name, "all")]
    if not found:
        raise Misconfigured(f"there is no readable coupling '{chosen.coupling}'", next_step="Run ./run cli check.")
    connect = connector(dsn_from_environment(), "cli mapping replay")
    objects = None if chosen.object is None else [chosen.object]
    with connect() as connection:
        for config in found:
            ensure_registered(connection, config)
            with connection.transaction():
                roots = replay(connection, config.name, config.manifest, objects)
            by_object = ", ".join(f"{name} {count}" for name, count in roots.items() if count) or "nothing has landed"
            print(f"{config.name}: {sum(roots.values())} roots to be mapped again ({by_object})")
    if chosen.transform:
        _show(transform(connect, Dbt().transform))
    return 0


def _show(done: Transformed) -> None:
    print(done.sentence())
    for change in done.changes:
        print(f"  {change.coupling:<28} {change.object:<21} {change.inserted:>7} inserted {change.updated:>7}"
              f" updated {change.deleted:>7} deleted {change.untouched:>7} untouched")  # fmt: skip
