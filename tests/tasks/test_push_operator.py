"""The task that sends buy orders, with a sandbox behind it: what it says, when it gives way, what it decides."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

import pytest
from airflow.sdk import Context
from airflow.sdk.api.datamodels._generated import DagRun, DagRunState, DagRunType
from airflow.sdk.exceptions import TaskDeferred

from include.contract.errors import Misconfigured, RequestRefused
from include.kit.scratch import scratch, server
from include.sandbox import Running, serve
from include.sync import life
from include.tasks.push_operator import PushOperator
from tests.sync.fixtures import SECRET
from tests.sync.push_stage import Desk, ours
from tests.sync.stage import connection_json, warehouse_environment

SHOP = "acme__picqer"
NOW = datetime(2026, 1, 10, 1, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with serve("picqer", seed=5, size=10, orders=2, settings={"per_minute": 10**6}) as running:
        yield running


@pytest.fixture(scope="module")
def desk(sandbox: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with scratch(server(), "push_operator") as dsn:
        made = Desk(dsn, tmp_path_factory.mktemp("configs"))
        made.couple("acme", sandbox)
        # Schedules send nothing for a coupling that was never activated.
        with made.platform.connect() as connection:
            life.activate(connection, SHOP, "test")
            life.activated(connection, SHOP, "test")
        yield made
        made.close()


@pytest.fixture(autouse=True)
def connections(desk: Desk, sandbox: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Airflow's connections, as its environment variables give them; no form is left from the test before."""
    there = warehouse_environment(desk.dsn)
    for name, value in there.items():
        # The task sets them for good; this lets them be as they were afterwards.
        monkeypatch.setenv(name, value)
    user, password = quote(there["WAREHOUSE_USER"]), quote(there["WAREHOUSE_PASSWORD"])
    place = f"{there['WAREHOUSE_HOST']}:{there['WAREHOUSE_PORT']}/{there['WAREHOUSE_DATABASE']}"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"postgres://{user}:{password}@{place}")
    monkeypatch.setenv(f"AIRFLOW_CONN_{SHOP.upper()}", connection_json(sandbox))
    monkeypatch.setenv("OPTIPLY_SECRET_KEY", SECRET)
    yield
    sandbox.admin.clear_faults()


def context(kind: DagRunType = DagRunType.MANUAL, attempt: int = 1, **form: Any) -> Context:
    """The context as Airflow's task runner makes it."""
    run = DagRun(
        dag_id=f"{SHOP}__push", run_id="run", logical_date=NOW, data_interval_start=NOW, data_interval_end=NOW,
        run_after=NOW, start_date=NOW, run_type=kind, state=DagRunState.RUNNING, consumed_asset_events=[],
        end_date=None, partition_key=None, triggering_user_name="anneke",
    )  # fmt: skip
    task = type("TaskInstance", (), {"try_number": attempt})()
    params = {"action": "send", "orders": None, "remote_id": None} | form
    return cast("Context", {"dag_run": run, "params": params, "ti": task})


@pytest.fixture
def task(desk: Desk) -> PushOperator:
    return PushOperator(task_id="push_buy_orders", coupling_file="acme/picqer.yaml", configs=str(desk.folder))


@pytest.mark.requirement("F3", "R1")
def test_a_scheduled_run_sends_what_waits(
    task: PushOperator, desk: Desk, sandbox: Running, caplog: pytest.LogCaptureFixture
) -> None:
    desk.place(SHOP, 2001)
    with caplog.at_level(logging.INFO, "include.tasks.push_operator"):
        assert task.execute(context(DagRunType.SCHEDULED)) == "1 sent"
    assert caplog.messages[-1] == "DONE: 1 sent"
    assert len(ours(sandbox, 2001)) == 1


@pytest.mark.requirement("F3", "R7")
def test_a_limit_gives_the_worker_slot_back(task: PushOperator, desk: Desk, sandbox: Running) -> None:
    desk.place(SHOP, 2002)
    sandbox.admin.fault("status", "/purchaseorders?", method="POST", status=429, headers={"Retry-After": "90"})
    with pytest.raises(TaskDeferred) as deferred:
        task.execute(context(DagRunType.SCHEDULED))
    assert deferred.value.method_name == "go_on"
    assert task.go_on(context(DagRunType.SCHEDULED)) == "1 sent"


@pytest.mark.requirement("F3", "R1")
def test_an_order_that_needs_a_person_makes_the_task_red_after_the_others(
    task: PushOperator, desk: Desk, sandbox: Running, caplog: pytest.LogCaptureFixture
) -> None:
    for number in (2003, 2004):
        desk.place(SHOP, number)
    sandbox.admin.fault("status", "/purchaseorders?", method="POST", status=422, body="Product is niet inkoopbaar")
    with pytest.raises(
        RequestRefused, match=r"OP 2003 is rejected: .* answered 422: Product is niet inkoopbaar"
    ) as red:
        task.execute(context())
    assert red.value.acts == "support"
    assert "send order 2003 again" in red.value.next_step
    assert len(ours(sandbox, 2004)) == 1
    with caplog.at_level(logging.INFO, "include.tasks.push_operator"):
        assert task.execute(context(DagRunType.SCHEDULED)) == "nothing to send"
    assert "1 order(s) of before wait for a person" in caplog.messages[-1]
    assert task.execute(context(orders="2003")) == "1 sent", "one click"
    assert desk.order(2003)["decided_by"] == "anneke: send again"


@pytest.mark.requirement("F3")
def test_the_form_adopts_and_lets_go(task: PushOperator, desk: Desk, sandbox: Running) -> None:
    desk.place(SHOP, 2005)
    desk.place(SHOP, 2006)
    sandbox.admin.fault("status", "/purchaseorders?", method="POST", after=True)
    with pytest.raises(TaskDeferred):
        task.execute(context(orders="2005"))
    remote_id = str(ours(sandbox, 2005)[0]["idpurchaseorder"])
    form: dict[str, Any] = {"action": "adopt", "orders": "2005", "remote_id": f" {remote_id} "}
    assert task.execute(context(**form)) == "1 sent"
    assert task.execute(context(action="drop", orders="2006")) == "order 2006 is not sent any more"
    assert ours(sandbox, 2006) == []
    assert task.execute(context(attempt=2, **form)) == "nothing to send", "a decision is made once"
    with pytest.raises(Misconfigured, match="is sent: there is nothing to decide"):
        task.execute(context(**form))
