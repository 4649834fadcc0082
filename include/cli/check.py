"""`check`: tells whether every YAML file is right."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from include.spec.load import CONFIGS, CONNECTORS, connector_names, load_all, load_manifest
from include.spec.problems import ConfigError, Problem


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "check", help="check every manifest and coupling; prints file, line, key and what to write"
    )
    parser.add_argument("--configs", type=Path, default=CONFIGS, help="folder of the couplings (dag_configs)")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Print every problem; return 1 when there is one."""
    problems: list[Problem] = []
    for name in connector_names():
        try:
            load_manifest(name, CONNECTORS)
        except ConfigError as error:
            problems += error.problems
    couplings, found = load_all(chosen.configs)
    problems += [problem for problem in found if problem not in problems]
    for problem in problems:
        print(problem)
    print(f"{len(connector_names())} connectors, {len(couplings)} couplings right, {len(problems)} problems")
    return int(bool(problems))
