"""What support sees when a remote refuses, stumbles, or makes us wait; and what nobody may ever see."""

import base64
import json

import pytest

from include.warehouse.secrets import Vault
from tests.e2e.platform import Platform, Run, wait_until

SHOP, EXACT, BOL = "velodrome__woocommerce", "bralex__exact_online", "bralex__bol_com"


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


@pytest.mark.requirement("R1")
def test_no_secret_is_shown_anywhere(platform: Platform) -> None:
    """Runs after the others of this file on purpose: their logs are searched as well."""
    marked = {"login": "marked-login-8d1f", "password": "marked-password-77aa"}
    connection = {"connection_id": SHOP, "conn_type": "http"}
    platform.api.call("PATCH", f"connections/{SHOP}?update_mask=login&update_mask=password", connection | marked)
    try:
        run = platform.trigger(SHOP, "products", mode="changed")
        assert platform.finish(run) == "failed"
    finally:
        held = platform.sandbox("woocommerce").admin.credentials()
        real = {"login": held["login"], "password": held["password"]}
        platform.api.call("PATCH", f"connections/{SHOP}?update_mask=login&update_mask=password", connection | real)
        # What is searched below is also the log of the run that hears that they are right again.
        form = {"coupling": SHOP, "action": "recheck"}
        platform.ends_well(Run("change_coupling", platform.api.trigger("change_coupling", form)))
    basic = base64.b64encode(":".join(marked.values()).encode()).decode()
    # A login is shown among the connections, as in any Airflow; the rest is shown nowhere.
    secrets = {marked["password"], basic, *_secrets(platform)}
    shown = _everything_shown(platform)
    assert any("FAILED (auth)" in text for text in shown.values()), "the search must see the failed task's log"
    assert any("unchanged" in text for where, text in shown.items() if where.endswith("xcom")), "and results"
    assert any("rendered_fields" in text for text in shown.values()), "and rendered fields"
    assert {where for where, text in shown.items() if any(secret in text for secret in secrets)} == set()


def _last_lines(platform: Platform, run: Run, task: str, attempt: int = 1) -> tuple[str, str]:
    reason, advice = platform.log(run, task, attempt)[-2:]
    return reason, advice


def _secrets(platform: Platform) -> set[str]:
    """Passwords and first refresh tokens of all couplings, and the tokens that the platform has received since."""
    found = set()
    for sandbox in platform.stage.sandboxes.values():
        held = sandbox.admin.credentials()
        found |= {held["password"], *(str(value) for key, value in held["extra"].items() if key.endswith("_token"))}
    vault = Vault(platform.machine.settings.keys.platform)
    for (sealed,) in platform.stage.connection.execute("select secret from platform.tokens").fetchall():
        token = json.loads(vault.open(sealed))
        found |= {token["access"], token["refresh"]} - {""}
    return found


def _everything_shown(platform: Platform) -> dict[str, str]:
    """Every answer of the API that could hold one, and every log file, by place."""
    api, shown = platform.api, {}
    for path in ("connections", "importErrors", "dagWarnings", "variables", "eventLogs?limit=100", "dags?limit=100"):
        shown[path] = json.dumps(api.call("GET", path))
    for dag in sorted(api.dags()):
        shown[f"{dag} source"] = json.dumps(api.call("GET", f"dagSources/{dag}"))
        for found in api.call("GET", f"dags/{dag}/dagRuns?limit=100")["dag_runs"]:
            run = Run(dag, found["dag_run_id"])
            shown[run.path] = json.dumps(api.call("GET", f"{run.path}/taskInstances"))
            for task in platform.tasks(run):
                place = f"{run.path}/taskInstances/{task}"
                entries = api.call("GET", f"{place}/xcomEntries")["xcom_entries"]
                values = [api.call("GET", f"{place}/xcomEntries/{entry['key']}") for entry in entries]
                shown[f"{place} xcom"] = json.dumps(values)
    logs = platform.machine.settings.home / "logs"
    for file in (path for path in logs.rglob("*") if path.is_file()):
        shown[str(file.relative_to(logs))] = file.read_text(errors="replace")
    for file in (platform.machine.settings.home / "run").iterdir():
        shown[f"run/{file.name}"] = file.read_text(errors="replace")
    return shown
