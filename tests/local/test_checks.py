"""Each rule of `./run check` can fail, and a part that has nothing to look at does not pass."""

import os
import sys
from pathlib import Path

import pytest

from include.local import checks, file_rules
from include.local.checks import Part
from include.local.errors import LocalError


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("include/engine/long.py", "x = 1\n" * 401, "401 lines, 400 at most"),
        ("dbt_project/models/wide.sql", "select 1\n" * 121, "121 lines, 120 at most"),
        ("connectors/picqer/utils.py", "", "a name that says nothing"),
        ("connectors/picqer/http_helpers.py", "", "a name that says nothing"),
        ("docs/page.md", "see " + "/ro" + "ot/notes", "names a path or host"),
        ("requirements.lock", "--index-url https://py" + "pi.org/simple", "names a path or host"),
    ],
)
def test_broken_rules_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    monkeypatch.setattr(file_rules, "EXCEPTIONS", {})
    write(tmp_path, name, text)
    (line,) = file_rules.findings(tmp_path)
    assert line.startswith(f"{name}: ")
    assert said in line


def test_ordinary_files_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_rules, "EXCEPTIONS", {})
    write(tmp_path, "include/warehouse/migrations/0001.sql", "select 1;\n" * 300)
    write(tmp_path, "include/spec/coupling.py", '"""A path such as /api/work/x and $HOME/root/y is no machine\'s."""\n')
    write(tmp_path, ".venv/lib/utils.py", "")
    assert file_rules.findings(tmp_path) == []


def test_an_exception_for_a_file_that_went_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_rules, "EXCEPTIONS", {"include/old.py": "reason"})
    assert file_rules.findings(tmp_path) == ["include/old.py: has an exception and does not exist"]


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "dag_configs/acme/picqer.yaml", "a: 1\nb: [1,\nc: 2\n")
    (line,) = file_rules.yaml_findings(tmp_path)
    assert line.startswith("dag_configs/acme/picqer.yaml:")


def test_a_part_without_its_subject_fails() -> None:
    result = checks.run_part(Part("mappings", [sys.executable, "-c", "pass"], needs="no/such/file"), os.environ)
    assert not result.passed
    assert "no/such/file does not exist" in result.output


def test_results_are_reported_with_the_output_of_failures() -> None:
    seen: list[str] = []
    chosen = [
        Part("good", [sys.executable, "-c", "print('fine')"]),
        Part("bad", [sys.executable, "-c", "import sys; print('the reason'); sys.exit(1)"]),
    ]
    results = checks.run_all(chosen, os.environ, lambda result: seen.append(result.part.name))
    assert sorted(seen) == ["bad", "good"]
    assert {result.part.name: result.passed for result in results} == {"good": True, "bad": False}
    assert "the reason" in next(result.output for result in results if not result.passed)


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(LocalError, match=r"no check 'lunch'.*types"):
        checks.main(["lunch"])
