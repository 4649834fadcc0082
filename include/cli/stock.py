"""`stock`: what came in, added to a shop's stock: run, look, and say what only a person can tell."""

from __future__ import annotations

import argparse
import getpass
from typing import Any

from include.cli.operate import credentials, platform
from include.contract.errors import Misconfigured
from include.spec.load import find_coupling
from include.sync.configs import ensure_registered
from include.sync.stock_update import update_stock
from include.warehouse import stock_ledger
from include.warehouse.registry import coupling_id


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("stock", help="what came in on buy orders, added to a shop's stock")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    chosen = verbs.add_parser("list", help="writes of which nobody knows, or that wait for a person")
    chosen.add_argument("coupling")
    chosen.set_defaults(run=_list)
    chosen = verbs.add_parser("send", help="add what came in now (credentials from AIRFLOW_CONN_<COUPLING>)")
    chosen.add_argument("coupling")
    chosen.set_defaults(run=_send)
    chosen = verbs.add_parser("settle", help="say whether the pieces of a write are in the shop's stock")
    chosen.add_argument("number", type=int, help="the write, as `list` numbers it")
    chosen.add_argument("where", choices=["in", "out"], help="in: counted there; out: not, so the next run adds them")
    chosen.set_defaults(run=_settle)
    chosen = verbs.add_parser("begin", help="take all that came in until now as counted, e.g. after a stock-taking")
    chosen.add_argument("coupling")
    chosen.set_defaults(run=_begin)


def _list(chosen: argparse.Namespace) -> int:
    with platform("cli stock").connect() as connection:
        for number, name, remote_id, added, before, after, outcome, words, step in stock_ledger.listed(
            connection, chosen.coupling
        ):
            print(f"{number}  {name} ({remote_id})  {outcome}  {added} pieces, from {before} to {after}")
            for text in filter(None, (words, step)):
                print(f"    {text}")
    return 0


def _send(chosen: argparse.Namespace) -> int:
    here, config = platform(f"cli stock {chosen.coupling}"), find_coupling(chosen.coupling)
    with here.connect() as connection:
        ensure_registered(connection, config)
    done = update_stock(here, config, credentials(config.connection))
    print(done.sentence())
    for stuck in done.stuck:
        print(f"{stuck}: ./run cli stock list {chosen.coupling}")
    return int(bool(done.stuck))


def _settle(chosen: argparse.Namespace) -> int:
    with platform("cli stock").connect() as connection:
        by = f"{getpass.getuser()} (command line)"
        if not stock_ledger.settle(connection, chosen.number, is_in=chosen.where == "in", by=by):
            raise Misconfigured(f"write {chosen.number} does not wait for anybody", next_step="./run cli stock list")
    print("noted: " + ("the pieces are counted" if chosen.where == "in" else "the next run adds the pieces"))
    return 0


def _begin(chosen: argparse.Namespace) -> int:
    with platform("cli stock").connect() as connection:
        stock_ledger.begin(connection, coupling_id(connection, chosen.coupling).coupling_id, anew=True)
    print(f"{chosen.coupling}: what came in until now is in the shop's stock")
    return 0
