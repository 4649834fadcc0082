"""The desk's interface answers as its description says, whatever is asked (R14); tests/http_contract.py asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from include.desk import airflow
from tests.desk.conftest import Opened
from tests.http_contract import ask, ask_oddly

COUPLING = "bralex__exact_online"
pytestmark = pytest.mark.requirement("R14", "R8")


@pytest.fixture(scope="module", autouse=True)
def no_runs(warehouse: psycopg.Connection, order: int) -> Iterator[None]:
    """No DAG run is started (tests/e2e does); a question about deletions and an order wait for a person."""
    warehouse.execute(
        "with pull as (insert into platform.pulls (webshop_id, coupling_id, object, mode) select webshop_id, id,"
        " 'products', 'all' from platform.couplings where name = %s returning *)"
        " insert into platform.approvals (webshop_id, coupling_id, pull_id, object, stream, expires_at, known, seen,"
        " missing) select webshop_id, coupling_id, id, object, 'items', now() + interval '1 day', 9, 3, 6 from pull",
        [COUPLING],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(airflow, "trigger", lambda *_given: "manual__1")
        yield


@pytest.fixture(scope="module")
def described(opened: Opened) -> dict[str, Any]:
    found: dict[str, Any] = opened("viewer").get("/desk/api/v1/openapi.json").json()
    assert found["servers"] == [{"url": "/desk"}]
    assert all(path.startswith("/api/v1/") for path in found["paths"])
    return found


def test_whatever_is_asked_the_answer_is_described(opened: Opened, described: dict[str, Any]) -> None:
    browser = opened("user")
    asked = ask(described, f"{browser.address}/desk", browser.headers, random=2, systematic=True)
    assert not asked.faults, asked.told()
    # None of it is true because everything was refused.
    for path, methods in described["paths"].items():
        for method in methods:
            assert 200 in asked.statuses(f"{method.upper()} {path}"), f"{method} {path} never went well"


def test_whatever_is_odd_is_answered_as_described(opened: Opened, described: dict[str, Any]) -> None:
    browser, known = opened("user"), {"coupling": COUPLING, "number": "1"}
    asked = ask_oddly(described, f"{browser.address}/desk", browser.headers, known)
    assert not asked.faults, asked.told()
    assert asked.answers.total() > 200


@pytest.mark.parametrize(("role", "deeds"), [(None, {401}), ("viewer", {403})])
def test_who_may_not_is_told_so_as_described(
    opened: Opened, described: dict[str, Any], role: str | None, deeds: set[int]
) -> None:
    browser = opened(role)
    asked = ask(described, f"{browser.address}/desk", browser.headers, random=1, systematic=False)
    assert not asked.faults, asked.told()
    assert {status for name, status in asked.answers if name.startswith("POST ")} == deeds
