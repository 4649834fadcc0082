"""Who gets in: nobody without a login, nobody does anything who may only look, no other site does it for him."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from include.desk.app import build
from tests.desk.conftest import Opened

COUPLING = "velodrome__woocommerce"
pytestmark = pytest.mark.requirement("R8")


def doors() -> list[tuple[str, str]]:
    """Every route with each of its methods, its parameters filled in."""
    known = {"coupling": COUPLING, "dag_id": f"{COUPLING}__extract", "name": "desk.js"}
    found = []
    for route in build().routes:
        # A mount, or a route that FastAPI made by itself, would not ask who is there.
        assert isinstance(route, APIRoute), f"{route} has no guard"
        path = re.sub(r"{(\w+)(:\w+)?}", lambda match: known.get(match[1], "1"), route.path)
        found += [(method, f"/desk{path}") for method in sorted(route.methods)]
    assert len(found) >= 10
    return found


@pytest.mark.parametrize(("method", "path"), doors())
def test_no_route_opens_without_a_login(opened: Opened, method: str, path: str) -> None:
    assert opened().request(method, path, json={}).status_code == 401
    forged = opened().request(method, path, json={}, headers={"Authorization": "Bearer forged"})
    assert forged.status_code in (401, 403)


@pytest.mark.parametrize(("method", "path"), [door for door in doors() if door[0] != "GET"])
def test_who_may_only_look_changes_nothing(opened: Opened, method: str, path: str) -> None:
    assert opened("viewer").request(method, path, json={}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Desk": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_press_a_button(opened: Opened, headers: dict[str, str]) -> None:
    assert (
        opened("user")
        .post(f"/desk/api/v1/couplings/{COUPLING}/change", json={"action": "pause"}, headers=headers)
        .status_code
        == 403
    )


def test_nothing_that_changes_something_is_a_get() -> None:
    changing = [path for method, path in doors() if method not in ("GET", "HEAD")]
    assert all(path.startswith("/desk/api/v1/") for path in changing)


def test_the_page_of_couplings(opened: Opened) -> None:
    page = opened("viewer").get("/desk/couplings")
    assert page.status_code == 200
    assert "Velodrome Fietsen: WooCommerce" in page.text
    part = opened("viewer").get("/desk/couplings?part=1&webshop=bralex")
    assert "Exact Online" in part.text
    assert "Velodrome" not in part.text
    again = opened("viewer").get(
        "/desk/couplings?part=1&webshop=bralex", headers={"If-None-Match": part.headers["ETag"]}
    )
    assert again.status_code == 304
