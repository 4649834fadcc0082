"""The two tasks: they read Airflow's connections, say what they did, and survive a Slack that is down."""

from __future__ import annotations

import logging
from typing import Any, cast
from urllib.parse import quote

import pytest
from airflow.sdk import Context
from cryptography.fernet import Fernet

from include.sync.metrics import metrics
from include.tasks import monitor_operator
from include.tasks.maintain_operator import MaintainOperator
from include.tasks.monitor_operator import MonitorOperator
from tests.engine.test_witness import REFUSED
from tests.monitor.conftest import Warehouse
from tests.monitor.test_tell import TOKEN, Standin, slack
from tests.monitor.test_watch import SHOP
from tests.sync.stage import warehouse_environment

__all__ = ["slack"]
NOTHING = cast("Context", {})
pytestmark = pytest.mark.requirement("R2")


@pytest.fixture(autouse=True)
def connections(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    there = warehouse_environment(warehouse.dsn)
    for name, value in there.items():
        monkeypatch.setenv(name, value)
    user, password = quote(there["WAREHOUSE_USER"]), quote(there["WAREHOUSE_PASSWORD"])
    place = f"{there['WAREHOUSE_HOST']}:{there['WAREHOUSE_PORT']}/{there['WAREHOUSE_DATABASE']}"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"postgres://{user}:{password}@{place}")
    monkeypatch.setenv("OPTIPLY_SECRET_KEY", Fernet.generate_key().decode())


def test_a_look_tells_posts_and_measures(
    warehouse: Warehouse, slack: Standin, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: set[str] = set()
    monkeypatch.setattr(monitor_operator, "gauge", lambda name, value, tags: sent.add(name))
    warehouse.live(SHOP)
    warehouse.ended(warehouse.pulled(SHOP, "products"), REFUSED.reason)
    slack.answers.append((200, b'{"ok": false, "error": "invalid_auth"}'))
    task = MonitorOperator(task_id="look")
    with caplog.at_level(logging.DEBUG):
        assert task.execute(NOTHING) == "1 troubles now: 1 new, 0 changed, 0 over"
        assert task.execute(NOTHING) == "1 troubles now: 0 new, 0 changed, 0 over"
    assert f"{SHOP}, products: failing (bad request): no" in caplog.text
    assert "slack was not told 1 messages yet: Slack answered 'invalid_auth'" in caplog.text
    assert TOKEN not in caplog.text
    assert len(slack.lines()) == 1
    assert {"optiply.couplings", "optiply.alerts", "optiply.pulls_ended"} <= sent <= set(metrics())


def test_the_settings_of_the_environment_count(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse.live(SHOP)
    warehouse.pulled(SHOP, "products", minutes=20)
    warehouse.do("update platform.object_pulls set tried_at = now() - interval '20 minutes'")
    task = MonitorOperator(task_id="look")
    assert task.execute(NOTHING).startswith("0 troubles now")
    monkeypatch.setenv("OPTIPLY_STUCK_MINUTES", "15")
    assert task.execute(NOTHING).startswith("1 troubles now: 1 new")


def test_maintaining_says_what_went(warehouse: Warehouse, caplog: pytest.LogCaptureFixture) -> None:
    warehouse.do(
        """insert into platform.http_details (coupling_id, at, operation, method, address, error_class, error_text)
        select id, now() - interval '3 days', '', '', '', '', '' from platform.couplings where name = %(name)s""",
        name=SHOP,
    )
    task: Any = MaintainOperator(task_id="let_go")
    with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.INFO):
        assert task.execute(NOTHING) == "nothing went"
        patch.setenv("OPTIPLY_KEEP_HTTP_DETAILS_DAYS", "2")
        assert task.execute(NOTHING) == "1 failing calls went"
    assert caplog.messages[-1] == "DONE: 1 failing calls went"
