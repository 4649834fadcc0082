"""The imitated Logic4 API: its token, envelopes, bodies, filters by the clock on the wall, limits and changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import httpx
import pytest

from connectors.logic4.hooks import token_form
from include.sandbox import Running
from tests.sandbox.conftest import small

PRODUCTS, ORDERS, BUY_ORDERS = "/v1.1/Products/GetProducts", "/v1.2/Orders/GetOrders", "/v1.1/BuyOrders/GetBuyOrders"
ROWS, PARTS = "/v1.1/BuyOrders/GetBuyOrderRowsByFilter", "/v1.1/Products/GetComposedProductComposition"


@pytest.fixture
def logic4() -> Iterator[Running]:
    with small("logic4") as running:
        yield running


def post(running: Running, path: str, body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {running.remote.tokens.issue(3600)}"}
    return httpx.post(running.url + path, json=body, headers=headers, trust_env=False)


def every(running: Running, path: str, **body: Any) -> list[dict[str, Any]]:
    """Return all records that a filter finds, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = post(running, path, {**body, "TakeRecords": 50, "SkipRecords": len(found)}).json()
        assert page["RecordsCounter"] == len(page["Records"]), "the counter is about the page"
        found += page["Records"]
        if len(page["Records"]) < 50:
            return found


def test_token_from_joined_parts(logic4: Running) -> None:
    held = logic4.admin.credentials()
    form = {"grant_type": "client_credentials", "scope": "api administration.1"}
    form |= token_form(held["login"], held["password"], held["extra"])
    url = held["extra"]["token_url"]
    answer = httpx.post(url, data=form, trust_env=False).json()
    assert set(answer) == {"access_token", "expires_in", "token_type"}, "there is no refresh token"
    assert httpx.post(url, data={**form, "scope": "api"}, trust_env=False).json() == {"error": "invalid_scope"}
    plain = {**form, "client_id": form["client_id"].replace("api_user__optiply", "api user_optiply")}
    assert httpx.post(url, data=plain, trust_env=False).json() == {"error": "invalid_client"}
    assert httpx.post(logic4.url + PRODUCTS, json={}, trust_env=False).status_code == 401


def test_only_four_calls_find_every_product(logic4: Running) -> None:
    truth = {row["ProductId"] for row in logic4.admin.state()["collections"]["products"]}
    found = [
        {one["ProductId"] for one in every(logic4, PRODUCTS, IsVisibleOnWebShop=web, IsVisibleInLogic4=inside)}
        for web, inside in product((True, False), repeat=2)
    ]
    assert all(found)
    assert set.union(*found) == truth
    assert sum(map(len, found)) == len(truth)
    assert {one["ProductId"] for one in every(logic4, PRODUCTS)} == found[0]


def test_bare_numbers_and_refusals_with_status_200(logic4: Running) -> None:
    assert [part["ProductId"] for part in post(logic4, PARTS, 5004).json()["Records"]] == [5005, 5006, 5007]
    assert post(logic4, PARTS, {"ProductId": 5004}).status_code == 400
    for path, body in (
        (PRODUCTS, {"TakeRecords": 10_001}),
        ("/v1.1/Products/GetSuppliersForProducts", {"ProductIds": list(range(1001))}),
        (ORDERS, {"ChangedAfter": "2026-06-15T09:00:00Z"}),
        ("/v1/BuyOrderDeliveries/GetBuyOrderDeliveries", {"Take": 1001}),
    ):
        refused = post(logic4, path, body)
        assert (refused.status_code, refused.json()["Records"]) == (200, None)
        assert len(refused.json()["ValidationMessages"]) == 1


def test_numbers_and_names_as_logic4_writes_them(logic4: Running) -> None:
    assert '"QtyReserved":1.0,' in post(logic4, "/v1.1/Stock/GetStockForWarehouses", {}).text
    rows = [row for order in every(logic4, ORDERS) for row in order["OrderRows"]]
    assert {"QtyDeliverd", "QtyDeliverd_NotInvoiced"} <= set(rows[0])
    assert {row["IsAssemblyChild"] for row in rows} == {True, False}
    assert None in {row["ProductId"] for row in rows}
    assert {"Statusname", "BarCode1", "Barcode2", "WareHouses"} <= set(every(logic4, PRODUCTS, ProductIds=[5005])[0])
    drafts = {row["BuyOrderId"] for row in every(logic4, ROWS) if row["OrderedOnDateByDistributor"] is None}
    assert post(logic4, "/v1/BuyOrders/GetBuyOrderRows", min(drafts)).json()["Records"] == []


def test_filters_read_the_clock_on_the_wall(logic4: Running) -> None:
    # The clock stands at 9:00 UTC, which is 11:00 in Amsterdam in June.
    shipped = logic4.admin.change(shipped_orders=2)["shipped_orders"]
    assert [str(order["Id"]) for order in every(logic4, ORDERS, ChangedAfter="2026-06-15T11:00:00")] == sorted(shipped)
    assert every(logic4, ORDERS, ChangedAfter="2026-06-15T11:00:01") == []
    with small("logic4", start=datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) as autumn:
        changed = autumn.admin.change(renamed=1)["renamed"]
        autumn.admin.advance(3600)
        changed += autumn.admin.change(renamed=1, seed=5)["renamed"]
        found = every(autumn, PRODUCTS, ProductIds=list(map(int, changed)))
        assert [one["DateTimeLastChanged"] for one in found] == ["2026-10-25T02:30:00"] * 2, "an hour apart"


def test_month_budget_and_missing_rights(serve_small: Any) -> None:
    with serve_small("logic4", settings={"per_month": 2, "denied": "BuyOrders"}) as running:
        answers = [post(running, path, {}).status_code for path in (ROWS, PRODUCTS, PRODUCTS, PRODUCTS)]
        assert answers == [403, 200, 200, 429]
        running.admin.advance(16 * 86400)
        assert post(running, PRODUCTS, {}).status_code == 200, "another month"


def test_goods_come_in_without_a_trace_on_the_order(logic4: Running) -> None:
    before = {row["BuyOrderRowId"]: row["QtyToDeliver"] for row in every(logic4, ROWS)}
    logic4.admin.advance(7200)
    received = logic4.admin.change(receipts=3)["receipts"]
    assert every(logic4, BUY_ORDERS, DateTimeChangedFrom="2026-06-15T13:00:00") == []
    less = {str(row["BuyOrderId"]) for row in every(logic4, ROWS) if row["QtyToDeliver"] < before[row["BuyOrderRowId"]]}
    assert set() < less <= set(received)
