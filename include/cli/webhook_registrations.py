"""`webhooks register|check|remove|rotate|list`: where remotes send their events."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from include.cli.operate import credentials
from include.engine.ports import Credentials
from include.spec.load import CouplingConfig, find_coupling
from include.sync import webhooks
from include.sync.configs import ensure_registered
from include.sync.pull import Platform
from include.sync.webhooks import Settled
from include.warehouse import registrations
from include.warehouse.connection import connector, dsn_from_environment
from include.warehouse.secrets import Vault

Deed = Callable[[Platform, CouplingConfig, Credentials], Settled]
_DEEDS: dict[str, tuple[Deed, str]] = {
    "register": (webhooks.register, "have the remote send its events (credentials from AIRFLOW_CONN_<COUPLING>)"),
    "check": (webhooks.check, "put right what is lost, switched off or doubled"),
    "remove": (webhooks.remove, "take everything away that sends to this coupling"),
    "rotate": (webhooks.rotate, "make a new secret and register with it; the old one counts for a day more"),
}


def add(deeds: Any) -> None:
    """Add the deeds to the command `webhooks`."""
    for name, (deed, words) in _DEEDS.items():
        parser = deeds.add_parser(name, help=words)
        parser.add_argument("coupling", help="e.g. velodrome__woocommerce")
        parser.set_defaults(run=_do, deed_done=deed)
    listed = deeds.add_parser("list", help="show what is registered, and what is wrong with it")
    listed.add_argument("coupling", nargs="?", help="left out = all")
    listed.set_defaults(run=_list)


def _do(chosen: argparse.Namespace) -> int:
    here = Platform(connector(dsn_from_environment(), f"cli webhooks {chosen.coupling}"), Vault.from_environment())
    config = find_coupling(chosen.coupling)
    with here.connect() as connection:
        ensure_registered(connection, config)
    settled = chosen.deed_done(here, config, credentials(config.connection))
    print(settled.sentence())
    for each in settled.failed:
        print(f"{each.topic}: {each.deed}")
        for line in each.error.reason.lines() if each.error else ():
            print(f"    {line}")
    return int(bool(settled.failed))


def _list(chosen: argparse.Namespace) -> int:
    with connector(dsn_from_environment(), "cli webhooks")() as connection:
        for found in registrations.overview(connection, chosen.coupling):
            seen = f"{found['checked_at']:%Y-%m-%d %H:%M}" if found["checked_at"] else "never seen"
            repairs = f", repaired {found['repairs']} times" if found["repairs"] else ""
            print(f"{found['coupling']:<28} {found['topic']:<36} {found['state']:<10} {seen}{repairs}")
            if found["reason"]:
                print(f"    {found['reason']}")
            if found["next_step"]:
                print(f"    next step ({found['acts']}): {found['next_step']}")
    return 0
