"""`mapping diff`: which Optiply rows this checkout's SQL and YAML would change, before they are deployed."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from include.cli.mapping_text import lines
from include.contract.errors import Misconfigured
from include.spec.load import CONFIGS, load_all
from include.spec.objects import OBJECTS
from include.spec.problems import nearest
from include.sync.preview import Checkout, Chosen, preview
from include.warehouse.connection import dsn_from_environment


def add(deeds: Any) -> None:
    """Add the deed."""
    parser = deeds.add_parser(
        "diff", help="what this checkout's SQL and YAML would change, tried on a copy; the warehouse is not touched"
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--webshop", help="copy and map this webshop")
    which.add_argument("--coupling", help="copy and map the webshop of this coupling, show this coupling's rows")
    which.add_argument("--all", action="store_true", help="all webshops: needs as much disk and time as they do")
    parser.add_argument("--object", choices=OBJECTS, help="show only this object")
    parser.add_argument("--rows", type=int, default=20, help="show so many rows of each table (default 20)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--fail-on-change", action="store_true", help="exit code 1 when anything would change")
    parser.add_argument("--configs", type=Path, default=CONFIGS, help="folder of the couplings (dag_configs)")
    parser.set_defaults(run=_diff)


def _diff(chosen: argparse.Namespace) -> int:
    webshop = chosen.webshop or (chosen.coupling and _webshop_of(chosen.coupling, chosen.configs))
    wish = Chosen(None if chosen.all else (webshop,), chosen.coupling, chosen.object, chosen.rows)
    found = preview(dsn_from_environment(), wish, Checkout(chosen.configs))
    if chosen.json:
        print(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines(found, chosen.rows)))
    return int(chosen.fail_on_change and found.has_changes)


def _webshop_of(coupling: str, configs: Path) -> str:
    names = {config.name: config.webshop.webshop for config in load_all(configs)[0]}
    if coupling not in names:
        message = f"there is no readable coupling '{coupling}'.{nearest(coupling, names)}"
        raise Misconfigured(message, next_step="Run ./run cli check.")
    return names[coupling]
