"""The overrides of a coupling (R18): what its YAML and its settings say instead of a mapping, checked and compiled."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from include.spec.canonical import skipped_columns
from include.spec.columns import LINES, TABLES, settable, skippable
from include.spec.coupling import Coupling, TableOverrides
from include.spec.expression import Constant, ExpressionError
from include.spec.expression_check import Scope, as_constant, check
from include.spec.expression_parse import parse
from include.spec.expression_sql import Landing, compile_sql
from include.spec.manifest import Manifest
from include.spec.marked_yaml import Marked, Path_
from include.spec.problems import Problem, nearest
from include.spec.validate import Scalar


@dataclasses.dataclass(frozen=True)
class Override:
    """One column of one table that this coupling maps otherwise; `sql` is over a row `given` of the mapping."""

    object: str
    table: str
    column: str
    expression: str
    sql: str
    is_skip: bool
    when_empty: str
    file: str
    line: int


def overrides_of(coupling: Coupling, manifest: Manifest, marked: Marked) -> tuple[list[Override], list[Problem]]:
    """Return a coupling's overrides, and what is wrong with them."""
    made: list[Override] = []
    problems: list[Problem] = []
    for place in _places(coupling, manifest):
        for path, column, given in place.wishes():
            try:
                made.append(_made(place, path, column, given, marked))
            except ExpressionError as error:
                problems.append(Problem(marked.file, marked.line(path), ".".join(map(str, path)), str(error)))
    return _with_settings(made, coupling, manifest, marked, problems), problems


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where overrides of one table stand, and what they may name."""

    object: str
    table: str
    path: Path_
    held: TableOverrides
    scope: Scope
    landing: Landing

    def wishes(self) -> Iterator[tuple[Path_, str, Scalar]]:
        """Yield each column with its path in the file and its expression; null for one that is skipped."""
        for number, column in enumerate(self.held.skip_columns):
            yield (*self.path, "skip_columns", number), column, None
        for column, given in self.held.columns.items():
            yield (*self.path, "columns", column), column, given


def _places(coupling: Coupling, manifest: Manifest) -> Iterator[_Place]:
    rooted = frozenset(name for name, stream in manifest.streams.items() if stream.root is not None)
    landing = Landing(manifest.connector, rooted)
    for name, switch in coupling.objects.items():
        if name not in manifest.objects:
            continue
        made = manifest.objects[name]
        streams = tuple(dict.fromkeys(made.streams + made.reads))
        yield _Place(name, name, ("objects", name), switch, Scope(TABLES[name], streams), landing)
        if switch.lines is not None and name in LINES:
            table = LINES[name]
            path: Path_ = ("objects", name, "lines")
            yield _Place(name, table, path, switch.lines, Scope(TABLES[table], streams), landing)


def _made(place: _Place, path: Path_, column: str, given: Scalar, marked: Marked) -> Override:
    """Return one override. Raises ExpressionError."""
    known = TABLES[place.table]
    if column not in known:
        valid = (skippable if path[-2] == "skip_columns" else settable)(place.table)
        raise ExpressionError(f"'{column}' is no column of {place.table}.{nearest(column, valid)}")
    target = known[column]
    if target.fixed:
        raise ExpressionError(f"'{column}' cannot be overridden: {target.fixed}")
    if path[-2] == "columns" and column in place.held.skip_columns:
        raise ExpressionError(f"'{column}' stands under skip_columns too")
    if path[-2] == "skip_columns" and column in place.held.skip_columns[: int(path[-1])]:
        raise ExpressionError(f"'{column}' stands twice under skip_columns")
    node = parse(given) if isinstance(given, str) else as_constant(given)
    is_skip = node == Constant(None)
    if is_skip and target.needed:
        raise ExpressionError(f"'{column}' cannot be left out: {target.needed}")
    sql = compile_sql(check(node, target.type, place.scope), target.type, place.landing)
    return Override(
        object=place.object,
        table=place.table,
        column=column,
        expression="null" if given is None else given.strip() if isinstance(given, str) else str(given).lower(),
        sql=sql,
        is_skip=is_skip,
        when_empty=target.when_empty,
        file=marked.file,
        line=marked.line(path),
    )


def _with_settings(
    made: list[Override], coupling: Coupling, manifest: Manifest, marked: Marked, problems: list[Problem]
) -> list[Override]:
    """Add the columns that a setting leaves as Optiply has them; one that is overridden as well is a problem."""
    objects = {table: name for name, table in LINES.items()}
    by_column = {(override.table, override.column): override for override in made}
    for table, column, key in skipped_columns(manifest, manifest.with_defaults(coupling.settings)):
        path, other = ("settings", key), by_column.get((table, column))
        if other is not None and not other.is_skip:
            message = f"is false and leaves {table}.{column} alone, which line {other.line} overrides"
            problems.append(Problem(marked.file, marked.line(path), f"settings.{key}", message))
        if other is None:
            made.append(_skipped_by(key, objects.get(table, table), table, column, marked))
    return made


def _skipped_by(key: str, name: str, table: str, column: str, marked: Marked) -> Override:
    kind = TABLES[table][column].type
    sql = compile_sql(check(Constant(None), kind, Scope({}, ())), kind, Landing("", frozenset()))
    line = marked.line(("settings", key))
    return Override(name, table, column, f"{key}: false", sql, True, "warning", marked.file, line)
