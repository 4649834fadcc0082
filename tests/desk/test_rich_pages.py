"""Pages of a coupling to which everything has happened: with all that a row can hold, and with the least."""

from __future__ import annotations

import itertools
from typing import Any

import psycopg
import pytest

from tests.desk.conftest import Opened

COUPLING = "houtrijk__picqer"
FAULT = {"error_class": "auth", "error_text": "answered 401", "acts": "customer", "next_step": "Ask for a new key."}
ORIGINS: tuple[dict[str, str], ...] = (
    {},
    {"dag_id": f"{COUPLING}__extract", "run_id": "manual__1", "task_id": "pull_products"},
    {"dag_id": "activate", "run_id": "manual__2", "task_id": "products"},
    {"dag_id": "drain_webhooks", "run_id": "asset_triggered__3", "task_id": "drain"},
)
pytestmark = pytest.mark.requirement("R8", "R1")


@pytest.fixture(scope="module")
def happened(warehouse: psycopg.Connection) -> None:
    """One row of each kind with all its columns that may be empty, and one without."""
    row = warehouse.execute("select webshop_id, id from platform.couplings where name = %s", [COUPLING]).fetchone()
    assert row is not None
    of = {"webshop_id": row[0], "coupling_id": row[1]}
    long_ago = "2026-01-05T03:00:00Z"

    def put(table: str, returning: str = "coupling_id", **values: Any) -> Any:
        names = ", ".join(values)
        query = f"insert into {table} ({names}) values ({', '.join(['%s'] * len(values))}) returning {returning}"
        made = warehouse.execute(query.encode(), list(values.values())).fetchone()
        assert made is not None
        return made[0]

    outcomes = (None, "succeeded", "failed", "abandoned")
    for origin, outcome in itertools.product(ORIGINS, outcomes):
        ended = {"finished_at": long_ago} if outcome else {}
        why = FAULT if outcome == "failed" else {}
        pull = put(
            "platform.pulls", "id", **of, object="products", mode="all", outcome=outcome, **origin, **ended, **why
        )
        if outcome != "abandoned":
            put("platform.pull_streams", "pull_id", pull_id=pull, stream="products", guard="it shrank", expected=9)
    put("platform.approvals", **of, pull_id=pull, object="products", stream="products", expires_at="2099-01-01",
        known=9, seen=3, missing=6)  # fmt: skip
    put("platform.approvals", **of, pull_id=pull, object="products", stream="warehouses", expires_at="2026-01-01",
        known=9, seen=3, missing=6, state="expired", decided_at=long_ago)  # fmt: skip
    supplier = put("optiply.suppliers", "id", **of, remote_id="s", name="Supplier")
    for number, why in enumerate(({}, FAULT)):
        made = put("platform.transforms", "id", outcome="failed" if why else "succeeded", **why)
        put("platform.transform_webshops", "webshop_id", transform_id=made, webshop_id=of["webshop_id"], roots=3,
            outcome="failed" if why else "succeeded", **why)  # fmt: skip
        only = {"coupling_id": of["coupling_id"]}
        put("platform.webhook_checks", **only, operation="check", outcome="failed" if why else None, **why)
        put("platform.activation_steps", **only, activation=1, place=number, step=f"step_{number}",
            state="failed" if why else "running", started_at=long_ago, **why)  # fmt: skip
        put("platform.webhook_registrations", **only, topic=f"topic.{number}", state="failed" if why else "registered",
            **({"reason": "refused", "next_step": "Ask."} if why else {}))  # fmt: skip
        put("platform.webhook_events", **only, topic="x", dedup=bytes([number]), body=b"{}",
            state="poison" if why else "waiting", reason="not JSON" if why else None)  # fmt: skip
        told: dict[str, Any] = {"status": 401, "milliseconds": 5} if why else {}
        put("platform.http_details", **only, operation="pull products", method="GET", address="host/v1/products",
            error_class="auth", error_text="no", **told)  # fmt: skip
        put("platform.quarantine", **of, object="products", remote_id=f"q{number}", field="price", reason="no number",
            severity="blocked" if why else "warning", root_key="7" if why else None)  # fmt: skip
        put("platform.audit", "id", **of, who="system", what="auth_failed", detail="{}")
        for state in ("parked", "unknown") if why else ("sent", "rejected"):
            order = put("optiply.buy_orders", "id", **of, supplier_id=supplier, remote_id=state, placed=long_ago,
                total_value=1)  # fmt: skip
            sent = put("platform.push_orders", "id", **of, buy_order_id=order, reference=state, state=state, **why)
            put("platform.push_steps", "id", push_order_id=sent, number=1, version=1, step="create")
    put("platform.alerts", coupling_id=of["coupling_id"], kind="stuck", subject="products", since=long_ago,
        text="nothing landed for an hour", acts="us", next_step="Look at the log.")  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        f"/desk/coupling/{COUPLING}",
        f"/desk/coupling/{COUPLING}?part=live",
        f"/desk/coupling/{COUPLING}?part=more",
        "/desk/couplings",
        "/desk/couplings?part=1",
        "/desk/problems",
        "/desk/problems?part=1",
        "/desk/approvals",
        "/desk/approvals?part=1",
    ],
)
def test_a_page_stands_whatever_has_happened(opened: Opened, happened: None, path: str) -> None:
    for role in ("viewer", "user"):
        answer = opened(role).get(path)
        assert answer.status_code == 200, answer.text[:500]


def test_each_pull_leads_to_its_log(opened: Opened, happened: None) -> None:
    page = opened("user").get(f"/desk/coupling/{COUPLING}?part=more").text
    for origin in ORIGINS[1:]:
        assert f'href="/dags/{origin["dag_id"]}/runs/{origin["run_id"]}/tasks/{origin["task_id"]}"' in page
    for text in ("answered 401", "Next step: Ask for a new key.", "no number", "not JSON"):
        assert text in page
    assert "nothing landed for an hour" in opened("user").get("/desk/problems?part=1").text
    assert "nothing landed for an hour" in opened("user").get(f"/desk/coupling/{COUPLING}?part=live").text
