"""A webhook becomes an Optiply row by itself, in a running platform: inbox, trigger, single pull, transform."""

import re

import pytest

from include.demo import webhooks
from tests.e2e.platform import Platform, wait_until


@pytest.mark.requirement("R4", "R12")
def test_a_change_on_the_remote_reaches_the_row_without_anybody_asking(platform: Platform) -> None:
    stage = platform.stage
    platform.ends_well(platform.trigger("velodrome__woocommerce", "products", mode="all"))
    wait_until(lambda: stage.one("select count(*) from optiply.products") > 0, "products")
    told = {config.name: sentence for config, sentence in webhooks.switch_on(stage)}
    assert re.fullmatch(r"\d+ (registered|right)", told["velodrome__woocommerce"]), "now, or when it was activated"
    try:
        # How many seconds it takes is the bench's to say: other tests run beside this one.
        assert webhooks.to_row(stage, 1) > 0
        # The event was worked on by a run that the trigger called for, or by that of the minute.
        event = stage.connection.execute(
            "select e.state, e.topic, p.mode, p.run_id from platform.webhook_events e"
            " join platform.pulls p on p.id = e.pull_id order by e.id desc limit 1"
        ).fetchone()
        assert event is not None
        assert event[:3] == ("done", "product.updated", "single")
        assert platform.api.call("GET", f"dags/drain_webhooks/dagRuns/{event[3]}")["run_type"] in (
            "asset_triggered", "scheduled",
        )  # fmt: skip
    finally:
        for config in stage.couplings:
            if config.connector == webhooks.SHOP:
                webhooks.switch_off(stage, config)
