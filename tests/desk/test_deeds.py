"""What the buttons do in the warehouse, and that somebody is named for it; runs are started in tests/e2e."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from include.desk import airflow, deed
from tests.desk.conftest import Opened

COUPLING = "velodrome__woocommerce"
ADDRESS = f"/desk/api/v1/couplings/{COUPLING}"
EXACT = "/desk/api/v1/couplings/bralex__exact_online"
pytestmark = pytest.mark.requirement("R8")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The DAG runs that were asked of Airflow."""
    runs: list[tuple[str, dict[str, Any]]] = []

    def trigger(dag: str, conf: dict[str, Any], _user: object, _note: str) -> str:
        runs.append((dag, dict(conf)))
        return "manual__1"

    monkeypatch.setattr(airflow, "trigger", trigger)
    return runs


def audited(warehouse: psycopg.Connection) -> tuple[str, str, dict[str, Any]]:
    row = warehouse.execute("select who, what, detail from platform.audit order by id desc limit 1").fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def aside(warehouse: psycopg.Connection, remote_id: str, reason: str, root: str | None = "7") -> int:
    row = warehouse.execute(
        "insert into platform.quarantine"
        " (webshop_id, coupling_id, object, remote_id, root_key, field, reason, severity)"
        " select webshop_id, id, 'sell_order_lines', %s, %s, 'sku_code', %s, 'blocked' from platform.couplings"
        " where name = %s returning id",
        [remote_id, root, reason, COUPLING],
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_pull_is_started_as_asked(opened: Opened, warehouse: psycopg.Connection, started: list[Any]) -> None:
    body = {"objects": ["products"], "mode": "single", "remote_id": "42"}
    answer = opened("user").post(f"{ADDRESS}/pull", json=body)
    assert answer.status_code == 200, answer.text
    assert started == [(f"{COUPLING}__extract", {**body, "since": None})]
    assert audited(warehouse)[:2] == ("user_user", "pull")
    assert answer.json()["run"] == f"/dags/{COUPLING}__extract/runs/manual__1"
    assert opened("user").post(f"{ADDRESS}/pull", json={"objects": ["planes"]}).status_code == 422
    assert opened("user").post(f"{ADDRESS}/pull", json={"objects": []}).status_code == 422
    assert opened("user").post(f"{ADDRESS}/pull", json={**body, "dag_id": "x"}).status_code == 422


@pytest.mark.parametrize("action", ["recheck", "pause", "resume", "deactivate"])
def test_its_life_is_changed_by_the_dag_for_it(opened: Opened, started: list[Any], action: str) -> None:
    assert opened("user").post(f"{ADDRESS}/change", json={"action": action}).status_code == 200
    assert started == [("change_coupling", {"coupling": COUPLING, "action": action})]


@pytest.mark.parametrize(("deed", "body"), [("activate", {}), ("change", {"action": "pause"}), ("replay", {})])
def test_nothing_is_started_about_a_coupling_that_is_not_there(
    opened: Opened, started: list[Any], deed: str, body: dict[str, str]
) -> None:
    answer = opened("user").post(f"/desk/api/v1/couplings/no__body/{deed}", json=body)
    assert (answer.status_code, started) == (422, [])
    assert "no__body" in answer.json()["message"]


def test_a_group_in_quarantine_is_mapped_again(
    opened: Opened, warehouse: psycopg.Connection, started: list[Any]
) -> None:
    first, _ = aside(warehouse, "a", "no match", "7"), aside(warehouse, "b", "no match", "8")
    aside(warehouse, "c", "another reason", "9")
    answer = opened("user").post(f"{ADDRESS}/quarantine", json={"groups": [first], "deed": "retry"})
    assert answer.json()["message"] == "2 records are mapped again."
    query = "select object, root_key from platform.news where pull_id is null order by 2"
    assert warehouse.execute(query).fetchall() == [("sell_orders", "7"), ("sell_orders", "8")]
    assert started == [(deed.TRANSFORM, {})]
    assert audited(warehouse)[1] == "retry_quarantine"


def test_a_group_in_quarantine_is_dismissed_and_only_that(opened: Opened, warehouse: psycopg.Connection) -> None:
    warehouse.execute("delete from platform.quarantine")
    first = aside(warehouse, "a", "no match")
    aside(warehouse, "b", "no match")
    kept = aside(warehouse, "c", "another reason")
    other = "/desk/api/v1/couplings/bralex__exact_online/quarantine"
    body = {"groups": [first], "deed": "dismiss"}
    assert "0 entries" in opened("user").post(other, json=body).json()["message"], "not by another coupling's page"
    assert "2 entries" in opened("user").post(f"{ADDRESS}/quarantine", json=body).json()["message"]
    left = warehouse.execute("select id from platform.quarantine where resolved_at is null").fetchall()
    assert left == [(kept,)]
    assert audited(warehouse) == ("user_user", "dismiss_quarantine", {"groups": [first], "records": 2})


def test_an_approval_without_a_run_is_answered_all_the_same(
    opened: Opened, warehouse: psycopg.Connection, started: list[Any]
) -> None:
    row = warehouse.execute(
        "with pull as (insert into platform.pulls (webshop_id, coupling_id, object, mode) select webshop_id, id,"
        " 'products', 'all' from platform.couplings where name = %s returning *)"
        " insert into platform.approvals (webshop_id, coupling_id, pull_id, object, stream, expires_at, known, seen,"
        " missing) select webshop_id, coupling_id, id, object, 'products', now() + interval '1 day', 9, 3, 6 from pull"
        " returning id",
        [COUPLING],
    ).fetchone()
    assert row is not None
    page = opened("user").get("/desk/approvals").text
    assert "delete 6 of 9 products" in page
    assert "Delete them" in page
    assert "Delete them" not in opened("viewer").get("/desk/approvals").text, "who may not answer sees no button"
    wrong = opened("user").post(
        f"/desk/api/v1/couplings/bralex__exact_online/approvals/{row[0]}", json={"answer": "keep"}
    )
    assert wrong.status_code == 422
    answer = opened("user").post(f"{ADDRESS}/approvals/{row[0]}", json={"answer": "keep"})
    assert "refused" in answer.json()["message"]
    assert audited(warehouse)[:2] == ("user_user", "refuse")
    state = warehouse.execute("select state, decided_by from platform.approvals where id = %s", [row[0]]).fetchone()
    assert state == ("refused", "user_user")
    assert started == []


@pytest.mark.parametrize(
    "given",
    [{"action": "send"}, {"action": "retry"}, {"action": "adopt", "remote_id": "77"}, {"action": "drop"}],
)
def test_an_order_is_decided_about_by_the_push_dag(
    opened: Opened, order: int, started: list[Any], given: dict[str, str]
) -> None:
    answer = opened("user").post(f"{EXACT}/orders/{order}", json=given)
    assert answer.status_code == 200, answer.text
    form = {"action": given["action"], "orders": str(order), "remote_id": given.get("remote_id")}
    assert started == [("bralex__exact_online__push", form)]
    assert answer.json()["run"] == "/dags/bralex__exact_online__push/runs/manual__1"


@pytest.mark.parametrize(
    ("number", "given"),
    [(0, {"action": "adopt"}), (0, {"action": "drop", "remote_id": "77"}), (1, {"action": "drop"})],
    ids=["which one is it", "an id for nothing", "no such order"],
)
def test_a_decision_that_makes_no_sense_starts_nothing(
    opened: Opened, order: int, started: list[Any], number: int, given: dict[str, str]
) -> None:
    answer = opened("user").post(f"{EXACT}/orders/{order + number}", json=given)
    assert (answer.status_code, started) == (422, [])
    assert answer.json()["next_step"]


def test_a_question_about_a_stream_that_is_no_more_is_not_answered(
    opened: Opened, warehouse: psycopg.Connection, started: list[Any]
) -> None:
    row = warehouse.execute(
        "with pull as (insert into platform.pulls (webshop_id, coupling_id, object, mode) select webshop_id, id,"
        " 'products', 'all' from platform.couplings where name = %s returning *)"
        " insert into platform.approvals (webshop_id, coupling_id, pull_id, object, stream, expires_at, known, seen,"
        " missing) select webshop_id, coupling_id, id, object, 'taken out', now() + interval '1 day', 9, 3, 6 from pull"
        " returning id",
        [COUPLING],
    ).fetchone()
    assert row is not None
    answer = opened("user").post(f"{ADDRESS}/approvals/{row[0]}", json={"answer": "delete"})
    assert (answer.status_code, started) == (422, [])
    assert "taken out, which WooCommerce has no more" in answer.json()["message"]


def test_the_page_offers_what_can_be_decided(opened: Opened, order: int) -> None:
    page = "/desk/coupling/bralex__exact_online?part=more"
    offered = opened("user").get(page).text
    assert f'action="{EXACT}/orders/{order}"' in offered
    assert "It is not there: send it" in offered
    assert f"/orders/{order}" not in opened("viewer").get(page).text


def test_pages_of_a_coupling_and_a_record(opened: Opened) -> None:
    page = opened("viewer").get(f"/desk/coupling/{COUPLING}").text
    assert "dag_configs/velodrome/woocommerce.yaml:" in page
    assert 'name="action"' not in page, "who may only look sees no buttons"
    assert 'value="pause"' in opened("user").get(f"/desk/coupling/{COUPLING}").text
    assert opened("viewer").get("/desk/coupling/no__body").status_code == 422
    found = opened("viewer").get("/desk/record?webshop=velodrome&table=products&key=nothing-of-it")
    assert "Nothing with the key" in found.text
    script = opened("viewer").get("/desk/record?webshop=velodrome&key=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in script
    assert opened("viewer").get("/desk/problems").status_code == 200
    assert opened("viewer").get(f"/desk/dag/{COUPLING}__extract").headers["location"] == f"/desk/coupling/{COUPLING}"


def test_the_interface_is_described(opened: Opened) -> None:
    described = opened("viewer").get("/desk/api/v1/openapi.json").json()
    assert "/api/v1/couplings/{coupling}/pull" in described["paths"]
    found = opened("viewer").get(f"/desk/api/v1/couplings/{COUPLING}").json()
    assert found["objects"]
    assert set(described["components"]["schemas"]["CouplingStatus"]["properties"]) == set(found)
    listed = opened("viewer").get("/desk/api/v1/couplings?limit=2&webshop=bralex").json()
    assert (len(listed["couplings"]), listed["total"]) == (2, 2)
