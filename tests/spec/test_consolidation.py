"""What a webshop's file may say about several sources of one object, and what it is told about a mistake."""

from pathlib import Path

import pytest

from include.spec.consolidation import FIELDS, MATCH_KEYS
from include.spec.load import load_all, load_coupling
from include.sync.configs import row_of
from include.warehouse.registry import FieldRank, Share
from tests.spec.folders import COUPLING, write

pytestmark = [pytest.mark.requirement("R3", "R5", "R10")]
WEBSHOP = """\
webshop: acme
title: Acme
time_zone: Europe/Amsterdam
owners:
  products: [woocommerce, lightspeed_ecom]
  suppliers: lightspeed_ecom
  sell_orders: woocommerce
consolidation:
  products:
    match_key: sku
    contributors: [picqer]
    fields:
      stock_level: [picqer, woocommerce]
  suppliers:
    match_key: name
    contributors: [picqer]
    fields: {emails: [picqer]}
"""
LIGHTSPEED = """\
coupling: acme__lightspeed_ecom
connector: lightspeed_ecom
role: primary
objects: {products: {}, suppliers: {}}
settings: {language: nl}
"""
PICQER = "coupling: acme__picqer\nconnector: picqer\nrole: primary\nobjects: {products: {}, suppliers: {}}\n"


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    folder = tmp_path / "dag_configs"
    return write(
        folder,
        acme__webshop=WEBSHOP,
        acme__woocommerce=COUPLING,
        acme__lightspeed_ecom=LIGHTSPEED,
        acme__picqer=PICQER,
    )


def test_several_sources_are_read_with_their_priorities(configs: Path) -> None:
    assert load_all(configs)[1] == []
    row = row_of(load_coupling("acme/picqer.yaml", configs))
    assert row.shares == (Share("suppliers", 2, makes_rows=False), Share("products", 3, makes_rows=False))
    assert row.field_ranks == (FieldRank("products", "stock_level", 1), FieldRank("suppliers", "emails", 1))
    assert row.match_keys == (("products", "sku"), ("suppliers", "name"))
    shop = row_of(load_coupling("acme/woocommerce.yaml", configs))
    assert shop.shares == (Share("products", 1, makes_rows=True), Share("sell_orders", 1, makes_rows=True))
    assert shop.field_ranks == (FieldRank("products", "stock_level", 2),)


MISTAKES = {
    "unknown object": ("  suppliers:\n    match", "  supplers:\n    match", 14, "supplers", "'suppliers'"),
    "object of one source": (
        "  suppliers:\n    match",
        "  sell_orders:\n    match",
        14,
        "sell_orders",
        "cannot be 'sell_orders'",
    ),
    "unknown key": (
        "contributors: [picqer]\n    fields:\n",
        "contributor: [picqer]\n    fields:\n",
        11,
        "products.contributor",
        "'contributors'",
    ),
    "unknown match key": ("match_key: sku", "match_key: sk", 10, "products.match_key", "'sku'"),
    "match key of the other object": (
        "match_key: sku",
        "match_key: name",
        10,
        "products.match_key",
        "Valid: ean, remote_id, sku",
    ),
    "unknown field": ("stock_level:", "stock_lvel:", 13, "products.fields.stock_lvel", "'stock_level'"),
    "source that takes no part": (
        "[picqer, woocommerce]",
        "[picqer, picker]",
        13,
        "products.fields.stock_level.1",
        "'picqer'",
    ),
    "source twice": ("[picqer, woocommerce]", "[picqer, picqer]", 13, "products.fields.stock_level.1", "twice"),
    "owner that contributes": (
        "[picqer]\n    fields:\n",
        "[picqer, woocommerce]\n    fields:\n",
        11,
        "products.contributors.1",
        "one or the other",
    ),
    "contributor without a field": ("{emails: [picqer]}", "{}", 16, "suppliers.contributors.0", "adds no field"),
    "one source": (
        "    contributors: [picqer]\n    fields: {emails: [picqer]}\n",
        "",
        14,
        "suppliers",
        "has one source",
    ),
    "no owner": ("  suppliers: lightspeed_ecom\n", "", 13, "suppliers", "has no owner"),
    "contributor without a file": (
        "[picqer]\n    fields:\n",
        "[picqer, picker]\n    fields:\n      price: [picker]\n",
        11,
        "products.contributors.1",
        "'picqer'",
    ),
}


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(configs: Path, case: str) -> None:
    old, new, line, key, message = MISTAKES[case]
    assert WEBSHOP.count(old) == 1
    write(configs, acme__webshop=WEBSHOP.replace(old, new))
    told = [problem for problem in load_all(configs)[1] if problem.key == f"consolidation.{key}"]
    assert [problem.line for problem in told] == [line], load_all(configs)[1]
    assert told[0].file == "dag_configs/acme/webshop.yaml"
    assert message in told[0].message


def test_several_owners_need_a_key(configs: Path) -> None:
    write(
        configs,
        acme__webshop=WEBSHOP.replace("suppliers: lightspeed_ecom", "suppliers: [lightspeed_ecom, picqer]").partition(
            "  suppliers:\n    match"
        )[0],
    )
    told = [problem for problem in load_all(configs)[1] if problem.key == "owners.suppliers"]
    assert [(problem.line, "consolidation.suppliers.match_key" in problem.message) for problem in told] == [(6, True)]


def test_a_contributor_has_to_bring_the_object(configs: Path) -> None:
    write(configs, acme__picqer=PICQER.replace("products: {}, ", ""))
    assert [(problem.line, problem.key, problem.message) for problem in load_all(configs)[1]] == [
        (11, "consolidation.products.contributors.0",
         "picqer does not bring products: switch it on there, or take it away here")
    ]  # fmt: skip


@pytest.mark.requirement("R12")
def test_the_hash_of_every_coupling_changes_with_key_priority_and_contributors(configs: Path) -> None:
    before = {config.name: config.config_hash for config in load_all(configs)[0]}
    for old, new in (
        ("match_key: sku", "match_key: ean"),
        ("[picqer, woocommerce]", "[woocommerce, picqer]"),
        ("[woocommerce, lightspeed_ecom]", "[lightspeed_ecom, woocommerce]"),
    ):
        write(configs, acme__webshop=WEBSHOP.replace(old, new))
        after = {config.name: config.config_hash for config in load_all(configs)[0]}
        assert [name for name in before if before[name] == after[name]] == []


def test_the_mappings_know_the_same_fields_and_keys() -> None:
    project = Path(__file__).parents[2] / "dbt_project"
    macro = (project / "macros/consolidated_fields.sql").read_text()
    for name, fields in FIELDS.items():
        block = macro.partition(f"'{name}': {{")[2].partition("}")[0]
        assert tuple(part.split("'")[1] for part in block.split(",") if "'" in part) == fields
        unioned = (project / f"models/intermediate/{name}/int_{name}__unioned.sql").read_text()
        keys = unioned.partition("match_value({")[2].partition("})")[0]
        assert tuple(line.split("'")[1] for line in keys.strip().splitlines()) == MATCH_KEYS[name]
