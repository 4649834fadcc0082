"""`./run cli explain`: where a row comes from, or why there is none, in the words of the answer and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from include.cli.__main__ import main
from include.contract.errors import Misconfigured
from include.sandbox import serve
from include.warehouse.explain import Explanation, explain
from tests.sync.stage import Stage

ERP, MARKET = "bralex__exact_online", "bralex__bol_com"
pytestmark = pytest.mark.requirement("F5")


@pytest.fixture(scope="module")
def told(module_stage: Stage) -> Iterator[tuple[Stage, str]]:
    """A webshop with two systems, in which the stock of one product changed and another was deleted: the id of that."""
    with ExitStack() as stack:
        limits = {"per_minute": 10**6, "per_day": 10**6}
        company = stack.enter_context(serve("exact_online", seed=6, size=60, orders=10, settings=limits))
        limits = {"orders_per_minute": 10**6, "order_per_second": 10**6}
        market = stack.enter_context(serve("bol_com", seed=6, size=60, orders=30, settings=limits))
        module_stage.coupled(ERP, company)
        module_stage.coupled(MARKET, market)
        module_stage.pull_every("all")
        module_stage.transform()
        (gone,) = company.admin.change(seed=2, deleted_products=1)["deleted_products"]
        company.admin.change(seed=1, stock=1)
        module_stage.pull(ERP, "products", "changed")
        module_stage.transform()
        yield module_stage, gone


def of(stage: Stage, table: str, key: str, *, raw: bool = False, coupling: str | None = None) -> Explanation:
    with stage.platform.connect() as connection:
        return explain(connection, "bralex", table, key, raw=raw, coupling=coupling)


def test_a_product_is_told_from_its_documents_to_its_row(told: tuple[Stage, str]) -> None:
    stage, _ = told
    landed = "select root_key from staging.exact_online__stock_positions where superseded_at is not null"
    root = stage.one(landed)
    found = of(stage, "products", root)
    product = stage.product(ERP, root)
    assert (found.coupling, found.remote_id) == (ERP, root)
    assert found.row is not None
    assert found.row["stock_level"] == product["stock_level"]
    assert found.answers == ["It is in Optiply, live."]
    (source,) = found.sources
    assert (source.root_key, source.owns) == (root, 1)
    stock = next(field for field in found.fields if field.name == "stock_level")
    assert (stock.stored, stock.said, stock.winner) == (product["stock_level"], {ERP: product["stock_level"]}, ERP)
    streams = {document.stream for document in found.documents}
    assert {"items", "stock_positions", "sales_item_prices"} <= streams
    position = next(document for document in found.documents if document.kept == 2)
    assert position.stream == "stock_positions"
    assert [version.superseded_at is None for version in position.versions] == [True, False]
    assert position.versions[0].landed_at == position.versions[1].superseded_at
    assert [version.pull is not None and version.pull.endswith(mode)
            for version, mode in zip(position.versions, ("changed", "all"), strict=True)] == [True, True]  # fmt: skip
    assert json.loads(position.payload or "")["ItemId"] == root
    created, last = found.changes
    assert (created.what, last.what) == ("created", "changed last")
    assert created.transform_id < last.transform_id
    assert (last.updated, last.inserted) == (1, 0)


def test_it_is_found_by_sku_ean_and_a_number_of_the_document(told: tuple[Stage, str]) -> None:
    stage, _ = told
    row = stage.rows(
        "select remote_id, sku_code, ean_code from optiply.products where ean_code is not null and deleted_at is null"
        " and platform.gtin(ean_code) in (select platform.gtin(ean_code) from optiply.products group by 1"
        " having count(*) = 1) order by 1 limit 1"
    )[0]
    for key in (row["remote_id"], row["sku_code"].lower(), row["ean_code"].lstrip("0"), f"000{row['ean_code']}"):
        assert of(stage, "products", key).remote_id == row["remote_id"]
    order = stage.rows(
        "select record_key, payload ->> 'OrderNumber' as number from staging.exact_online__sales_orders"
        " join optiply.sell_orders o using (coupling_id) where o.remote_id = record_key limit 1"
    )[0]
    found = of(stage, "sell_orders", order["number"])
    assert [hit.by for hit in found.hits if hit.remote_id == order["record_key"]] == ["a field of sales_orders"]


def test_documents_of_orders_are_withheld_unless_asked_for(told: tuple[Stage, str]) -> None:
    stage, _ = told
    key = stage.one(
        "select o.remote_id from optiply.sell_orders o join platform.couplings c on c.id = o.coupling_id"
        " where c.name = %s order by 1 limit 1",
        ERP,
    )
    found = of(stage, "sell_orders", key)
    assert found.documents
    assert {document.payload for document in found.documents} == {None}
    assert all("personal data" in (document.withheld or "") for document in found.documents)
    assert all(document.payload for document in of(stage, "sell_orders", key, raw=True).documents)


def test_a_supplier_product_names_what_it_refers_to(told: tuple[Stage, str]) -> None:
    stage, _ = told
    row = stage.rows(
        "select sp.remote_id, p.remote_id as product, s.remote_id as supplier from optiply.supplier_products sp"
        " join optiply.products p on p.id = sp.product_id join optiply.suppliers s on s.id = sp.supplier_id"
        " where sp.deleted_at is null order by 1 limit 1"
    )[0]
    found = of(stage, "supplier_products", row["remote_id"])
    assert found.row is not None
    assert (found.row["product_id"], found.row["supplier_id"]) == (row["product"], row["supplier"])
    why = {field.name: field.why for field in found.fields}
    assert why["product_id"] == "found by its remote id"


def test_a_line_without_a_product_says_why_it_waits(
    told: tuple[Stage, str], capsys: pytest.CaptureFixture[str]
) -> None:
    stage, _ = told
    waiting = [row for row in stage.problems(MARKET) if row["object"] == "sell_order_lines"]
    key = waiting[0]["remote_id"]
    found = of(stage, "sell_order_lines", key)
    assert found.row is None
    assert found.answers == [
        "It is not in Optiply.",
        "It is held back by product_id: no match (tried again by each transform).",
    ]
    assert {problem.reason for problem in found.problems if problem.own} == {"no match"}
    assert main(["explain", "bralex", "sell_order_lines", key]) == 0
    said = capsys.readouterr().out
    assert "open: blocked, product_id: no match, tried again by each transform" in said


def test_a_deleted_product_says_since_when(told: tuple[Stage, str]) -> None:
    stage, gone = told
    found = of(stage, "products", gone)
    assert found.answers[0].startswith("It is in Optiply, deleted since ")
    status = next(field for field in found.fields if field.name == "status")
    assert (status.stored, status.why) == ("disabled", "as its deletion left it (B3)")
    assert found.documents[0].versions[0].gone_at is not None
    sku = stage.product(ERP, gone)["sku_code"]
    assert of(stage, "products", sku).remote_id == gone, "codes of deleted rows are looked for as well"


def test_what_is_nowhere_says_who_was_asked_and_when(
    told: tuple[Stage, str], capsys: pytest.CaptureFixture[str]
) -> None:
    stage, _ = told
    found = of(stage, "products", "no such thing")
    assert found.hits == []
    assert "Nothing with the key 'no such thing'" in found.answers[0]
    assert f"{ERP}: pulled last at " in found.answers[1]
    assert main(["explain", "bralex", "products", "no such thing", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["answers"] == found.answers
    with pytest.raises(Misconfigured, match="Did you mean 'bralex'"), stage.platform.connect() as connection:
        explain(connection, "bralix", "products", "1")


def test_landed_and_out_of_reach_of_the_mapping(told: tuple[Stage, str]) -> None:
    stage, _ = told
    customer = stage.one(
        "select record_key from staging.exact_online__accounts a where not exists (select from"
        " mapping.int_suppliers__unioned u where u.remote_id = a.record_key) order by 1 limit 1"
    )
    found = of(stage, "suppliers", customer)
    assert found.answers == [
        "It is not in Optiply.",
        f"It has landed, and the mapping of {ERP} makes no row of suppliers from it.",
    ]
    assert found.documents[0].payload is None, "an account may be a person"


def test_several_records_are_listed(told: tuple[Stage, str], capsys: pytest.CaptureFixture[str]) -> None:
    stage, _ = told
    order = stage.one(
        "select sell_order_id from optiply.sell_order_lines where deleted_at is null group by 1 having count(*) > 1"
        " order by 1 limit 1"
    )
    key = stage.one("select remote_id from optiply.sell_orders where id = %s", order)
    found = of(stage, "sell_order_lines", key)
    assert found.remote_id is None
    assert len(found.hits) > 1
    line = found.hits[0].remote_id
    assert of(stage, "sell_order_lines", line).remote_id == line, "its siblings are not meant"
    assert main(["explain", "bralex", "sell_order_lines", key]) == 0
    assert capsys.readouterr().out.count(f"{found.hits[0].coupling} ") == len(found.hits)


@pytest.mark.requirement("R18")
def test_an_override_is_named_with_its_place(told: tuple[Stage, str]) -> None:
    stage, _ = told
    stage.connection.execute(
        "insert into platform.overrides (coupling_id, object, table_name, column_name, expression, sql, is_skip,"
        " when_empty, file, line) select id, 'products', 'products', 'price', 'price * 2', 'given.price * 2', false,"
        " 'warning', 'dag_configs/bralex/exact_online.yaml', 31 from platform.couplings where name = %s",
        [ERP],
    )
    key = stage.one("select remote_id from optiply.products where deleted_at is null order by 1 limit 1")
    price = next(field for field in of(stage, "products", key).fields if field.name == "price")
    stage.connection.execute("delete from platform.overrides where expression = 'price * 2'")
    assert price.why == "override price * 2 (dag_configs/bralex/exact_online.yaml:31)"
