"""dbt's unit tests, each by its name: one invocation of dbt runs those that were chosen."""

import pytest

from include.kit.mapping_project import PURE_UNION, MappingProject, Outcome
from tests.dbt.described import PROJECT, Described, unit_tests
from tests.dbt.warehouse import manifest
from tests.traceability import DBT_EXAMPLE, rows

ALL = list(unit_tests())


def case(described: Described) -> object:
    """A case of its own, which `--example 30` chooses by the number in its name."""
    marks = [pytest.mark.dbt_unit_test(f"{described.file}::{described.name}")]
    if found := DBT_EXAMPLE.match(described.name):
        marks.append(pytest.mark.example(int(found.group(1))))
    return pytest.param(described, id=f"{described.model}::{described.name}", marks=marks)


@pytest.fixture(scope="module")
def mappings(project: str) -> MappingProject:
    return MappingProject(manifest(), PROJECT, ())


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, mappings: MappingProject) -> dict[str, Outcome]:
    chosen = {
        item.callspec.params["described"].name
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == test_unit_test.__name__
    }
    tests = [test for test in mappings.unit_tests() if test.name in chosen]
    return {f"{outcome.test.model}::{outcome.test.name}": outcome for outcome in mappings.run(tests)}


@pytest.mark.requirement("R17")
@pytest.mark.parametrize("described", [case(described) for described in ALL])
def test_unit_test(outcomes: dict[str, Outcome], described: Described) -> None:
    outcome = outcomes[f"{described.model}::{described.name}"]
    if not outcome.passed:
        told = f"{outcome.message}\n{outcome.diff}"
        pytest.fail(f"{described.model}::{described.name} ({described.file})\n{told}", pytrace=False)


@pytest.mark.requirement("R17")
def test_every_mapping_model_has_a_unit_test(mappings: MappingProject) -> None:
    tested = {test.model for test in mappings.unit_tests()}
    assert [name for name in mappings.mappings() if name not in tested] == []
    unions = [node for name, node in mappings.models().items() if name.endswith(PURE_UNION)]
    # The exception holds for what really is nothing but a union of the connectors' models.
    assert unions
    for union in unions:
        code = [line for line in union.raw_code.splitlines() if not line.startswith("--")]
        assert "".join(code).startswith("{{ mapped("), union.name


@pytest.mark.requirement("R17")
def test_every_example_has_unit_tests_named_by_its_number_in_two_digits() -> None:
    numbers = {int(found.group(1)) for test in ALL if (found := DBT_EXAMPLE.match(test.name))}
    assert numbers == {int(row) for row in rows()["example"]}
    assert [test.name for test in ALL if DBT_EXAMPLE.match(test.name) and not test.name[8:10].isdigit()] == []
