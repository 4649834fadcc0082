"""The schemas that editors read accept every YAML file of the repository, and refuse what the models refuse."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from include.cli import json_schema
from include.spec.load import ROOT

FOLDERS = (ROOT / "dag_configs", ROOT / "tests" / "oracle" / "couplings")
FILES = {
    "manifest": sorted((ROOT / "connectors").glob("*/manifest.yaml")),
    "webshop": [path for folder in FOLDERS for path in sorted(folder.glob("*/webshop.yaml"))],
    "coupling": [path for folder in FOLDERS for path in sorted(folder.glob("*/*.yaml")) if path.stem != "webshop"],
}
WOO = yaml.safe_load((ROOT / "connectors" / "woocommerce" / "manifest.yaml").read_text())
COUPLING = yaml.safe_load((ROOT / "dag_configs" / "bralex" / "exact_online.yaml").read_text())


@pytest.fixture(scope="module")
def validators() -> dict[str, Draft202012Validator]:
    schemas = {name.partition(".")[0]: json.loads(text) for name, text in json_schema.pages().items()}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    return {kind: Draft202012Validator(schema) for kind, schema in schemas.items()}


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("kind", FILES)
def test_every_file_is_valid(validators: dict[str, Draft202012Validator], kind: str) -> None:
    assert FILES[kind], "no file to validate"
    found = {
        str(path.relative_to(ROOT)): [f"{list(error.path)}: {error.message[:200]}" for error in errors]
        for path in FILES[kind]
        if (errors := list(validators[kind].iter_errors(yaml.safe_load(path.read_text()))))
    }
    assert not found


WRONG: dict[str, tuple[str, tuple[Any, ...], Any]] = {
    "unknown key of a manifest": ("manifest", ("settinsg",), {}),
    "unknown key of a stream": ("manifest", ("streams", "orders", "pth"), "/orders"),
    "unknown default": ("manifest", ("defaults", "keys"), ["id"]),
    "unknown key of a paging": ("manifest", ("defaults", "paging", "siez"), 100),
    "unknown paging": ("manifest", ("defaults", "paging", "type"), "pages"),
    "unknown object": ("manifest", ("objects", "product"), {"streams": ["products"]}),
    "number as text": ("manifest", ("defaults", "paging", "size"), "100"),
    "unknown class of errors": ("manifest", ("client", "errors", 0, "error_class"), "outh"),
    "unknown key of a coupling": ("coupling", ("schedule",), []),
    "unknown column": ("coupling", ("objects", "products", "columns"), {"stok_level": 1}),
    "column that may not be skipped": ("coupling", ("objects", "products", "skip_columns"), ["name"]),
    "lines of products": ("coupling", ("objects", "products", "lines"), {}),
    "unknown column of lines": ("coupling", ("objects", "sell_orders", "lines"), {"columns": {"price": 1}}),
    "unknown setting": ("coupling", ("settings", "devision"), 5),
    "setting of another type": ("coupling", ("settings", "division"), "441609"),
    "setting outside its choices": ("coupling", ("settings", "supplier_products.price"), "cheap"),
    "object that the system does not have": ("coupling", ("connector",), "bol_com"),
    "unknown role": ("coupling", ("role",), "main"),
}


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_fails(validators: dict[str, Draft202012Validator], case: str) -> None:
    kind, path, value = WRONG[case]
    document = copy.deepcopy(WOO if kind == "manifest" else COUPLING)
    assert validators[kind].is_valid(document)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not validators[kind].is_valid(document)


@pytest.mark.requirement("F6")
def test_a_required_setting_and_a_required_key_are_asked_for(validators: dict[str, Draft202012Validator]) -> None:
    lacking = {key: value for key, value in COUPLING.items() if key != "settings"}
    assert not validators["coupling"].is_valid(lacking)
    whole = copy.deepcopy(WOO)
    del whole["defaults"]
    assert not validators["manifest"].is_valid(whole), "without defaults each stream needs its key"


@pytest.mark.requirement("F6")
def test_every_key_has_its_sentence() -> None:
    lacking = [
        f"{file}: {'.'.join(place)}"
        for file, text in json_schema.pages().items()
        for place, node in _keys(json.loads(text), ())
        if not node.get("description")
    ]
    assert not lacking


def _keys(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each key that a model defines; what stands in a condition refines one that has its sentence."""
    if not isinstance(node, dict):
        return
    for name, inside in node.get("properties", {}).items():
        yield (*place, name), inside
    for name, definition in node.get("$defs", {}).items():
        yield from _keys(definition, (*place, name))


@pytest.mark.requirement("F6")
def test_editors_are_told_which_file_has_which_schema() -> None:
    told = json.loads((ROOT / ".vscode" / "settings.json").read_text())["yaml.schemas"]
    assert {Path(name).name for name in told} == set(json_schema.pages())
