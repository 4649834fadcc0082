"""`replay`: puts what has landed into the news, so that a changed mapping takes effect on what is already there."""

from __future__ import annotations

import argparse
from typing import Any

from include.contract.errors import Misconfigured
from include.spec.load import load_all
from include.sync.configs import ensure_registered, replay
from include.warehouse.connection import connector, dsn_from_environment


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("replay", help="map everything that a coupling has landed again; calls no remote")
    parser.add_argument("coupling", help="e.g. velodrome__woocommerce, or 'all'")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Put the landed roots of one coupling, or of all, into the news; the next transform maps them."""
    found = [config for config in load_all()[0] if chosen.coupling in (config.name, "all")]
    if not found:
        raise Misconfigured(f"there is no readable coupling '{chosen.coupling}'", next_step="Run ./run cli check.")
    with connector(dsn_from_environment(), "cli replay")() as connection:
        for config in found:
            ensure_registered(connection, config)
            with connection.transaction():
                roots = replay(connection, config.name, config.manifest)
            print(f"{config.name}: {roots} pieces of news for the next transform")
    return 0
