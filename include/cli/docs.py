"""`docs`: writes the parts of the documentation that follow from the code, or tells which of them are stale."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from include.cli import flags, json_schema, mapped_by, yaml_reference
from include.contract import errors
from include.contract.errors import Misconfigured, SyncError
from include.spec.functions import functions
from include.spec.load import ROOT
from include.sync.metrics import metrics
from include.sync.settings import SETTINGS
from include.warehouse.pulls import Busy

DOCS = ROOT / "docs"
# The branches of the tree.
_NOT_SHOWN = (SyncError, errors.AskPerson, errors.Wait, errors.TryAgain, errors.GiveUp)
_ARGUMENTS = {"...": "…", "sortable": "number or moment", "any": "any kind", "whole": "n", "place": "place"}
_AGAIN: tuple[tuple[type[SyncError], str], ...] = (
    (errors.AskPerson, "no"),
    (errors.Wait, "yes, at the time the log names"),
    (errors.TryAgain, "yes, 5 times in about 20 minutes, then at its next schedule"),
    (errors.GiveUp, "no"),
)


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "docs", help="write the generated files: parts of docs/, the list of mappings, the schemas"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a part is stale")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Write what is stale; with --check name it and return 1."""
    stale = [(path, text) for path, text in pages(DOCS) if _read(path) != text]
    for path, text in stale:
        if chosen.check:
            print(f"{_short(path)} is stale: call ./run cli docs and commit the result")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"{_short(path)} written")
    return int(chosen.check and bool(stale))


def pages(folder: Path) -> list[tuple[Path, str]]:
    """Return each page with generated parts, and the text that it has to have."""
    runbook, guide, operations = folder / "runbook.md", folder / "mapping-guide.md", folder / "operations.md"
    return [
        (folder / "reference-yaml.md", yaml_reference.render()),
        (folder / "flags.md", flags.render()),
        (runbook, between_marks(_read(runbook), "errors", error_table(), runbook.name)),
        (guide, between_marks(_read(guide), "functions", function_table(), guide.name)),
        (operations, _operations(operations)),
        (mapped_by.MACRO, mapped_by.render()),
        *((json_schema.FOLDER / name, text) for name, text in json_schema.pages().items()),
    ]


def _operations(page: Path) -> str:
    text = between_marks(_read(page), "settings", setting_table(), page.name)
    return between_marks(text, "metrics", metric_table(), page.name)


def between_marks(page: str, part: str, table: str, name: str) -> str:
    """Return the page with `table` between the marks of `part`. Raises Misconfigured where they are not there."""
    begin, end = f"<!-- {part}: written by ./run cli docs -->", f"<!-- {part}: end -->"
    head, found, rest = page.partition(begin)
    _, ended, tail = rest.partition(end)
    if not found or not ended:
        raise Misconfigured(f"docs/{name} has no lines '{begin}' and '{end}'")
    return f"{head}{begin}\n\n{table}\n{end}{tail}"


def function_table() -> str:
    """Return one row per function of overrides' expressions: what it takes, what it gives, an example."""
    rows = ["| function | gives | meaning | example |", "|---|---|---|---|"]
    for name, function in functions().items():
        takes = ", ".join(_ARGUMENTS.get(take, take) for take in function.takes)
        gives = _ARGUMENTS.get(function.gives, function.gives)
        rows.append(f"| `{name}({takes})` | {gives} | {function.says} | `{function.example}` |")
    return "\n".join(rows) + "\n"


def setting_table() -> str:
    """Return one row per number that an operator may set."""
    rows = ["| variable | counted in | default | meaning |", "|---|---|---|---|"]
    rows += [f"| `{one.variable}` | {one.unit} | {one.default} | {one.meaning} |" for one in SETTINGS]
    return "\n".join(rows) + "\n"


def metric_table() -> str:
    """Return one row per metric that the monitor sends."""
    rows = ["| metric | tags | tells |", "|---|---|---|"]
    rows += [
        f"| `{name}` | {', '.join(f'`{tag}`' for tag in one.tags) or '-'} | {one.tells} |"
        for name, one in metrics().items()
    ]
    return "\n".join(rows) + "\n"


def error_table() -> str:
    """Return one row per kind of error: how the log names it, who acts, what comes next, what support does."""
    names = ("on the log", "what happened", "who acts", "tried again by itself", "next step", "what support does")
    rows = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    kinds: list[type[SyncError]] = [*_kinds(SyncError), Busy]
    for kind in kinds:
        meaning = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        cells = (kind.error_class, meaning, kind.acts, _again(kind), kind.next_step, kind.support)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _kinds(kind: type[SyncError]) -> list[type[SyncError]]:
    """Return the kinds of the contract below `kind`, in its order; those of other rooms are cases of them."""
    below = [found for found in kind.__subclasses__() if found.__module__ == errors.__name__]
    return [*([] if kind in _NOT_SHOWN else [kind]), *(each for found in below for each in _kinds(found))]


def _again(kind: type[SyncError]) -> str:
    return next(words for branch, words in _AGAIN if issubclass(kind, branch))


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else f"docs/{path.name}"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
