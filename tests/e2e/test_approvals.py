"""A remote that suddenly answers less: nothing is deleted until a person says so, on Airflow's own page (R16)."""

import json
from typing import Any

import pytest

from include.demo.airflow_api import AirflowApi
from include.tasks.approval_operators import DELETE
from include.tasks.approval_runs import DAG_ID
from tests.e2e.platform import Platform, Run, wait_until

SHOP = "velodrome__woocommerce"
GONE = (
    "select coalesce(array_agg(record_key order by record_key), '{}')"
    " from staging.woocommerce__products where gone_at is not null"
)
DELETED = (
    "select coalesce(array_agg(p.remote_id order by p.remote_id), '{}') from optiply.products p"
    " join platform.couplings c on c.id = p.coupling_id"
    " where c.name = 'velodrome__woocommerce' and p.deleted_at is not null"
)
# A variable product stands in Optiply as its variations.
MADE_OF = (
    "select coalesce(array_agg(p.remote_id), '{}') from optiply.products p"
    " join platform.couplings c on c.id = p.coupling_id"
    " where c.name = 'velodrome__woocommerce' and (p.remote_id = any(%s) or p.remote_id in"
    " (select record_key from staging.woocommerce__variations where root_key = any(%s)))"
)
MAPPED = (
    "select not exists (select from platform.news) and not exists (select from platform.transform_batch)"
    " and not exists (select from platform.transforms where outcome is null)"
)
LISTED = "select array_agg(record_key order by record_key) from platform.approval_records where approval_id = %s"


def answer_only(platform: Platform, share: float) -> None:
    """Let the shop answer the first part of its products and call that all."""
    shop = platform.sandbox("woocommerce")
    shop.admin.clear_faults()
    served = [row for row in shop.records("products") if row["status"] != "trash"]
    part = json.dumps(served[: int(len(served) * share)])
    shop.admin.fault("status", "/products?", status=200, body=part, times=None)


def pull_and_be_asked(platform: Platform, share: float) -> tuple[int, Run]:
    """Pull everything from a shop that answers a part; return the approval's number and the run that carries it."""
    answer_only(platform, share)
    pull = platform.trigger(SHOP, "products", mode="all")
    platform.ends_well(pull)
    number = platform.stage.one("select max(id) from platform.approvals where state = 'waiting'")
    assert f"approval {number} waits for a person's answer" in platform.log(pull, "pull_products")[-1]
    run = Run(DAG_ID, f"approval_{number}")
    wait_until(lambda: platform.states(run).get("ask") == "awaiting_input", "the question", 30)
    return number, run


def question(platform: Platform, run: Run) -> dict[str, Any]:
    details: list[dict[str, Any]] = platform.api.call("GET", f"{run.path}/hitlDetails")["hitl_details"]
    (found,) = details
    return found


def answer(platform: Platform, run: Run, chosen: str) -> None:
    """Answer as the user `support` does with a click."""
    settings = platform.machine.settings
    with AirflowApi(settings.address, settings.passwords_file, "support") as support:
        body = {"chosen_options": [chosen], "params_input": {}}
        support.call("PATCH", f"{run.path}/taskInstances/ask/-1/hitlDetails", body)
    platform.ends_well(run)


def know_the_catalogue(platform: Platform) -> None:
    """Have the shop's products landed and mapped, unless another test did so."""
    if not platform.stage.one("select exists (select from staging.woocommerce__products)"):
        platform.ends_well(platform.trigger(SHOP, "products", mode="all"))
    wait_until(lambda: platform.stage.one(MAPPED), "the transform", 90)


@pytest.mark.requirement("R16", "R8", "F1")
def test_a_person_deletes_what_a_pull_of_everything_missed(platform: Platform) -> None:
    """Keeping it is done by a click in test_screens."""
    know_the_catalogue(platform)
    gone, deleted = platform.stage.one(GONE), platform.stage.one(DELETED)

    number, overtaken = pull_and_be_asked(platform, 0.4)
    listed = platform.stage.one(LISTED, number)
    asked = question(platform, overtaken)
    assert f"Velodrome Fietsen: WooCommerce: delete {len(listed)} of " in asked["subject"]
    assert sum(f"| {key} |" in asked["body"] for key in listed) == min(len(listed), 50)
    assert f"./run cli approvals show {number}" in asked["body"]

    number, run = pull_and_be_asked(platform, 0.3)
    assert platform.finish(overtaken) == "success", "a question that a newer pull replaced waits no longer"
    assert "overtaken" in platform.log(overtaken, "answer", platform.tasks(overtaken)["answer"]["try_number"])[-1]
    listed = platform.stage.one(LISTED, number)
    assert (platform.stage.one(GONE), platform.stage.one(DELETED)) == (gone, deleted)
    answer(platform, run, DELETE)
    assert f"by support: {len(listed)} of {len(listed)} records deleted" in platform.log(run, "answer")[-1]
    assert platform.stage.one(GONE) == sorted([*gone, *listed])
    expected = sorted({*deleted, *platform.stage.one(MADE_OF, listed, listed)})
    assert len(expected) > len(deleted) + 50
    wait_until(lambda: platform.stage.one(DELETED) == expected, "the transform", 60)

    platform.clear_faults()
    platform.ends_well(platform.trigger(SHOP, "products", mode="all"))
    wait_until(lambda: platform.stage.one(DELETED) == deleted, "the products to be back", 60)
