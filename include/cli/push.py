"""`push`: buy orders on their way to the remote, shown, sent and decided about without the Airflow UI."""

from __future__ import annotations

import argparse
import getpass
import time
from datetime import UTC, datetime
from typing import Any

from include.cli.operate import credentials, platform
from include.contract.errors import Misconfigured, Wait
from include.spec.load import find_coupling
from include.sync.configs import ensure_registered
from include.sync.push import push
from include.sync.push_answers import adopt, drop, retry
from include.warehouse import push_orders


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("push", help="list, show, send, retry, adopt or drop buy orders that Optiply placed")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    chosen = verbs.add_parser("list", help="those that are not done, with the reason and the next step")
    chosen.add_argument("coupling", nargs="?")
    chosen.add_argument("--all", action="store_true", help="the latest, done or not")
    chosen.set_defaults(run=_list)
    chosen = verbs.add_parser("show", help="one order with every call that was made for it")
    chosen.add_argument("number", help="Optiply's number of the order, e.g. 812345")
    chosen.set_defaults(run=_show)
    chosen = verbs.add_parser("send", help="send what waits now (credentials from AIRFLOW_CONN_<COUPLING>)")
    chosen.add_argument("coupling", help="e.g. houtrijk__picqer")
    chosen.add_argument("numbers", nargs="*", help="only these orders")
    chosen.add_argument("--wait", action="store_true", help="wait for limits and second looks instead of ending")
    chosen.set_defaults(run=_send)
    _add_answers(verbs)


def _add_answers(verbs: Any) -> None:
    chosen = verbs.add_parser("retry", help="send again what was rejected; of a parked one: it is not on the remote")
    chosen.add_argument("coupling")
    chosen.add_argument("numbers", nargs="*", help="left out = all that are rejected")
    chosen.set_defaults(run=_retry)
    chosen = verbs.add_parser("adopt", help="say which order on the remote it is")
    chosen.add_argument("coupling")
    chosen.add_argument("number")
    chosen.add_argument("remote_id")
    chosen.set_defaults(run=_adopt)
    chosen = verbs.add_parser("drop", help="let go what Optiply wants of it; the remote keeps what it has")
    chosen.add_argument("coupling")
    chosen.add_argument("number")
    chosen.set_defaults(run=_drop)


def _list(chosen: argparse.Namespace) -> int:
    with platform("cli push").connect() as connection:
        for found in push_orders.listed(connection, chosen.coupling, done=chosen.all):
            print("\n".join(found.lines()))
    return 0


def _show(chosen: argparse.Namespace) -> int:
    with platform("cli push").connect() as connection:
        found, steps = push_orders.shown(connection, chosen.number)
    if found is None:
        raise Misconfigured(f"Optiply placed no order {chosen.number}", next_step="./run cli push list --all")
    print("\n".join(found.lines()))
    for step in steps:
        ended = f"{step['finished_at']:%H:%M:%S}" if step["finished_at"] else "no end"
        told = " ".join(str(step[name]) for name in ("kind", "status", "remote_id") if step[name] is not None)
        print(f"  {step['number']:>3}. {step['intended_at']:%Y-%m-%d %H:%M:%S} to {ended}  {step['step']:<20}"
              f" {step['outcome'] or 'intended':<9} {told}")  # fmt: skip
        for words in filter(None, (step["words"], step["body"])):
            print(f"       {words}")
    return 0


def _send(chosen: argparse.Namespace) -> int:
    here, config = platform(f"cli push {chosen.coupling}"), find_coupling(chosen.coupling)
    with here.connect() as connection:
        ensure_registered(connection, config)
    while True:
        try:
            done = push(here, config, credentials(config.connection), chosen.numbers)
            until = done.next_look
            print(done.sentence(), flush=True)
            for stuck in done.stuck:
                print(f"{stuck.reference} {stuck.state}: {stuck.what}\n    next step: {stuck.next_step}")
            if until is None or not chosen.wait:
                return int(bool(done.stuck))
        except Wait as wait:
            if not chosen.wait:
                raise
            print(f"{wait.what}; goes on at {wait.until:%H:%M:%S} UTC", flush=True)
            until = wait.until
        time.sleep(max((until - datetime.now(UTC)).total_seconds(), 0))


def _retry(chosen: argparse.Namespace) -> int:
    numbers = retry(platform("cli push").connect, chosen.coupling, chosen.numbers, _me())
    print(f"sent again by the next run: {', '.join(numbers) or 'nothing, no order is rejected'}")
    return 0


def _adopt(chosen: argparse.Namespace) -> int:
    print(adopt(platform("cli push").connect, chosen.coupling, chosen.number, chosen.remote_id, _me()))
    return 0


def _drop(chosen: argparse.Namespace) -> int:
    print(drop(platform("cli push").connect, chosen.coupling, chosen.number, _me()))
    return 0


def _me() -> str:
    return f"{getpass.getuser()} (command line)"
