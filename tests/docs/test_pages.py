"""The documentation names only what exists, says what it has to, and its generated parts are fresh."""

import re
from pathlib import Path

import pytest

from include.cli import docs, yaml_reference
from include.cli.__main__ import parser
from include.contract.errors import Misconfigured, PlatformBug
from include.spec.validate import Strict
from include.tasks import failure
from tests.docs.pages import PAGES, ROOT, landing_reasons, mapping_reasons, problems


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_exists(page: Path) -> None:
    assert list(problems(page, page.read_text())) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("see [this](nowhere.md)", "links to nowhere.md"),
        ("![picture](images/nothing.png)", "links to images/nothing.png"),
        ("# One\n[two](#two)", "no such heading"),
        ("the file `include/engine/nothing.py`", "names include/engine/nothing.py"),
        ("```\n./run test tests/nowhere\n```", "names tests/nowhere"),
        ("the model `models/marts/optiply/cats.sql`", "names models/marts/optiply/cats.sql"),
        ("call `./run dance`", "names ./run dance"),
        ("call `./run cli dance`", "names ./run cli dance"),
        ("call `./run check lunch`", "names ./run check lunch"),
    ],
)
def test_what_does_not_exist_is_found(text: str, said: str) -> None:
    (problem,) = problems(ROOT / "docs" / "page.md", text)
    assert said in problem


def test_placeholders_and_what_exists_are_no_problem() -> None:
    text = "`connectors/<system>/manifest.yaml`, `include/spec`, `./run cli status`, [top](#top-of-it)\n# Top of it"
    assert list(problems(ROOT / "docs" / "page.md", text)) == []


def test_generated_parts_are_fresh() -> None:
    assert [path.name for path, text in docs.pages(docs.DOCS) if path.read_text() != text] == []


def test_a_stale_part_is_found_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "DOCS", tmp_path)
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    (tmp_path / "runbook.md").write_text(runbook.replace("| customer |", "| nobody |"))
    for name in ("mapping-guide.md", "operations.md"):
        (tmp_path / name).write_text((ROOT / "docs" / name).read_text())
    check, write = parser().parse_args(["docs", "--check"]), parser().parse_args(["docs"])
    assert check.run(check) == 1
    assert "docs/runbook.md is stale" in capsys.readouterr().out
    assert write.run(write) == 0
    assert check.run(check) == 0
    assert (tmp_path / "runbook.md").read_text() == runbook


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"docs/runbook\.md has no lines"):
        docs.between_marks("# Runbook", "errors", "table", "runbook.md")


def test_a_key_without_a_sentence_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = type("Silent", (Strict,), {"__annotations__": {"key": str}, "__doc__": "x", "__module__": __name__})
    monkeypatch.setattr(yaml_reference, "FILES", (("file.yaml", model),))
    with pytest.raises(PlatformBug, match=r"Silent\.key has no sentence"):
        yaml_reference.render()


def test_every_table_of_the_platform_is_described() -> None:
    sources = [*(ROOT / "include/warehouse/migrations").glob("*.sql"), ROOT / "include/warehouse/migrate.py"]
    tables = {
        name
        for path in sources
        for name in re.findall(r"create table (?:if not exists )?platform\.(\w+)", path.read_text())
    }
    page = (ROOT / "docs/architecture.md").read_text()
    assert tables
    assert {name for name in tables if f"| `{name}` |" not in page} == set()


def test_every_reason_of_the_quarantine_is_explained() -> None:
    table = (ROOT / "docs/runbook.md").read_text().partition("| reason | what it means |")[2].partition("\n\n")[0]
    known = {
        reason.strip()
        for row in table.splitlines()
        if row.startswith("| ")
        for reason in row[2:].split("|")[0].split(", ")
    }
    # A reason may hold a comma itself.
    known |= {row[2:].split("|")[0].strip() for row in table.splitlines() if row.startswith("| ")}
    assert len(landing_reasons()) >= 4
    assert (mapping_reasons() | landing_reasons()) - known == set()


def test_the_retries_that_the_runbook_promises() -> None:
    waits = [min(failure.FIRST_WAIT * 3**number, failure._LONGEST_WAIT) for number in range(failure.RETRIES)]
    minutes = sum(wait.total_seconds() for wait in waits) / 60
    assert (failure.RETRIES, round(minutes)) == (5, 20)
    assert "yes, 5 times in about 20 minutes" in docs.error_table()
