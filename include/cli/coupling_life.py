"""`coupling pause|resume|deactivate|recheck|life`: what support does to a coupling that runs."""

from __future__ import annotations

import argparse
import getpass
from typing import Any

from include.cli.operate import credentials, platform
from include.spec.load import find_coupling
from include.sync import life
from include.sync.auth import recheck
from include.sync.configs import ensure_registered
from include.warehouse import life as lives


def add(deeds: Any) -> None:
    """Add the deeds to the command `coupling`."""
    for name, deed, words in (
        ("pause", _pause, "let its schedules pull and push nothing; by hand it goes on working"),
        ("resume", _resume, "let its schedules go on; what was missed is caught up"),
        ("recheck", _recheck, "try its credentials (from AIRFLOW_CONN_<COUPLING>)"),
        ("life", _life, "show its state, since when, and why"),
    ):
        parser = deeds.add_parser(name, help=words)
        parser.add_argument("coupling", help="e.g. velodrome__woocommerce")
        parser.set_defaults(run=deed)


def person() -> str:
    """Return who sits at the command line, for the audit log."""
    return f"{getpass.getuser()} (command line)"


def _pause(chosen: argparse.Namespace) -> int:
    with platform(f"cli pause {chosen.coupling}").connect() as connection:
        print(life.pause(connection, chosen.coupling, person()).sentence())
    return 0


def _resume(chosen: argparse.Namespace) -> int:
    with platform(f"cli resume {chosen.coupling}").connect() as connection:
        print(life.resume(connection, chosen.coupling, person()).sentence())
    return 0


def _recheck(chosen: argparse.Namespace) -> int:
    here, config = platform(f"cli recheck {chosen.coupling}"), find_coupling(chosen.coupling)
    with here.connect() as connection:
        ensure_registered(connection, config)
    words, revived = recheck(here, config, credentials(config.connection), person())
    print(words)
    for found in revived:
        print(life.sentence(found) + (", and catches up with its next schedule" if found.catch_up else ""))
    return 0


def _life(chosen: argparse.Namespace) -> int:
    with platform("cli life").connect() as connection:
        found = lives.of(connection, chosen.coupling)
    print(life.sentence(found))
    if found.reason is not None:
        print(f"    {found.reason.error_class}: {found.reason.text}")
    print(f"    next step: {life.next_step(found)}")
    return 0
