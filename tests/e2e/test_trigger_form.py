"""What support types into the trigger form: it does exactly that, and refuses what makes no sense."""

from datetime import UTC, datetime, timedelta

import pytest

from include.demo.airflow_api import AirflowRefused
from tests.e2e.platform import Platform

SHOP = "velodrome__woocommerce"


@pytest.mark.requirement("R8", "R3")
def test_only_the_ticked_objects_are_pulled(platform: Platform) -> None:
    run = platform.trigger(SHOP, "sell_orders", mode="changed")
    platform.ends_well(run)
    assert platform.states(run) == {"pull_products": "skipped", "pull_sell_orders": "success", "done": "success"}
    assert platform.log(run, "pull_products") == ["SKIPPED: products is not part of this run"]


@pytest.mark.requirement("R8")
def test_mode_single_asks_the_remote_for_that_one_record(platform: Platform) -> None:
    shop = platform.sandbox("woocommerce")
    wanted = next(row["id"] for row in shop.records("products") if row["type"] == "simple")
    shop.admin.forget_requests()
    run = platform.trigger(SHOP, "products", mode="single", remote_id=f" {wanted} ")
    platform.ends_well(run)
    assert [request["path"] for request in shop.admin.requests()] == [f"/wp-json/wc/v3/products/{wanted}"]


@pytest.mark.requirement("R8")
def test_mode_changed_takes_the_time_that_is_typed_in(platform: Platform) -> None:
    shop = platform.sandbox("woocommerce")
    shop.admin.forget_requests()
    since = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    run = platform.trigger(SHOP, "sell_orders", mode="changed", since=since.isoformat())
    platform.ends_well(run)
    asked = {request["query"]["modified_after"] for request in shop.admin.requests()}
    assert asked == {since.strftime("%Y-%m-%dT%H:%M:%S")}


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"objects": ["buy_orders"]}, "buy_orders"),
        ({"objects": []}, "objects"),
        ({"mode": "everything"}, "everything"),
        ({"since": "yesterday"}, "yesterday"),
        ({"remote_id": 17}, "17"),
    ],
)
def test_a_wrong_form_is_refused_in_words(platform: Platform, form: dict[str, object], words: str) -> None:
    with pytest.raises(AirflowRefused) as refused:
        platform.api.trigger(f"{SHOP}__extract", form)
    assert refused.value.status in (400, 422)
    assert words in refused.value.text


@pytest.mark.requirement("R8", "R1")
def test_fields_that_do_not_go_together_fail_the_run_in_words(platform: Platform) -> None:
    """Airflow checks each field of a form on its own."""
    shop = platform.sandbox("woocommerce")
    shop.admin.forget_requests()
    runs = {
        platform.trigger(SHOP, "products", mode="single"): "no remote id is filled in",
        platform.trigger(SHOP, "products", mode="changed", remote_id="12"): "Trigger again with mode 'One record'",
        platform.trigger(SHOP, "products", "sell_orders", mode="single", remote_id="12"): "only the record's object",
    }
    for run, words in runs.items():
        assert platform.finish(run) == "failed"
        reason, advice = platform.log(run, "pull_products")[-2:]
        assert reason.startswith("FAILED (configuration): ")
        assert words in f"{reason} {advice}"
    assert shop.admin.requests() == []
