"""Overrides of a coupling (R18) on landed records: both ways, from raw, and no other coupling is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from include.sandbox import Running, serve
from include.spec.load import CONFIGS
from tests.sync.stage import Stage

ERP = "bralex__exact_online"
OVERRIDDEN = """\
  products:
    skip_columns: [ean_code, price]
    columns:
      stock_level: stock_level * 2 if status == 'enabled' else 0
      article_code: concat('{{ 50 %s }}', ' ', int_to_string(length(raw.items.Code)))
      name: upper(raw.items.Description)
      assembled: true
"""
REASON = "the override gives no value"
MAPPED = ("name", "sku_code", "article_code", "ean_code", "price", "stock_level", "status", "assembled")


@pytest.fixture(scope="module")
def landed(module_stage: Stage) -> Iterator[tuple[Stage, Running]]:
    with ExitStack() as stack:
        limits = {"per_minute": 10**6, "per_day": 10**6}
        company = stack.enter_context(serve("exact_online", seed=8, size=60, orders=10, settings=limits))
        module_stage.coupled(ERP, company)
        module_stage.pull_every("all")
        module_stage.transform()
        company.admin.forget_requests()
        yield module_stage, company


@pytest.fixture
def configured(landed: tuple[Stage, Running], tmp_path: Path) -> Callable[[str], None]:
    """Puts another `products` into the coupling's file, and maps what that makes news."""
    stage, _ = landed
    configs = Path(copytree(CONFIGS, tmp_path / "dag_configs"))
    yaml = configs / "bralex" / "exact_online.yaml"
    original = yaml.read_text()

    def configure(products: str) -> None:
        yaml.write_text(original.replace("  products: {}\n", products))
        assert stage.configure(configs) == []
        stage.transform()

    return configure


def products(stage: Stage) -> dict[str, dict[str, Any]]:
    rows = stage.rows(
        "select p.* from optiply.products p join platform.couplings c on c.id = p.coupling_id where c.name = %s", ERP
    )
    return {row["remote_id"]: {name: row[name] for name in MAPPED} for row in rows}


@pytest.mark.requirement("R18", "F4")
def test_an_override_takes_effect_and_is_taken_back(
    landed: tuple[Stage, Running], configured: Callable[[str], None]
) -> None:
    stage, company = landed
    before = products(stage)
    assert all(any(row[name] for row in before.values()) for name in ("stock_level", "ean_code", "price"))
    items = {
        row["record_key"]: row["payload"]
        for row in stage.rows("select record_key, payload from staging.exact_online__items")
    }
    configured(OVERRIDDEN)
    after = products(stage)
    assert after.keys() == before.keys()
    for key, row in before.items():
        assert after[key] == {
            **row,
            "stock_level": row["stock_level"] * 2 if row["status"] == "enabled" else 0,
            "article_code": f"{{{{ 50 %s }}}} {len(items[key]['Code'])}",
            "name": " ".join(items[key]["Description"].upper().split("\n")).strip(),
            "assembled": True,
        }, "ean_code and price stay: they are skipped, and stock is overridden"
    lines = stage.rows("select column_name, line from platform.overrides order by line")
    assert {row["column_name"] for row in lines} == {
        "ean_code",
        "price",
        "stock_level",
        "article_code",
        "name",
        "assembled",
    }
    configured("  products: {}\n")
    assert products(stage) == before
    assert stage.rows("select * from platform.overrides") == []
    assert company.admin.requests() == [], "mapped from what has landed"


@pytest.mark.requirement("R18")
@pytest.mark.rule("B19")
def test_a_value_that_an_override_takes_away_is_told(
    landed: tuple[Stage, Running], configured: Callable[[str], None]
) -> None:
    stage, _ = landed
    before = products(stage)
    configured("  products: {columns: {stock_level: string_to_number(name), price: price / 0}}\n")
    assert products(stage) == before, "nothing is overwritten by nothing"
    told = stage.problems(ERP)
    for field, severity in (("stock_level", "blocked"), ("price", "warning")):
        found = {
            row["remote_id"]
            for row in told
            if (row["field"], row["severity"], row["reason"]) == (field, severity, REASON)
        }
        assert found >= {key for key, row in before.items() if row[field]}
        assert found
    configured("  products: {}\n")
    assert REASON not in {row["reason"] for row in stage.problems(ERP)}
