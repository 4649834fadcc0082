"""One webshop with two systems: Exact Online knows the products, Picqer the stock; they meet by SKU."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from include.sandbox import Running, serve
from include.warehouse.explain import explain
from tests.sync.stage import Stage

ERP, DEPOT = "acme__exact_online", "acme__picqer"
SEED, SIZE = 6, 40
WEBSHOP = """\
webshop: acme
title: Acme
time_zone: Europe/Amsterdam
owners: {products: exact_online}
consolidation:
  products:
    match_key: sku
    contributors: [picqer]
    fields:
      stock_level: [picqer, exact_online]
"""
EXACT = """\
coupling: acme__exact_online
connector: exact_online
role: primary
objects: {products: {}}
settings: {division: 441609}
"""
PICQER = """\
coupling: acme__picqer
connector: picqer
role: primary
objects: {products: {}}
"""
pytestmark = [pytest.mark.requirement("R5", "R10", "R12", "F4")]


def written(folder: Path, webshop: str) -> Path:
    (folder / "acme").mkdir(parents=True, exist_ok=True)
    for name, text in {"webshop": webshop, "exact_online": EXACT, "picqer": PICQER}.items():
        (folder / "acme" / f"{name}.yaml").write_text(text)
    return folder


def stocks(stage: Stage) -> dict[str, int]:
    rows = stage.rows("select sku_code, stock_level from optiply.products where deleted_at is null")
    return {row["sku_code"]: row["stock_level"] for row in rows}


def stock_winners(stage: Stage) -> set[str]:
    rows = stage.rows(
        "select distinct c.name from platform.winners w"
        " join platform.couplings c on c.id = (w.winners ->> 'stock_level')::int where w.object = 'products'"
    )
    return {row["name"] for row in rows}


def told_of_stock(stage: Stage, sku: str, winner: str) -> None:
    """The explanation names both couplings' word for the stock, and whose stands."""
    with stage.platform.connect() as connection:
        found = explain(connection, "acme", "products", sku)
    field = next(field for field in found.fields if field.name == "stock_level")
    assert (set(field.said), field.winner) == ({ERP, DEPOT}, winner)
    assert field.stored == field.said[winner]
    assert {source.coupling for source in found.sources} == {ERP, DEPOT}


def in_erp(company: Running) -> dict[str, int]:
    """What Exact says of each product that it buys."""
    sums: dict[str, Decimal] = {}
    for position in company.world["stock_positions"]:
        left = Decimal(str(position.data["CurrentStock"])) - Decimal(str(position.data["PlanningOut"]))
        sums[position.data["ItemCode"]] = sums.get(position.data["ItemCode"], Decimal(0)) + left
    return {code: int(total // 1) for code, total in sums.items()}


def test_base_data_of_one_system_and_stock_of_another(stage: Stage, tmp_path: Path) -> None:
    with ExitStack() as stack:
        limits = {"per_minute": 10**6, "per_day": 10**6}
        company = stack.enter_context(serve("exact_online", seed=SEED, size=SIZE, orders=1, settings=limits))
        depot = stack.enter_context(serve("picqer", seed=SEED, size=SIZE, orders=1))
        kept = {}
        for row in list(depot.world["products"]):
            if row.data["type"] == "normal":
                kept[row.data["productcode"]] = 1000 + int(row.data["idproduct"])
                level = {"idwarehouse": 18, "freestock": kept[row.data["productcode"]]}
                depot.world["products"].change(row.key, stock=[level])
        assert stage.configure(written(tmp_path, WEBSHOP)) == []
        for coupling, running in ((ERP, company), (DEPOT, depot)):
            stage.coupled(coupling, running)
            stage.pull(coupling, "products")
        stage.transform()
        ids = {row["remote_id"]: row["id"] for row in stage.rows("select id, remote_id from optiply.products")}
        assert set(ids) <= {row.key for row in company.world["items"]}, "rows are Exact's, Picqer makes none"
        merged = {code: level for code, level in stocks(stage).items() if code in kept}
        assert len(merged) > SIZE / 3
        assert merged == {code: kept[code] for code in merged}
        assert DEPOT in stock_winners(stage)
        told_of_stock(stage, next(iter(merged)), DEPOT)

        for running in (company, depot):
            running.admin.forget_requests()
        assert (
            stage.configure(written(tmp_path, WEBSHOP.replace("[picqer, exact_online]", "[exact_online, picqer]")))
            == []
        )
        stage.transform()
        assert stock_winners(stage) == {ERP}
        told_of_stock(stage, next(iter(merged)), ERP)
        erp = in_erp(company)
        again = {code: level for code, level in stocks(stage).items() if code in merged and code in erp}
        assert again == {code: erp[code] for code in again}
        assert len(again) > SIZE / 4
        assert {row["remote_id"]: row["id"] for row in stage.rows("select id, remote_id from optiply.products")} == ids
        assert (company.admin.requests(), depot.admin.requests()) == ([], []), "mapped again without asking anyone"
