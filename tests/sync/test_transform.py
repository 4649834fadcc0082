"""The batch of a transform: one webshop's failure is its own, what failed stays, what crashed is taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree

import pytest

from include.contract.errors import PlatformBug, WarehouseDown
from include.sandbox import Running, serve
from include.spec.load import CONFIGS, load_coupling
from include.sync.configs import deploy_configs, deploy_if_changed, ensure_registered
from tests.sync.stage import Stage

SHOP, ERP = "velodrome__woocommerce", "bralex__exact_online"
TRIP = """
create function platform.trip() returns trigger language plpgsql as $$
begin
    if new.webshop_id = (select id from platform.webshops where name = 'bralex') then
        raise exception 'made to fail' using detail = 'a customer''s own words';
    end if;
    return new;
end $$;
create trigger trip before insert or update on optiply.products for each row execute function platform.trip();
"""


@pytest.fixture(scope="module")
def landed(module_stage: Stage) -> Iterator[tuple[Stage, list[Running]]]:
    """Two webshops with news; the tests go on from one another."""
    with ExitStack() as stack:
        shop = stack.enter_context(serve("woocommerce", seed=8, size=60, orders=10))
        limits = {"per_minute": 10**6, "per_day": 10**6}
        company = stack.enter_context(serve("exact_online", seed=8, size=60, orders=10, settings=limits))
        module_stage.coupled(SHOP, shop)
        module_stage.coupled(ERP, company)
        module_stage.pull_every("all")
        yield module_stage, [shop, company]


def rows(stage: Stage, webshop: str) -> int:
    return stage.one(
        "select count(*) from optiply.products p join platform.webshops w on w.id = p.webshop_id where w.name = %s",
        webshop,
    )


def batch(stage: Stage) -> dict[str, int]:
    found = stage.rows(
        "select w.name, count(*) as roots from platform.transform_batch b"
        " join platform.webshops w on w.id = b.webshop_id group by 1"
    )
    return {row["name"]: row["roots"] for row in found}


@pytest.mark.requirement("R1")
def test_a_crash_before_mapping_loses_nothing(landed: tuple[Stage, list[Running]]) -> None:
    stage, _ = landed
    news = stage.one("select count(distinct (object, coupling_id, root_key)) from platform.news")

    def crash(_objects: Sequence[str]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage.transform(run_dbt=crash)
    assert stage.one("select count(*) from platform.news") == 0
    assert sum(batch(stage).values()) == news
    assert stage.row("select outcome from platform.transforms") == {"outcome": None}


@pytest.mark.requirement("F6", "R1")
def test_one_webshops_failure_is_its_own(landed: tuple[Stage, list[Running]]) -> None:
    stage, _ = landed
    stage.connection.execute(TRIP.encode())
    before = batch(stage)
    with pytest.raises(PlatformBug) as raised:
        stage.transform()
    assert "bralex" in raised.value.what
    assert "model products" in raised.value.what
    assert "made to fail" in raised.value.what
    assert "velodrome" not in raised.value.what
    assert "own words" not in raised.value.what, "details quote data"
    assert rows(stage, "velodrome") > 30
    assert rows(stage, "bralex") == 0
    assert batch(stage) == {"bralex": before["bralex"]}
    told = stage.rows("select outcome, error_class, error_text, next_step, acts from platform.transforms order by id")
    assert [row["outcome"] for row in told] == ["failed", "failed"]
    assert told[0]["error_text"] == "the process died"
    assert told[1]["error_text"] == raised.value.what
    assert (told[1]["error_class"], told[1]["acts"]) == ("our bug", "developer")
    each = stage.rows(
        "select w.name, t.outcome, t.error_class, w.last_transform_id is not null as is_seen"
        " from platform.transform_webshops t join platform.webshops w on w.id = t.webshop_id order by w.name"
    )
    assert each == [
        {"name": "bralex", "outcome": "failed", "error_class": "our bug", "is_seen": False},
        {"name": "velodrome", "outcome": "succeeded", "error_class": None, "is_seen": True},
    ]


@pytest.mark.requirement("F6")
def test_news_of_the_others_is_mapped_while_one_fails(landed: tuple[Stage, list[Running]]) -> None:
    stage, (shop, _) = landed
    (key,) = shop.admin.change(seed=1, renamed=1)["renamed"]
    stage.pull(SHOP, "products", "changed")
    with pytest.raises(PlatformBug, match="bralex"):
        stage.transform()
    assert list(batch(stage)) == ["bralex"]
    if shop.world["products"][key].data["type"] == "simple":
        assert "nieuw model" in stage.product(SHOP, key)["name"]
    assert stage.one("select count(*) from optiply.products where name like '%%nieuw model%%' and %s", True) > 0


@pytest.mark.requirement("F4", "F6")
def test_what_stayed_is_mapped_when_the_cause_is_gone(landed: tuple[Stage, list[Running]]) -> None:
    stage, remotes = landed
    for running in remotes:
        running.admin.forget_requests()
    stage.connection.execute("drop trigger trip on optiply.products")
    done = stage.transform()
    assert done.roots > 0
    assert rows(stage, "bralex") > 30
    assert batch(stage) == {}
    assert stage.row("select outcome from platform.transforms order by id desc limit 1") == {"outcome": "succeeded"}
    assert [running.admin.requests() for running in remotes] == [[], []], "mapped from what is kept"


@pytest.mark.requirement("R12", "R3", "F4")
def test_a_changed_setting_is_mapped_from_raw(landed: tuple[Stage, list[Running]], tmp_path: Path) -> None:
    stage, (_, company) = landed
    configs = Path(copytree(CONFIGS, tmp_path / "dag_configs"))
    with stage.platform.connect() as connection:
        assert deploy_configs(connection, configs) == []
        assert stage.one("select count(*) from platform.news") == 0, "the same files are no change"
        assert deploy_if_changed(connection, configs) is False
        yaml = configs / "bralex" / "exact_online.yaml"
        yaml.write_text(yaml.read_text().replace('stock.warehouses: ["1", "2"]', 'stock.warehouses: ["3"]'))
        company.admin.forget_requests()
        ensure_registered(connection, load_coupling("bralex/exact_online.yaml", configs))
        news = stage.one("select count(*) from platform.news where object = 'products'")
        assert news >= 60
        ensure_registered(connection, load_coupling("bralex/exact_online.yaml", configs))
        assert stage.one("select count(*) from platform.news where object = 'products'") == news, "registered once"
        assert deploy_if_changed(connection, configs) is True
    told = stage.rows("select distinct w.name from platform.news n join platform.webshops w on w.id = n.webshop_id")
    assert told == [{"name": "bralex"}]
    others = stage.written()["sell_orders"]
    stage.transform()
    positions = [row.data for row in company.world["stock_positions"] if row.data["WarehouseCode"] == "3"]
    assert positions
    products = stage.rows(
        "select p.remote_id, p.stock_level from optiply.products p"
        " join platform.couplings c on c.id = p.coupling_id where c.name = %s",
        ERP,
    )
    stored = {row["remote_id"]: row["stock_level"] for row in products}
    expected = dict.fromkeys(stored, 0)
    for position in positions:
        if position["ItemId"] in expected:
            expected[position["ItemId"]] += position["CurrentStock"] - position["PlanningOut"]
    assert stored == expected
    assert any(expected.values())
    assert company.admin.requests() == []
    assert stage.written()["sell_orders"] == others


@pytest.mark.requirement("F6")
def test_a_broken_or_absent_file_keeps_what_was_registered(landed: tuple[Stage, list[Running]], tmp_path: Path) -> None:
    stage, _ = landed
    configs = Path(copytree(CONFIGS, tmp_path / "dag_configs"))
    (configs / "velodrome" / "woocommerce.yaml").write_text("coupling: [")
    (configs / "bralex" / "bol_com.yaml").unlink()
    webshop = configs / "bralex" / "webshop.yaml"
    webshop.write_text(webshop.read_text().replace("[exact_online, bol_com]", "exact_online"))
    before = stage.row("select settings, config_hash from platform.couplings where name = %s", SHOP)
    with stage.platform.connect() as connection:
        problems = deploy_configs(connection, configs)
    assert {problem.file for problem in problems} == {"dag_configs/velodrome/woocommerce.yaml"}
    inactive = stage.rows("select name from platform.couplings where not active")
    assert inactive == [{"name": "bralex__bol_com"}]
    assert stage.row("select settings, config_hash from platform.couplings where name = %s", SHOP) == before


@pytest.mark.requirement("R1")
def test_a_database_that_is_away_is_no_bug_of_a_mapping(landed: tuple[Stage, list[Running]]) -> None:
    stage, _ = landed

    def cut(_objects: Sequence[str]) -> None:
        stage.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )

    stage.connection.execute(
        "insert into platform.news (webshop_id, coupling_id, object, root_key)"
        " select webshop_id, id, 'products', 'none' from platform.couplings"
    )
    with pytest.raises(WarehouseDown):
        stage.transform(run_dbt=cut)
    assert sum(batch(stage).values()) > 0
    assert stage.transform(run_dbt=lambda _objects: None).roots > 0
