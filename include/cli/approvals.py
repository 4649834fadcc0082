"""`approvals`: deletions that wait for a person, shown and answered without the Airflow UI."""

from __future__ import annotations

import argparse
import getpass
from typing import Any

from include.sync.approvals import Decided, approve, refuse
from include.warehouse import approvals
from include.warehouse.connection import Connect, connector, dsn_from_environment


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("approvals", help="list, show, approve or refuse deletions that wait for a person")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    verbs.add_parser("list", help="those that wait, and the latest others").set_defaults(run=_list)
    for verb, run, text in (
        ("show", _show, "every record that would go"),
        ("approve", _approve, "delete the listed records"),
        ("refuse", _refuse, "keep the listed records"),
    ):
        chosen = verbs.add_parser(verb, help=text)
        chosen.add_argument("approval", type=int, help="its number, e.g. 12")
        chosen.set_defaults(run=run)


def _connect() -> Connect:
    return connector(dsn_from_environment(), "cli approvals")


def _list(_chosen: argparse.Namespace) -> int:
    with _connect()() as connection:
        for found in approvals.latest(connection):
            print(f"{found.id:>5}  {found.asked_at:%Y-%m-%d %H:%M}  {found.state:<9}  {found.headline()}")
    return 0


def _show(chosen: argparse.Namespace) -> int:
    with _connect()() as connection:
        found = approvals.one(connection, chosen.approval)
        print(f"{found.headline()}\nAsked {found.asked_at:%Y-%m-%d %H:%M} UTC by pull {found.pull_id}, which saw"
              f" {found.seen} records.\n{Decided(found, now=True).sentence()}\n")  # fmt: skip
        for listed in approvals.records(connection, found.id):
            back = f"  came back {listed.came_back_at:%Y-%m-%d %H:%M}" if listed.came_back_at else ""
            print(f"{listed.record_key:<40} {listed.label or ''}{back}")
    return 0


def _approve(chosen: argparse.Namespace) -> int:
    print(approve(_connect(), chosen.approval, _me()).sentence())
    return 0


def _refuse(chosen: argparse.Namespace) -> int:
    print(refuse(_connect(), chosen.approval, _me()).sentence())
    return 0


def _me() -> str:
    return f"{getpass.getuser()} (command line)"
