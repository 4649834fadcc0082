"""The bol.com sandbox behaves as reference page "bol.com Retailer API v10" says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from include.sandbox.catalogue import ean13
from tests.sandbox.conftest import small

MEDIA = "application/vnd.retailer.v10+json"


def token(running: Running, **changed: str) -> httpx.Response:
    held = running.admin.credentials()
    auth = (held["login"], changed.get("password", held["password"]))
    grant = changed.get("grant_type", "client_credentials")
    return httpx.post(held["extra"]["token_url"], params={"grant_type": grant}, auth=auth, trust_env=False)


def authorized(running: Running) -> httpx.Client:
    access = token(running).json()["access_token"]
    headers = {"Accept": MEDIA, "Authorization": f"Bearer {access}"}
    return httpx.Client(base_url=f"{running.url}/retailer/", headers=headers, trust_env=False)


@pytest.fixture
def bol(bol_com: Running) -> Iterator[httpx.Client]:
    with authorized(bol_com) as http:
        yield http


@pytest.fixture(scope="module")
def unchanged() -> Iterator[httpx.Client]:
    """A retailer for the tests that only read, with a wide limit."""
    with small("bol_com", settings={"orders_per_minute": 1000}) as running, authorized(running) as http:
        yield http


def pull(bol: httpx.Client, path: str = "orders", **query: Any) -> list[dict[str, Any]]:
    """Read pages until the answer is `{}`."""
    found: list[dict[str, Any]] = []
    for page in range(1, 30):
        body = bol.get(path, params={**query, "page": page}).raise_for_status().json()
        if body == {}:
            return found
        assert len(body[path]) <= 50
        found += body[path]
    raise AssertionError("the list does not end")


EVERYTHING = {"status": "ALL", "fulfilment-method": "ALL"}


def test_token_and_its_expiry(bol_com: Running, bol: httpx.Client) -> None:
    answer = token(bol_com)
    assert (answer.json()["expires_in"], answer.json()["token_type"]) == (299, "Bearer")
    wrong = token(bol_com, password="no")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert token(bol_com, grant_type="password").status_code == 400
    bol_com.admin.advance(298)
    assert bol.get("orders").status_code == 200
    bol_com.admin.advance(1)
    expired = bol.get("orders")
    assert (expired.status_code, expired.json()["title"]) == (401, "Expired JWT")


def test_media_type_is_required(unchanged: httpx.Client) -> None:
    for accept in ("*/*", "application/json", "application/vnd.retailer.v9+json"):
        assert unchanged.get("orders", headers={"Accept": accept}).status_code == 406


def test_defaults_hide_shipped_and_fbb(unchanged: httpx.Client) -> None:
    shown, everything = pull(unchanged), pull(unchanged, **EVERYTHING)
    items = [item for order in shown for item in order["orderItems"]]
    assert items
    assert {(i["fulfilmentMethod"], i["fulfilmentStatus"]) for i in items} == {("FBR", "OPEN")}
    assert len(everything) > len(shown)
    assert len(everything) > 50
    kinds = {i["fulfilmentMethod"] for o in everything for i in o["orderItems"]}
    assert kinds == {"FBR", "FBB"}
    mixed = [o for o in everything if len({i["fulfilmentMethod"] for i in o["orderItems"]}) == 2]
    twice = [o for o in everything if len({i["ean"] for i in o["orderItems"]}) < len(o["orderItems"])]
    assert mixed
    assert twice
    assert any(i["quantityCancelled"] for o in everything for i in o["orderItems"])
    assert any(i["cancellationRequest"] for o in everything for i in o["orderItems"])


@pytest.mark.parametrize(
    "query",
    [
        {"status": "open"}, {"fulfilment-method": "XXX"}, {"change-interval-minute": 61}, {"page": 0},
        {"latest-change-date": "2026-02-30"}, {"latest-change-date": "2026-03-01"},
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(unchanged: httpx.Client, query: dict[str, Any]) -> None:
    answer = unchanged.get("orders", params=query)
    assert answer.status_code == 400
    assert [v["name"] for v in answer.json()["violations"]] == list(query)
    assert answer.headers["content-type"] == "application/problem+json"


def test_change_filters(bol_com: Running, bol: httpx.Client) -> None:
    everything = pull(bol, **EVERYTHING)
    day = everything[5]["orderItems"][0]["latestChangedDateTime"][:10]
    of_day = pull(bol, **EVERYTHING, **{"latest-change-date": day})
    wanted = {o["orderId"] for o in everything if any(i["latestChangedDateTime"][:10] == day for i in o["orderItems"])}
    assert {o["orderId"] for o in of_day} == wanted != set()
    recent: dict[str, Any] = {**EVERYTHING, "change-interval-minute": 60}
    assert pull(bol, **recent) == []
    changed = bol_com.admin.change(new_orders=2, shipped_orders=1, cancelled_orders=1)
    touched = {key for keys in changed.values() for key in keys}
    assert {o["orderId"] for o in pull(bol, **recent)} == touched
    bol_com.admin.advance(61 * 60)
    bol.headers["Authorization"] = f"Bearer {token(bol_com).json()['access_token']}"
    assert pull(bol, **recent) == []


def test_detail(bol_com: Running, bol: httpx.Client) -> None:
    truth = {o["orderId"]: o for o in bol_com.admin.state()["collections"]["orders"]}
    listed = pull(bol, **EVERYTHING)[0]
    detail = bol.get(f"orders/{listed['orderId']}").json()
    assert detail == truth[listed["orderId"]]
    assert detail["orderPlacedDateTime"].endswith(("+02:00", "+01:00"))
    assert [i["orderItemId"] for i in detail["orderItems"]] == [i["orderItemId"] for i in listed["orderItems"]]
    missing = bol.get("orders/1")
    assert (missing.status_code, missing.json()["status"]) == (404, 404)
    references = ["reference" in i["offer"] for o in truth.values() for i in o["orderItems"]]
    assert True in references
    assert False in references


def test_shipments(bol_com: Running, bol: httpx.Client) -> None:
    assert bol.get("shipments", params={"fulfilment-method": "ALL"}).status_code == 400
    both = pull(bol, "shipments") + pull(bol, "shipments", **{"fulfilment-method": "FBB"})
    moments = [s["shipmentDateTime"] for s in pull(bol, "shipments")]
    assert moments == sorted(moments, reverse=True)
    assert len({s["shipmentId"] for s in both}) == len(both)
    detail = bol.get(f"shipments/{both[0]['shipmentId']}").json()
    assert detail["shipmentItems"][0]["unitPrice"] > 0
    assert bol.get("shipments/1").status_code == 404
    shipped = bol_com.admin.change(shipped_orders=1)["shipped_orders"][0]
    found = [s for m in ("FBR", "FBB") for s in pull(bol, "shipments", **{"fulfilment-method": m, "order-id": shipped})]
    assert found
    assert {s["order"]["orderId"] for s in found} == {shipped}


def test_limits(bol_com: Running, bol: httpx.Client) -> None:
    answers = [bol.get("orders") for _ in range(26)]
    assert [a.status_code for a in answers] == [200] * 25 + [429]
    assert answers[0].headers["X-RateLimit-Limit"] == "25"
    assert answers[0].headers["X-RateLimit-Remaining"] == "24"
    refused = answers[25]
    assert refused.headers["Retry-After"] == "60"
    assert refused.json()["title"] == "Too Many Requests"
    assert refused.json()["detail"] == "Too many requests, retry in 60 seconds."
    details = [bol.get("orders/1").status_code for _ in range(26)]
    assert details == [404] * 25 + [429]
    bol_com.admin.advance(1)
    assert bol.get("orders/1").status_code == 404
    assert bol.get("orders").status_code == 429
    bol_com.admin.advance(59)
    assert bol.get("orders").status_code == 200
    limits = httpx.get(f"{bol_com.url}/retailer/public/ratelimits", trust_env=False).json()["rateLimits"]
    operation = {"method": "GET", "maxCapacity": 25, "timeToLive": 1, "timeUnit": "MINUTES"}
    assert {"baseEndpoint": "/retailer/orders", "operations": [operation]} in limits


def test_eans_are_exacts_apart_from_the_newcomers(bol_com: Running, serve_small: Any) -> None:
    state = bol_com.admin.state()["collections"]
    sold = {item["product"]["ean"] for order in state["orders"] for item in order["orderItems"]}
    assert all(ean == ean13(ean[:12]) for ean in sold)
    with serve_small("exact_online") as exact:
        items = exact.admin.state()["collections"]["items"]
        codes = [item["Barcode"] for item in items if item["Barcode"]]
        known = {code.lstrip("0").zfill(13) for code in codes}
        unknown = sold - known
        assert 2 <= len(unknown) <= 0.1 * len(sold)
        assert not sold <= set(codes)
        new = exact.admin.change(new_products=2)["new_products"]
        items = exact.admin.state()["collections"]["items"]
        resolved = {i["Barcode"].lstrip("0").zfill(13) for i in items if i["ID"] in new}
        assert len(resolved) == 2
        assert resolved <= unknown
