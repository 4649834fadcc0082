"""`mapping test|mutate|overrides|diff|replay`: what an analyst does with the mappings from a shell."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from include.cli import mapping_diff, mapping_overrides, mapping_replay
from include.contract.errors import Misconfigured
from include.kit import mutation_report, mutation_run
from include.kit.mapping_project import Outcome, project
from include.kit.scratch import scratch, server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mutation-run.md"

_LEGEND = " In a diff: expected→actual; --- an expected row that is missing, +++ a row that was not expected."


def add(commands: Any) -> None:
    """Add the command with its deeds."""
    parser = commands.add_parser("mapping", help="test, try and replay mappings (docs/mapping-guide.md)")
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="test|mutate|overrides|diff|replay")
    testing = deeds.add_parser("test", help="run the unit tests of models; exit code 1 when one fails")
    testing.add_argument("models", nargs="*", metavar="model", help="all when none is named")
    testing.set_defaults(run=_test)
    mutating = deeds.add_parser("mutate", help="tell which small errors in models no unit test would notice")
    mutating.add_argument("models", nargs="*", metavar="model", help="all mapping models when none is named")
    mutating.add_argument("--share", type=float, default=1.0, help="the share of the mutants to try, 0 to 1 (1)")
    mutating.add_argument("--seed", type=int, default=1, help="which share it is (1)")
    mutating.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name}; with all models only")
    mutating.set_defaults(run=_mutate)
    mapping_overrides.add(deeds)
    mapping_diff.add(deeds)
    mapping_replay.add(deeds)


def _test(chosen: argparse.Namespace) -> int:
    with scratch(server(), "mapping_test") as dsn, project(dsn) as mappings:
        tests = mappings.unit_tests(chosen.models)
        mappings.build(chosen.models)
        outcomes = mappings.run(tests)
    for model, of_model in groupby(outcomes, key=lambda outcome: outcome.test.model):
        print(model)
        for outcome in of_model:
            _show(outcome)
    failed = sum(not outcome.passed for outcome in outcomes)
    print(f"{len(outcomes) - failed} of {len(outcomes)} unit tests hold.{_LEGEND if failed else ''}")
    return 1 if failed else 0


def _show(outcome: Outcome) -> None:
    print(f"  {'ok    ' if outcome.passed else 'FAILED'}  {outcome.test.name}")
    if not outcome.passed:
        told = [outcome.message, *outcome.diff.splitlines(), f"(dbt_project/{outcome.test.file})"]
        print("\n".join(f"          {line}" for line in told))


def _mutate(chosen: argparse.Namespace) -> int:
    if chosen.write and chosen.models:
        raise Misconfigured("--write tells about all mapping models", next_step="Leave the models out.")
    if not 0 < chosen.share <= 1:
        raise Misconfigured(f"--share is {chosen.share}, and should be above 0 and at most 1")
    with scratch(server(), "mapping_mutate") as dsn, project(dsn) as mappings:
        mappings.unit_tests(chosen.models)
        mappings.build(chosen.models)
        models = chosen.models or mappings.mappings()
        scores = mutation_run.run(mappings, dsn, models, chosen.share, chosen.seed)
    for line in mutation_report.lines(scores):
        print(line)
    if chosen.write:
        today = datetime.now(UTC).date()
        PAGE.write_text(mutation_report.document(scores, today, chosen.share, chosen.seed), encoding="utf-8")
        print(f"written  docs/{PAGE.name}")
    return 0
