"""What the YAML files of the dbt project describe, read without dbt: pytest collects before anything runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "dbt_project"


@dataclass(frozen=True)
class Described:
    """A unit test as it stands in a file; `file` is relative to the checkout."""

    model: str
    name: str
    file: str


def unit_tests() -> Iterator[Described]:
    for path in sorted(PROJECT.glob("models/**/*.yml")):
        content = yaml.load(path.read_text(), Loader=yaml.CSafeLoader) or {}
        for test in content.get("unit_tests") or []:
            yield Described(test["model"], test["name"], path.relative_to(ROOT).as_posix())
