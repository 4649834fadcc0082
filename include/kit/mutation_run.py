"""Try the unit tests of models on mutants of their SQL.

dbt starts once: it renders each unit test with all places of change marked by comments. The statements that it sends to
PostgreSQL are kept, and a mutant is such a statement with the text between its marks replaced. So a mutant costs
milliseconds, and is judged by what dbt itself would have run.
"""

from __future__ import annotations

import copy
import dataclasses
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from include.contract.errors import PlatformBug
from include.kit.mapping_project import MappingProject
from include.kit.mutation import Mutant, mutants

_STATEMENT = "dbt_internal_unit_test_actual"
_SECONDS = 5
_REFUSED = ("42", "0A")
"""Classes of SQLSTATE that say that a statement has no meaning: the mutant could never have been deployed."""


@dataclasses.dataclass(frozen=True)
class Score:
    """What the unit tests of a model noticed. `stillborn` mutants were refused by PostgreSQL and count nowhere."""

    model: str
    tests: int
    caught: int
    stillborn: int
    survivors: tuple[Mutant, ...]

    @property
    def judged(self) -> int:
        """How many mutants count."""
        return self.caught + len(self.survivors)

    @property
    def share(self) -> float:
        """The share of mutants that were caught; 1 when there was none."""
        return self.caught / self.judged if self.judged else 1.0


def run(project: MappingProject, dsn: str, models: Sequence[str], share: float, seed: int) -> list[Score]:
    """Judge a share (0 to 1, at least one each) of the mutants of the models, which must be built; by model.

    Raises PlatformBug when a unit test fails without any mutant.
    """
    texts = {name: project.models()[name].raw_code for name in models}
    chosen = {name: _sample(mutants(text), share, f"{seed} {name}") for name, text in texts.items()}
    statements = _rendered(project, {name: marked(texts[name], some) for name, some in chosen.items()})
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"set statement_timeout = '{_SECONDS}s'")
        return [_score(connection, name, some, statements.get(name, [])) for name, some in chosen.items()]


def marked(text: str, chosen: Sequence[Mutant]) -> str:
    """Return the text with each edit of each mutant between two comments that name it."""
    marks: list[tuple[int, int, str]] = []
    for number, edit in enumerate(edit for mutant in chosen for edit in mutant.edits):
        if edit.begin == edit.end:
            marks.append((edit.begin, 1, _begin(number) + _end(number)))
        else:
            marks += [(edit.begin, 2, _begin(number)), (edit.end, 0, _end(number))]
    parts, place = [], 0
    for where, _, mark in sorted(marks, key=lambda mark: mark[:2]):
        parts += [text[place:where], mark]
        place = where
    return "".join([*parts, text[place:]])


def mutated(statement: str, number: int, mutant: Mutant) -> str:
    """Return a rendered statement with a mutant's edits made; `number` is that of its first edit."""
    for offset, edit in enumerate(mutant.edits):
        pattern = re.escape(_begin(number + offset)) + ".*?" + re.escape(_end(number + offset))
        statement = re.sub(pattern, lambda _, new=edit.new: f" {new} ", statement, flags=re.DOTALL)  # type: ignore[misc]
    return statement


def _begin(number: int) -> str:
    return f"/*<{number}*/"


def _end(number: int) -> str:
    return f"/*{number}>*/"


def _sample(all_of_them: list[Mutant], share: float, seed: str) -> list[Mutant]:
    count = min(len(all_of_them), max(1, round(len(all_of_them) * share)))
    kept = set(random.Random(seed).sample(range(len(all_of_them)), count))
    return [mutant for place, mutant in enumerate(all_of_them) if place in kept]


def _rendered(project: MappingProject, texts: dict[str, str]) -> dict[str, list[str]]:
    """The statements of the unit tests, by model, with the marks in them."""
    manifest = copy.copy(project.manifest)
    manifest.nodes = dict(manifest.nodes)
    for name, text in texts.items():
        node = copy.copy(project.models()[name])
        node.raw_code = text
        manifest.nodes[node.unique_id] = node
    tests = project.unit_tests(list(texts))
    model_of = {test.unique_id: test.model for test in tests}
    statements: dict[str, list[str]] = {name: [] for name in texts}

    def hear(event: Any) -> None:
        if event.info.name == "SQLQuery" and _STATEMENT in event.data.sql:
            statements[model_of[event.data.node_info.unique_id]].append(event.data.sql)

    outcomes = dataclasses.replace(project, manifest=manifest).run(tests, hear)
    for outcome in outcomes:
        if not outcome.passed:
            raise PlatformBug(f"unit test {outcome.test.name} fails as it is: {outcome.message} {outcome.diff}")
    return statements


def _score(
    connection: psycopg.Connection[Any], model: str, chosen: Sequence[Mutant], statements: Sequence[str]
) -> Score:
    verdicts = Counter[str]()
    survivors = []
    for number, mutant in _numbered(chosen):
        verdict = _verdict(connection, [mutated(statement, number, mutant) for statement in statements])
        verdicts[verdict] += 1
        if verdict == "survived":
            survivors.append(mutant)
    return Score(model, len(statements), verdicts["caught"], verdicts["stillborn"], tuple(survivors))


def _numbered(chosen: Sequence[Mutant]) -> Iterator[tuple[int, Mutant]]:
    number = 0
    for mutant in chosen:
        yield number, mutant
        number += len(mutant.edits)


def _verdict(connection: psycopg.Connection[Any], statements: Sequence[str]) -> str:
    for statement in statements:
        try:
            rows = connection.execute(statement.encode()).fetchall()
        except psycopg.Error as error:
            return "stillborn" if str(error.sqlstate)[:2] in _REFUSED else "caught"
        sides: dict[str, Counter[str]] = {"actual": Counter(), "expected": Counter()}
        for row in rows:
            sides[row[-1]][repr(tuple(map(_plain, row[:-1])))] += 1
        if sides["actual"] != sides["expected"]:
            return "caught"
    return "survived"


def _plain(value: Any) -> Any:
    # 12.30 and 12.3 are one number, and print differently.
    return hash(value) if hasattr(value, "normalize") else value
