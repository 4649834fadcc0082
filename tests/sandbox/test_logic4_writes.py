"""The Logic4 sandbox takes buy orders as section 9 of its reference page says, and people receive them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import small
from tests.sandbox.test_logic4_sandbox import BUY_ORDERS, ROWS, post

CREATE, UPDATE = "/v1/BuyOrders/CreateBuyOrder", "/v1/BuyOrders/UpdateBuyOrder"
ADD, CHANGE = "/v1/BuyOrders/AddBuyOrderRow", "/v1/BuyOrders/UpdateBuyOrderRow"


@pytest.fixture
def logic4() -> Iterator[Running]:
    with small("logic4") as running:
        yield running


def an_order(running: Running, **more: Any) -> dict[str, Any]:
    products = [p["ProductId"] for p in running.admin.state()["collections"]["products"][:2]]
    day = {"ExpectedDeliveryDate": "2026-06-20T00:00:00", "OrderedOnDateByDistributor": "2026-06-15T11:00:00"}
    rows = [{"ProductId": p, "QtyToOrder": 12, "QtyToDeliver": 12, "Price": 39.5, **day} for p in products]
    return {"CreditorId": 301, "Remarks": "op-1", "BuyOrderRows": rows, **more}


def made(running: Running, **more: Any) -> int:
    answer = post(running, CREATE, an_order(running, **more)).json()
    assert answer["ValidationMessages"] == []
    return int(answer["Value"]["Id"])


def rows_of(running: Running, order: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = post(running, ROWS, {"BuyOrderId": order}).json()["Records"]
    return rows


def test_an_order_is_found_by_remarks_and_so_are_others(logic4: Running) -> None:
    order, other = made(logic4), made(logic4, Remarks="op-12", BranchId=2)
    found = post(logic4, BUY_ORDERS, {"Remarks": "op-1"}).json()["Records"]
    assert {order, other} <= {record["Id"] for record in found}, "the filter finds more than what is equal"
    assert [r["QtyToDeliver"] for r in rows_of(logic4, order)] == [12.0, 12.0]
    assert [entry["path"] for entry in logic4.admin.writes()] == [CREATE, CREATE], "a POST that reads is no write"


def test_a_draft_is_an_order_that_was_not_ordered(logic4: Running) -> None:
    draft = an_order(logic4)
    for row in draft["BuyOrderRows"]:
        del row["OrderedOnDateByDistributor"]
    order = post(logic4, CREATE, draft).json()["Value"]["Id"]
    assert post(logic4, "/v1/BuyOrders/GetBuyOrderRows", order).json()["Records"] == []
    assert len(rows_of(logic4, order)) == 2
    with pytest.raises(ValueError, match="draft"):
        logic4.admin.receive(str(order))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"CreditorId": 1}, "CreditorId is niet gevonden"),
        ({"BranchId": 9}, "BranchId is niet gevonden"),
        ({"BuyOrderRows": []}, "BuyOrderRows is verplicht"),
        ({"BuyOrderRows": [{"ProductId": 1, "QtyToOrder": 2}]}, "ProductId 1 is niet gevonden"),
        ({"BuyOrderRows": [{"ProductId": 5001, "QtyToOrder": 0}]}, "QtyToOrder moet groter zijn dan 0"),
    ],
)
def test_a_refusal_has_status_200(logic4: Running, change: dict[str, Any], message: str) -> None:
    """Trap 3."""
    before = logic4.admin.state()["collections"]["buy_orders"]
    answer = post(logic4, CREATE, an_order(logic4, **change))
    assert (answer.status_code, answer.json()) == (200, {"Value": None, "ValidationMessages": [message]})
    assert logic4.admin.state()["collections"]["buy_orders"] == before
    assert post(logic4, CREATE, an_order(logic4, CreditorId="301")).status_code == 400


def patch(running: Running, body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {running.remote.tokens.issue(3600)}"}
    return httpx.patch(running.url + CHANGE, json=body, headers=headers, trust_env=False)


def test_rows_and_header_change_until_the_order_is_closed(logic4: Running) -> None:
    order = made(logic4)
    first, second = rows_of(logic4, order)
    logic4.admin.receive(str(order), line=str(first["BuyOrderRowId"]), quantity=4)
    assert patch(logic4, {"BuyOrderRowId": first["BuyOrderRowId"], "QtyToOrder": 3}).json()["ValidationMessages"]
    assert patch(logic4, {"BuyOrderRowId": first["BuyOrderRowId"], "QtyToOrder": 10}).json()["Value"] is True
    assert post(logic4, ADD, {"BuyOrderId": order, "ProductId": first["ProductId"], "QtyToOrder": 1}).json()["Value"]
    assert [(r["QtyToOrder"], r["QtyToDeliver"]) for r in rows_of(logic4, order)] == [(10, 6), (12, 12), (1, 1)]
    post(logic4, UPDATE, {"Id": order, "Remarks": "anders", "BuyOrderClosed": True})
    header = post(logic4, BUY_ORDERS, {"BuyOrderId": order}).json()["Records"][0]
    assert (header["BuyOrderClosed"], header["AmountOfRows"]) == (True, 3)
    closed = post(logic4, ADD, {"BuyOrderId": order, "ProductId": first["ProductId"], "QtyToOrder": 1}).json()
    assert closed["ValidationMessages"] == ["De inkooporder is gesloten"]
    assert second["InternalNote"] is None


def test_deliveries_come_in_through_the_api_or_by_hand(logic4: Running) -> None:
    order = made(logic4)
    first, second = rows_of(logic4, order)
    delivery = {"BuyOrderId": order, "Rows": [{"BuyOrderRowId": first["BuyOrderRowId"], "Qty_Delivered": 5}]}
    answer = post(logic4, "/v1/BuyOrderDeliveries/CreateBuyOrderDelivery", delivery).json()["Value"]
    ids = logic4.admin.receive(str(order), share=0.5)
    found = post(logic4, "/v1/BuyOrderDeliveries/GetBuyOrderDeliveries", {"BuyOrderId": order}).json()["Records"]
    assert [row["Qty_Delivered"] for one in found for row in one["Rows"]] == [5, 4, 6]
    assert [str(row["Id"]) for row in found[1]["Rows"]] == ids
    assert found[0] == answer
    assert [r["QtyToDeliver"] for r in rows_of(logic4, order)] == [3, 6]
    logic4.admin.amend_order(str(order), line=str(second["BuyOrderRowId"]), quantity=0)
    assert len(rows_of(logic4, order)) == 1
    logic4.admin.cancel_order(str(order))
    with pytest.raises(ValueError, match="closed"):
        logic4.admin.receive(str(order))
