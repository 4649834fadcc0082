"""A preview as an analyst reads it: counts of each table first, then rows, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from include.sync.preview import Preview
from include.warehouse.difference import KINDS, ProblemDifference, Row, TableDifference

_WIDTH = 60


def lines(found: Preview, rows: int) -> Iterator[str]:
    """Return the lines to print; of each table at most `rows` rows were kept."""
    yield f"Mapped again on a copy: {', '.join(found.webshops)}, {found.roots} roots. The warehouse is as it was."
    if found.waiting:
        yield f"{found.waiting} roots wait for the next transform anyway; what they change is part of this."
    for table in found.tables:
        yield ""
        yield from _table(table, rows)
    if found.problems:
        yield ""
        yield "Quarantine"
        for problem in found.problems:
            yield from _problem(problem)
    if found.lines_left:
        yield ""
        yield f"{found.lines_left} stored sell order lines are mapped otherwise now. They stay as they are (B4)."
    if found.elsewhere:
        yield ""
        yield f"{found.elsewhere} more rows would change, of couplings or objects that were not asked for."
    if not found.has_changes:
        yield "No row would change."


def _table(table: TableDifference, rows: int) -> Iterator[str]:
    yield table.table
    for coupling, kinds in table.counts.items():
        yield f"  {coupling}: " + ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS if kind in kinds)
    if table.fields:
        yield "  fields: " + ", ".join(f"{field} {count}" for field, count in table.fields.items())
    for row in table.rows:
        yield from _row(row)
    total = sum(sum(kinds.values()) for kinds in table.counts.values())
    if total > len(table.rows):
        yield f"  … and {total - len(table.rows)} more (--rows {rows})"


def _row(row: Row) -> Iterator[str]:
    label = f"  {_shown(row.label)}" if row.label else ""
    yield f"  {row.kind:<9} {row.coupling} {row.remote_id}{label}"
    for field, (old, new) in row.fields.items():
        if row.kind == "inserted":
            yield f"      {field}: {_shown(new)}"
        else:
            yield f"      {field}: {_shown(old)} -> {_shown(new)}"


def _problem(problem: ProblemDifference) -> Iterator[str]:
    counts = ", ".join(
        f"{count} {word}" for count, word in ((problem.appears, "appear"), (problem.goes, "go")) if count
    )
    yield f"  {counts}: {problem.coupling} {problem.object}, {problem.severity}, {problem.field}: {problem.reason}"
    more = ", …" if problem.appears + problem.goes > len(problem.remote_ids) else ""
    yield f"      {', '.join(problem.remote_ids)}{more}"


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
