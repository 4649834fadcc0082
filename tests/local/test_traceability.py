"""The map of what is tested where: marks and dbt names are read, rows that do not exist are refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import traceability
from tests.traceability import Proof

ROOT = Path(__file__).resolve().parents[2]


def pytest_in(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(text)
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n    requirement(*rows): x\n    rule(*rules): x\n    example(*n): x\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.traceability", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )


MARKED = """
import pytest
@pytest.mark.requirement("R16", "R3")
def test_one(): pass
@pytest.mark.example(30)
@pytest.mark.parametrize("x", [1, 2])
def test_two(x): pass
def test_three(): pass
"""


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [(["--requirement", "R16"], 1), (["--example", "30"], 2), (["--requirement", "R3", "--example", "30"], 3), ([], 4)],
)
def test_selection_by_row(tmp_path: Path, arguments: list[str], passed: int) -> None:
    shown = pytest_in(tmp_path, MARKED, *arguments)
    assert f"{passed} passed" in shown.stdout, shown.stdout + shown.stderr


def test_a_row_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    shown = pytest_in(tmp_path, MARKED, "--rule", "B99")
    assert shown.returncode == 4
    assert "there is no such rule" in shown.stderr
    shown = pytest_in(tmp_path, MARKED.replace("R16", "R61"))
    assert shown.returncode == 4
    assert "marked requirement(R61)" in shown.stderr


def test_dbt_unit_tests_named_after_an_example_are_read(tmp_path: Path) -> None:
    model = tmp_path / "dbt_project" / "models" / "intermediate" / "_int_products.yml"
    model.parent.mkdir(parents=True)
    model.write_text("unit_tests:\n  - name: example_05_cancelled\n  - name: other\n")
    (proof,) = traceability.dbt_proofs(tmp_path / "dbt_project")
    assert (proof.kind, proof.row) == ("example", "5")
    assert proof.test == "dbt_project/models/intermediate/_int_products.yml::example_05_cancelled"


def test_the_map_lists_rows_without_a_test_and_is_stable() -> None:
    known = {"rule": {"B1": "VAT", "B2": "Stock"}}
    proofs = [Proof("rule", "B2", "b"), Proof("rule", "B2", "a")]
    text = traceability.render(proofs, known)
    assert "1 of 2 have a test" in text
    assert "| B1 | VAT | none yet |" in text
    assert "| B2 | Stock | `a`<br>`b` |" in text
    assert text == traceability.render(reversed(proofs), known)
