"""`mapping overrides`: what a coupling maps otherwise than its connector's mappings."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from include.contract.errors import Misconfigured
from include.spec.load import CONFIGS, coupling_files, load_coupling
from include.spec.overrides import Override


def add(deeds: Any) -> None:
    """Add the deed to `mapping`."""
    overrides = deeds.add_parser(
        "overrides", help="what a coupling's YAML says instead of the mapping, with file and line"
    )
    overrides.add_argument("coupling", help="e.g. bralex__exact_online")
    overrides.add_argument("--configs", type=Path, default=CONFIGS, help="folder of the couplings (dag_configs)")
    overrides.set_defaults(run=_overrides)


def _overrides(chosen: argparse.Namespace) -> int:
    webshop, _, leaf = chosen.coupling.partition("__")
    files = [f"{webshop}/{leaf}{ending}" for ending in (".yaml", ".yml")]
    found = [file for file in coupling_files(chosen.configs) if file in files]
    if not found:
        raise Misconfigured(
            f"there is no coupling '{chosen.coupling}'", next_step="./run cli check names the couplings."
        )
    overrides = load_coupling(found[0], chosen.configs).overrides
    for line in _lines(overrides):
        print(line)
    print(f"{len(overrides)} overrides")
    return 0


def _lines(overrides: tuple[Override, ...]) -> Iterator[str]:
    for override in sorted(overrides, key=lambda each: (each.table, each.column)):
        yield f"{override.table}.{override.column}  {override.file}:{override.line}"
        yield f"    {override.expression}"
        yield f"    SQL: {'Optiply keeps what it has' if override.is_skip else override.sql}"
