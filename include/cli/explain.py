"""`explain`: all about one Optiply row of a webshop, or why there is none."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

from include.cli.explain_text import lines
from include.spec.tables import TABLES
from include.warehouse.connection import connector, dsn_from_environment, warehouse_faults
from include.warehouse.explain import explain


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("explain", help="tell where an Optiply row comes from, or why there is none")
    parser.add_argument("webshop", help="e.g. bralex")
    parser.add_argument("object", choices=[name for names in TABLES.values() for name in names])
    parser.add_argument("key", help="a remote id, SKU, EAN, Optiply's id, or a number that stands in the raw document")
    parser.add_argument("--coupling", help="where several couplings of the webshop know the key")
    parser.add_argument("--raw", action="store_true", help="show documents that may hold personal data, and longer")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Print what is known; exit code 1 when nothing is."""
    with warehouse_faults("explaining"), connector(dsn_from_environment(), "cli explain")() as connection:
        found = explain(
            connection, chosen.webshop, chosen.object, chosen.key, coupling=chosen.coupling, raw=chosen.raw
        )  # fmt: skip
    if chosen.json:
        print(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False, default=str))
    else:
        print("\n".join(lines(found)))
    return int(not found.hits)
