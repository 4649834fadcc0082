"""What support sees when a remote refuses, stumbles, or makes us wait."""

import json

import pytest

from tests.e2e.platform import Platform, Run, wait_until

SHOP, BOL = "velodrome__woocommerce", "bralex__bol_com"


@pytest.mark.requirement("R1", "R7")
def test_refused_credentials_fail_at_once_and_say_who_does_what(platform: Platform) -> None:
    shop = platform.sandbox("woocommerce")
    held = shop.admin.credentials()
    # The worst remote: it writes the secrets that it was sent into its refusal.
    words = f"Consumer key is invalid: {held['login']} {held['password']}"
    body = json.dumps({"code": "woocommerce_rest_authentication_error", "message": words})
    shop.admin.fault("status", "/products", status=401, body=body, times=None)
    run = platform.trigger(SHOP, "products", mode="all")
    assert platform.finish(run) == "failed"
    task = platform.tasks(run)["pull_products"]
    assert (task["state"], task["try_number"]) == ("failed", 1)
    reason, advice = _last_lines(platform, run, "pull_products")
    assert reason.startswith("FAILED (auth): ")
    assert "/wp-json/wc/v3/products answered 401: Consumer key is invalid: *** ***" in reason
    assert advice.startswith("Who acts: customer. Next step: Ask the customer for a new consumer key and secret")
    told = platform.pull_of(run, "products")
    assert (told["outcome"], told["error_class"], told["acts"]) == ("failed", "auth", "customer")


@pytest.mark.requirement("R7")
def test_a_remote_that_is_down_is_tried_again_until_it_is_back(platform: Platform) -> None:
    # Four calls of the first try, and the first of the second.
    platform.sandbox("woocommerce").admin.fault("status", "/orders", status=500, times=5)
    run = platform.trigger(SHOP, "sell_orders", mode="changed")
    platform.ends_well(run)
    assert platform.tasks(run)["pull_sell_orders"]["try_number"] == 2
    reason, advice = _last_lines(platform, run, "pull_sell_orders", attempt=1)
    assert reason.startswith("FAILED (remote down): ")
    assert advice.startswith("Nobody has to act.")
    assert platform.log(run, "pull_sell_orders", attempt=2)[-1].startswith("DONE: ")


@pytest.mark.requirement("R6")
def test_a_long_wait_gives_the_worker_slot_to_others(platform: Platform) -> None:
    """With one slot for all tasks another coupling's pull can only run when the waiting one has let go of it."""
    platform.api.call("PATCH", "pools/default_pool?update_mask=slots", {"name": "default_pool", "slots": 1})
    try:
        platform.sandbox("bol_com").admin.fault(
            "status", "/retailer/orders", status=429, headers={"Retry-After": "25"}, times=1
        )
        waiting = platform.trigger(BOL, "sell_orders", mode="changed")
        wait_until(lambda: platform.states(waiting)["pull_sell_orders"] == "deferred", "the wait", 30)
        other = platform.trigger(SHOP, "sell_orders", mode="changed")
        platform.ends_well(other)
        assert platform.states(waiting)["pull_sell_orders"] == "deferred"
        platform.ends_well(waiting)
    finally:
        platform.api.call("PATCH", "pools/default_pool?update_mask=slots", {"name": "default_pool", "slots": 128})
    log = platform.log(waiting, "pull_sell_orders")
    assert any("The worker slot is given back until" in line for line in log)
    assert log[-1].startswith("DONE: ")


def _last_lines(platform: Platform, run: Run, task: str, attempt: int = 1) -> tuple[str, str]:
    reason, advice = platform.log(run, task, attempt)[-2:]
    return reason, advice
