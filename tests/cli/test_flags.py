"""docs/flags.md names every setting there is, once, and no setting that there is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from include.cli import flags
from include.contract.errors import Misconfigured
from include.spec.load import connector_names, load_manifest


@pytest.mark.requirement("R3")
def test_every_setting_of_every_connector_stands_on_the_page() -> None:
    page = flags.render()
    settings = {key for name in connector_names() for key in load_manifest(name).settings}
    named = {key for listed in flags.flags().values() for flag in listed for key in flag.keys}
    rest = set(re.findall(r"^\| `([a-z_.]+)` \|", page.partition("## Settings beyond section C")[2], re.MULTILINE))
    assert named | rest == settings
    assert not named & rest


@pytest.mark.requirement("R3")
def test_a_default_is_the_manifests() -> None:
    page = flags.render()
    pull_all = next(line for line in page.splitlines() if line.startswith("| pull_all_orders |"))
    for name in connector_names():
        manifest = load_manifest(name)
        setting = manifest.settings.get("sell_orders.pull_all_orders")
        group = rf"`{str(setting.default).lower()}` \([^)]*{manifest.title}" if setting else rf"\([^)]*{manifest.title}"
        assert bool(re.search(group, pull_all)) == bool(setting), manifest.title


def test_a_setting_that_no_connector_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = flags.FILE.read_text().replace("keys: [start_date]", "keys: [begin_date]")
    (tmp_path / "flags.yaml").write_text(given)
    monkeypatch.setattr(flags, "FILE", tmp_path / "flags.yaml")
    with pytest.raises(Misconfigured, match="begin_date"):
        flags.render()


def test_a_flag_without_an_answer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flags.yaml").write_text("Global:\n  - {flag: some, was: [other]}\n")
    monkeypatch.setattr(flags, "FILE", tmp_path / "flags.yaml")
    with pytest.raises(ValueError, match="some has neither"):
        flags.render()
