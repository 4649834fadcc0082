"""What `connector new` writes works at once: the kit's checks, the suite of every connector, dbt's unit tests."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from include.kit.scaffold.plan import AUTHS, PAGINGS
from include.spec.objects import OBJECTS
from tests.kit.checkout import cli, copy_to, python

WHOLE = "ninth"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with a connector that has every object."""
    folder = copy_to(tmp_path_factory.mktemp("checkout"))
    done = new(folder, WHOLE, "basic", "page_number", ",".join(OBJECTS))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def new(folder: Path, name: str, auth: str, paging: str, objects: str) -> subprocess.CompletedProcess[str]:
    words = ["--title", f"The {name}", "--auth", auth, "--paging", paging, "--objects", objects]
    return cli(folder, "connector", "new", name, *words)


@pytest.mark.requirement("F7")
def test_it_is_green_and_registered(copy: Path) -> None:
    done = cli(copy, "connector", "check", WHOLE)
    assert done.returncode == 0, done.stdout
    assert "RED" not in done.stdout
    assert f"'{WHOLE}'" in (copy / "dbt_project" / "macros" / "mapped_by.sql").read_text()
    assert cli(copy, "docs", "--check").returncode == 0


@pytest.mark.requirement("F7", "R17")
@pytest.mark.timeout(240)
def test_it_passes_the_suite_of_every_connector(copy: Path) -> None:
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/connectors", "tests/sandbox/test_sandbox_kit.py"]
    done = python(copy, [*words, "-k", f"connectors or {WHOLE}"], {"CONNECTORS": WHOLE})
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r"\d+ passed", done.stdout)


@pytest.mark.parametrize(("auth", "paging"), [*zip(AUTHS[1:], PAGINGS[1:], strict=False), ("basic", "none")])
def test_each_way_of_calling_works(copy: Path, auth: str, paging: str) -> None:
    name = f"by_{paging}"
    assert new(copy, name, auth, paging, "products,sell_orders").returncode == 0
    done = cli(copy, "connector", "check", name)
    assert done.returncode == 0, done.stdout
    tried = cli(copy, "connector", "try", name, "products", "--sandbox", "--limit", "60")
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "0 bad ones on" in tried.stdout
    single = cli(copy, "connector", "try", name, "products", "--sandbox", "--mode", "single", "--remote-id", "7")
    assert "1 records and 0 bad ones" in single.stdout


def test_what_it_writes_is_clean(copy: Path) -> None:
    for words in (["check"], ["format", "--check"]):
        done = python(copy, ["-m", "ruff", *words, f"connectors/{WHOLE}"])
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "objects", "words"),
    [
        ("woocommerce", "products", "there is a connector 'woocommerce' already"),
        ("Shop", "products", "'Shop' is no name"),
        ("shop", "product", "Did you mean 'products'?"),
        ("shop", "", "no object is named"),
    ],
)
def test_what_cannot_be_is_refused(copy: Path, name: str, objects: str, words: str) -> None:
    before = sorted(path.name for path in (copy / "connectors").iterdir())
    done = new(copy, name, "basic", "none", objects)
    assert done.returncode == 1
    assert words in done.stderr
    assert sorted(path.name for path in (copy / "connectors").iterdir()) == before


@pytest.mark.requirement("F6", "F7")
def test_what_is_taken_away_is_found_with_file_and_line(copy: Path) -> None:
    manifest = copy / "connectors" / WHOLE / "manifest.yaml"
    text = manifest.read_text()
    broken = copy / "dbt_project" / "models" / "intermediate" / "products" / f"int_products__{WHOLE}.yml"
    tests = broken.read_text()
    fixture = copy / "connectors" / WHOLE / "fixtures" / "sell_orders.json"
    recorded = fixture.read_text()
    line = text.splitlines().index("  suppliers:") + 1
    try:
        manifest.write_text(re.sub(r"  # .*\n", "", text).replace("deletions: snapshot", "deletions: none"))
        broken.write_text(tests.partition("unit_tests:")[0])
        fixture.write_text(re.sub(r'"city": "X\w+"', '"city": "Utrecht"', recorded))
        (copy / "connectors" / WHOLE / "fixtures" / "suppliers.json").unlink()
        done = cli(copy, "connector", "check", WHOLE)
    finally:
        manifest.write_text(text)
        broken.write_text(tests)
        fixture.write_text(recorded)
        recording = cli(copy, "connector", "record", WHOLE, "suppliers", "--sandbox")
    assert done.returncode == 1
    for words in (
        "stream suppliers has no fixture",
        "fixtures/sell_orders.json:1: is not scrubbed: items.customer.city (address)",
        f"int_products__{WHOLE}.sql:1: no unit test",
        "nothing tells which buy_orders are gone",
        "write the traps beside their keys",
    ):
        assert words in done.stdout
    assert re.search(rf"connectors/{WHOLE}/manifest\.yaml:{line - 3}: stream suppliers has no fixture", done.stdout)
    assert "items.email (e-mail)" in recording.stdout
    assert cli(copy, "connector", "check", WHOLE).returncode == 0
