"""A task process dies in the middle of a pull, as on a machine that ran out of memory."""

import os
import signal
from collections import Counter

import pytest

from tests.e2e.platform import Platform, wait_until

SHOP = "velodrome__woocommerce"


@pytest.mark.requirement("R7")
def test_a_killed_pull_goes_on_where_it_stopped(platform: Platform) -> None:
    shop = platform.sandbox("woocommerce")
    shop.admin.forget_requests()
    shop.admin.fault("slow", "/variations", seconds=0.4, times=None)
    run = platform.trigger(SHOP, "products", mode="all")
    count = (
        "select coalesce(sum(s.pages), 0) from platform.pull_streams s join platform.pulls p on p.id = s.pull_id"
        " where p.run_id = %s"
    )
    wait_until(lambda: platform.stage.one(count, run.id) >= 8, "the pull to be half done", 60, every=0.1)
    os.kill(int(platform.tasks(run)["pull_products"]["pid"]), signal.SIGKILL)
    wait_until(lambda: platform.states(run)["pull_products"] != "running", "the death to be seen", 30)
    landed, fetched_before = platform.stage.one(count, run.id), len(shop.admin.requests())
    shop.admin.clear_faults()
    platform.ends_well(run)
    assert platform.tasks(run)["pull_products"]["try_number"] == 2
    fetched = Counter((entry["path"], str(entry["query"])) for entry in shop.admin.requests())
    assert max(fetched.values()) <= 2
    # Only what was fetched ahead and not landed yet is fetched again.
    assert sum(fetched.values()) - len(fetched) <= fetched_before - landed < landed
    told = platform.pull_of(run, "products")
    assert (told["outcome"], told["attempts"]) == ("succeeded", 2)
