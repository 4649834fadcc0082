"""`coupling new|check|…`: what support does to connect a customer, and to a coupling that runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from include.cli import coupling_life
from include.kit import couplings
from include.spec.load import CONFIGS


def add(commands: Any) -> None:
    """Add the command with its deeds."""
    parser = commands.add_parser("coupling", help="write and check a coupling's files; pause, resume, try credentials")
    two = parser.add_subparsers(dest="deed", required=True, metavar="deed")
    new = two.add_parser("new", help="write webshop.yaml where it is missing, and the coupling with all its settings")
    new.add_argument("webshop", help="the customer's folder: a-z, 0-9 and single _")
    new.add_argument("connector", help="a folder in connectors/")
    checking = two.add_parser("check", help="tell what is wrong, and what the Airflow connection must hold")
    checking.add_argument("which", nargs="?", help="<webshop> or <webshop>/<file>; left out = all")
    for each in (new, checking):
        each.add_argument("--configs", type=Path, default=CONFIGS, help="folder of the couplings (dag_configs)")
    new.set_defaults(run=_new)
    checking.set_defaults(run=_check)
    coupling_life.add(two)


def _new(chosen: argparse.Namespace) -> int:
    for line in couplings.new(chosen.webshop, chosen.connector, configs=chosen.configs):
        print(line)
    print(f"Then: ./run cli coupling check {chosen.webshop}/{chosen.connector}")
    return 0


def _check(chosen: argparse.Namespace) -> int:
    found, problems = couplings.problems_of(chosen.which, chosen.configs)
    for problem in problems:
        print(problem)
    for config in found:
        print("\n".join(couplings.connection_words(config)))
    print(f"{len(found)} couplings right, {len(problems)} problems")
    return int(bool(problems))
