"""Support's way with a coupling: activate it, hear of refused credentials, mend them, see it catch up."""

import pytest

from tests.e2e.platform import Platform, Run, wait_until

SHOP = "velodrome__woocommerce"
STATE = (
    "select l.state from platform.coupling_life l join platform.couplings c on c.id = l.coupling_id where c.name = %s"
)
PRICES = (
    "select coalesce(jsonb_object_agg(p.remote_id, p.price), '{}') from optiply.products p"
    " join platform.couplings c on c.id = p.coupling_id where c.name = %s and p.remote_id = any(%s)"
)
AUDITED = (
    "select array_agg(a.what order by a.id) from platform.audit a join platform.couplings c on c.id = a.coupling_id"
    " where c.name = %s"
)


@pytest.mark.requirement("R13", "R2", "R8")
def test_activated_stopped_by_refused_credentials_and_caught_up(platform: Platform) -> None:
    run = Run("activate", platform.api.trigger("activate", {"coupling": SHOP}))
    platform.ends_well(run)
    assert platform.stage.one(STATE, SHOP) == "active"
    assert platform.log(run, "schedules")[-1] == "DONE: the schedules are on"
    assert platform.stage.one("select count(*) from optiply.products") > 0
    assert platform.stage.one("select count(*) from optiply.sell_orders") > 0

    held = _refuse(platform)
    changed = platform.sandbox("woocommerce").change(prices=3, seed=11)["prices"]
    before = platform.stage.one(PRICES, SHOP, changed)
    asset = len(_by_asset(platform))
    _connection(platform, held)
    mended = Run("change_coupling", platform.api.trigger("change_coupling", {"coupling": SHOP, "action": "recheck"}))
    platform.ends_well(mended)
    assert platform.stage.one(STATE, SHOP) == "active"
    (caught,) = _started(platform)
    platform.ends_well(Run(f"{SHOP}__extract", caught))
    wait_until(lambda: platform.stage.one(PRICES, SHOP, changed) != before, "the new prices in Optiply")
    wait_until(lambda: len(_by_asset(platform)) > asset, "the transform that its news starts", 20)
    assert platform.stage.one(AUDITED, SHOP)[:4] == ["activate", "activated", "auth_failed", "auth_works"]


def _refuse(platform: Platform) -> str:
    """Let a pull hear that the password is wrong; return the right one."""
    held = str(platform.sandbox("woocommerce").admin.credentials()["password"])
    _connection(platform, "cs_no_longer")
    refused = platform.trigger(SHOP, "products", mode="changed")
    assert platform.finish(refused) == "failed"
    assert any(
        "are stopped until its credentials work again" in line for line in platform.log(refused, "pull_products")
    )
    assert platform.stage.one(STATE, SHOP) == "needs_auth"
    return held


def _connection(platform: Platform, password: str) -> None:
    body = {"connection_id": SHOP, "conn_type": "http", "password": password}
    platform.api.call("PATCH", f"connections/{SHOP}?update_mask=password", body)


def _started(platform: Platform) -> list[str]:
    def look() -> list[str]:
        runs = platform.api.call("GET", f"dags/{SHOP}__extract/dagRuns")["dag_runs"]
        return [run["dag_run_id"] for run in runs if run["dag_run_id"].startswith("catch_up_")]

    return wait_until(look, "a run that catches up", 30)


def _by_asset(platform: Platform) -> list[str]:
    runs = platform.api.call("GET", "dags/transform/dagRuns?run_type=asset_triggered")["dag_runs"]
    return [run["dag_run_id"] for run in runs]
