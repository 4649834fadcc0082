"""`./run cli mapping diff`: what a changed setting or model would do, found out beside the warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree

import pytest

from include.cli.__main__ import main
from include.cli.mapping_text import lines
from include.contract.errors import Misconfigured, PlatformBug
from include.sandbox import Running, serve
from include.spec.load import CONFIGS
from include.spec.problems import ConfigError
from include.sync.dbt import PROJECT
from include.sync.preview import Checkout, Chosen, Preview, preview
from include.warehouse.difference import ProblemDifference, Row, TableDifference
from include.warehouse.scratch import scratch_database
from tests.sync.stage import Stage

ERP, SHOP = "bralex__exact_online", "velodrome__woocommerce"
BRALEX = Chosen(("bralex",), rows=1000)
pytestmark = pytest.mark.requirement("F4")


@pytest.fixture(scope="module")
def synced(module_stage: Stage) -> Iterator[tuple[Stage, list[Running]]]:
    """Two webshops pulled and mapped; no test changes them."""
    with ExitStack() as stack:
        limits = {"per_minute": 10**6, "per_day": 10**6}
        company = stack.enter_context(serve("exact_online", seed=8, size=60, orders=10, settings=limits))
        shop = stack.enter_context(serve("woocommerce", seed=8, size=60, orders=10))
        module_stage.coupled(ERP, company)
        module_stage.coupled(SHOP, shop)
        module_stage.pull_every("all")
        module_stage.transform()
        for running in (company, shop):
            running.admin.forget_requests()
        yield module_stage, [company, shop]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, synced: tuple[Stage, list[Running]]) -> Path:
    """Where all of these tests, and the command, keep what dbt has parsed."""
    return tmp_path_factory.mktemp("targets") / f"optiply-dbt-{synced[0].connection.info.dbname}_preview_1"


def copies(stage: Stage) -> list[str]:
    """Return the databases that previews of this warehouse have made."""
    query = "select datname from pg_database where starts_with(datname, current_database() || %s) order by 1"
    return [row["datname"] for row in stage.rows(query, "_preview_")]


def previewed(synced: tuple[Stage, list[Running]], checkout: Checkout, chosen: Chosen = BRALEX) -> Preview:
    """Preview, and prove that neither the warehouse nor a remote took part."""
    stage, remotes = synced
    rows, writes = stage.written(), stage.writes()
    quarantine = stage.rows("select id, xmin::text from platform.quarantine order by id")
    try:
        return preview(stage.dsn, chosen, checkout)
    finally:
        assert (stage.written(), stage.writes()) == (rows, writes)
        assert stage.rows("select id, xmin::text from platform.quarantine order by id") == quarantine
        assert stage.rows("select distinct outcome from platform.transforms") == [{"outcome": "succeeded"}]
        assert stage.one("select count(*) from platform.news") == 0
        assert [running.admin.requests() for running in remotes] == [[], []]
        assert copies(stage) == []


def test_an_unchanged_checkout_changes_nothing(synced: tuple[Stage, list[Running]], target: Path) -> None:
    stage, _ = synced
    found = previewed(synced, Checkout(target=target), Chosen())
    assert found.roots > 100
    assert (found.tables, found.problems, found.elsewhere, found.lines_left) == ([], [], 0, 0)
    assert not found.has_changes
    assert found.webshops == [row["name"] for row in stage.rows("select name from platform.webshops order by 1")]


def test_the_command_shows_what_a_setting_changes(
    synced: tuple[Stage, list[Running]],
    target: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, (company, _) = synced
    configs = Path(copytree(CONFIGS, tmp_path / "dag_configs"))
    yaml = configs / "bralex" / "exact_online.yaml"
    text = yaml.read_text().replace('stock.warehouses: ["1", "2"]', 'stock.warehouses: ["3"]')
    yaml.write_text(text.replace("suppliers.emails: true", "suppliers.emails: false"))
    monkeypatch.setenv("DBT_TARGET_FOLDER", str(target.parent))
    words = ["--coupling", ERP, "--object", "products", "--rows", "1000", "--configs", str(configs)]
    before = stage.written()
    assert main(["mapping", "diff", *words, "--json", "--fail-on-change"]) == 1
    assert stage.written() == before
    found = json.loads(capsys.readouterr().out)
    query = "select remote_id, stock_level from optiply.products where coupling_id = (select id from platform.couplings"
    old = {row["remote_id"]: row["stock_level"] for row in stage.rows(query + " where name = %s)", ERP)}
    new = dict.fromkeys(old, 0)
    for position in (row.data for row in company.world["stock_positions"]):
        if position["WarehouseCode"] == "3" and position["ItemId"] in new:
            new[position["ItemId"]] += position["CurrentStock"] - position["PlanningOut"]
    expected = {key: {"stock_level": [old[key], new[key]]} for key in old if old[key] != new[key]}
    assert expected
    (products,) = found["tables"]
    assert products["table"] == "products"
    assert products["counts"] == {ERP: {"updated": len(expected)}}
    assert {row["remote_id"]: row["fields"] for row in products["rows"]} == expected
    assert found["elsewhere"] == 0, "null never overwrites an address (B19)"


def changed_project(folder: Path, name: str, *edits: tuple[str, str]) -> Path:
    """Return the dbt project, copied into the folder once, with a model changed."""
    project = folder / "dbt_project"
    if not project.exists():
        copytree(PROJECT, project)
    (model,) = project.glob(f"models/**/{name}.sql")
    text = model.read_text()
    for old, new in edits:
        assert text.count(old) == 1
        text = text.replace(old, new)
    model.write_text(text)
    return project


def test_a_changed_model_shows_what_comes_changes_and_goes(
    synced: tuple[Stage, list[Running]], target: Path, tmp_path: Path
) -> None:
    stage, (company, _) = synced
    accounts = {str(row.data["ID"]): row.data for row in company.world["accounts"]}
    suppliers = {
        row["remote_id"]: row["name"]
        for row in stage.rows("select remote_id, name from optiply.suppliers where deleted_at is null order by 1")
    }
    others = sorted(set(accounts) - set(suppliers))
    gone, held, *renamed = suppliers
    assert others
    assert renamed
    changed_project(
        tmp_path,
        "int_sell_order_lines__exact_online",
        ("lines.quantity *", "2 * lines.quantity *"),
    )
    project = changed_project(
        tmp_path,
        "int_suppliers__exact_online",
        ("    accounts.name,", "    upper(accounts.name) as name,"),
        ("where accounts.is_supplier", f"where accounts.record_key <> '{gone}'"),
        (
            "cast('{}' as text[]) as problems",
            f"case when accounts.record_key = '{held}' then array['blocked|name|on trial'] else '{{}}' end as problems",
        ),
    )
    found = previewed(synced, Checkout(project=project, target=target))
    (table,) = (table for table in found.tables if table.table == "suppliers")
    rows = {kind: {row.remote_id: row for row in table.rows if row.kind == kind} for kind in table.counts[ERP]}
    assert {kind: len(found) for kind, found in rows.items()} == table.counts[ERP]
    assert sorted(rows["inserted"]) == others
    assert rows["inserted"][others[0]].fields["name"] == (None, accounts[others[0]]["Name"].upper())
    assert list(rows["deleted"]) == [gone]
    assert rows["deleted"][gone].fields == {"ignored": (False, True)}
    assert {key: row.fields for key, row in rows["updated"].items()} == {
        key: {"name": (suppliers[key], suppliers[key].upper())} for key in renamed
    }
    (problem,) = (problem for problem in found.problems if problem.reason == "on trial")
    assert (problem.coupling, problem.severity, problem.appears, problem.goes) == (ERP, "blocked", 1, 0)
    assert problem.remote_ids == [held]
    assert "sell_order_lines" not in {table.table for table in found.tables}
    assert found.lines_left == stage.one(
        "select count(*) from optiply.sell_order_lines l join platform.couplings c on c.id = l.coupling_id"
        " where c.name = %s",
        ERP,
    )
    assert found.lines_left > 0


def test_a_broken_model_is_named_and_the_copy_goes(
    synced: tuple[Stage, list[Running]], target: Path, tmp_path: Path
) -> None:
    project = changed_project(
        tmp_path, "int_suppliers__exact_online", ("    accounts.name,", "    accounts.nome as name,")
    )
    with pytest.raises(PlatformBug, match="int_suppliers__exact_online"):
        previewed(synced, Checkout(project=project, target=target))


def test_a_broken_file_and_an_unknown_webshop_are_named(synced: tuple[Stage, list[Running]], tmp_path: Path) -> None:
    configs = Path(copytree(CONFIGS, tmp_path / "dag_configs"))
    (configs / "bralex" / "bol_com.yaml").write_text("coupling: [")
    with pytest.raises(ConfigError, match="bol_com"):
        previewed(synced, Checkout(configs))
    with pytest.raises(Misconfigured, match="Did you mean 'bralex'"):
        previewed(synced, Checkout(), Chosen(("bralix",)))


def test_what_a_killed_preview_left_is_dropped_and_what_another_uses_is_not(
    synced: tuple[Stage, list[Running]],
) -> None:
    stage, _ = synced
    base = stage.connection.info.dbname
    stage.connection.execute(f"create database {base}_preview_4".encode())
    with (
        stage.platform.connect() as mine,
        stage.platform.connect() as other,
        scratch_database(mine, "preview") as first,
    ):
        assert copies(stage) == [first]
        with scratch_database(other, "preview") as second:
            assert copies(stage) == sorted([first, second])
        assert copies(stage) == [first]
    assert copies(stage) == []


def test_people_read_counts_first_and_then_rows() -> None:
    rows = [
        Row(ERP, "7", "Glazen kaars grijs", "updated", {"stock_level": (144, 0), "price": (None, 12.5)}),
        Row(ERP, "8", None, "inserted", {"name": (None, "x" * 70)}),
    ]
    table = TableDifference("products", {ERP: {"updated": 2, "inserted": 1}}, {"stock_level": 2, "price": 1}, rows)
    problem = ProblemDifference(ERP, "products", "blocked", "name", "missing", 1, 2, ["9"])
    assert list(lines(Preview(["bralex"], 216, 3, [table], [problem], 4, 5), rows=2)) == [
        "Mapped again on a copy: bralex, 216 roots. The warehouse is as it was.",
        "3 roots wait for the next transform anyway; what they change is part of this.",
        "",
        "products",
        f"  {ERP}: 1 inserted, 2 updated",
        "  fields: stock_level 2, price 1",
        f"  updated   {ERP} 7  Glazen kaars grijs",
        "      stock_level: 144 -> 0",
        "      price: - -> 12.5",
        f"  inserted  {ERP} 8",
        f"      name: {'x' * 60}…",
        "  … and 1 more (--rows 2)",
        "",
        "Quarantine",
        f"  1 appear, 2 go: {ERP} products, blocked, name: missing",
        "      9, …",
        "",
        "4 stored sell order lines are mapped otherwise now. They stay as they are (B4).",
        "",
        "5 more rows would change, of couplings or objects that were not asked for.",
    ]
