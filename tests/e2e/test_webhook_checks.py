"""Each hour the registrations of all couplings are looked at, a task for each: one that fails holds back no other."""

import json
import subprocess
import sys
from typing import Any

import pytest

from include.local.paths import ROOT
from tests.e2e.platform import Platform, Run

SHOP, BOL = "velodrome__woocommerce", "bralex__bol_com"
SYSTEMS = {SHOP: "woocommerce", BOL: "bol_com"}


@pytest.mark.requirement("R4", "R1")
def test_what_is_lost_is_registered_again_and_a_refusal_says_who_acts(platform: Platform) -> None:
    for coupling in SYSTEMS:
        assert _webhooks(platform, "register", coupling).returncode == 0
    shop, bol = (platform.sandbox(system).admin for system in SYSTEMS.values())
    known = len(shop.webhooks()["hooks"])
    shop.lose_webhook(shop.webhooks()["hooks"][0]["id"])
    bol.fault("status", "/subscriptions", status=403, times=None)
    run = Run("check_webhooks", platform.api.trigger("check_webhooks", {}))
    assert platform.finish(run) == "failed", "one coupling's failure is seen"
    looks = _looks(platform, run)
    assert looks["velodrome/woocommerce.yaml"]["state"] == "success"
    assert looks["bralex/bol_com.yaml"]["state"] == "failed"
    assert looks["bralex/bol_com.yaml"]["try_number"] == 1, "nobody tries again what a person has to mend"
    assert len(shop.webhooks()["hooks"]) == known
    bol.clear_faults()
    for coupling in SYSTEMS:
        assert "taken away" in _webhooks(platform, "remove", coupling).stdout
    assert shop.webhooks()["hooks"] == []
    query = "select error_class from platform.webhook_checks where outcome = 'failed' order by id desc limit 1"
    assert platform.stage.one(query) == "auth"


def _webhooks(platform: Platform, deed: str, coupling: str) -> subprocess.CompletedProcess[str]:
    """Call the command line as support does."""
    held = platform.sandbox(SYSTEMS[coupling]).admin.credentials()
    environ = {**platform.machine.environ, f"AIRFLOW_CONN_{coupling.upper()}": json.dumps(held)}
    command = [sys.executable, "-m", "include.cli", "webhooks", deed, coupling]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)


def _looks(platform: Platform, run: Run) -> dict[str, dict[str, Any]]:
    """The mapped tasks of the run by the name that the UI shows."""
    found = platform.api.call("GET", f"{run.path}/taskInstances")["task_instances"]
    return {task["rendered_map_index"]: task for task in found if task["task_id"] == "check"}
