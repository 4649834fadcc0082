"""The Picqer sandbox takes purchase orders as section 9 of its reference page says, and people receive them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import small
from tests.sandbox.test_picqer_sandbox import client


@pytest.fixture
def picqer() -> Iterator[tuple[Running, httpx.Client]]:
    with small("picqer") as running, client(running) as http:
        yield running, http


def an_order(**more: Any) -> dict[str, Any]:
    lines = [{"idproduct": 8001, "amount": 12, "price": 39.5}, {"idproduct": 8002, "amount": 6}]
    return {"idsupplier": 51, "supplier_orderid": "OP 812345", "products": lines, **more}


def test_an_order_is_a_concept_until_it_is_purchased(picqer: tuple[Running, httpx.Client]) -> None:
    running, http = picqer
    answer = http.post("purchaseorders", json=an_order(delivery_date="2026-06-20"))
    made, key = answer.json(), answer.json()["idpurchaseorder"]
    assert (answer.status_code, made["status"], made["supplier_orderid"]) == (201, "concept", "OP 812345")
    assert made["idwarehouse"] == 18, "the warehouse of the highest priority"
    second = next(p for p in running.admin.state()["collections"]["products"] if p["idproduct"] == 8002)
    assert [line["price"] for line in made["products"]] == [39.5, second["fixedstockprice"]]
    assert http.get("purchaseorders", params={"updated_after": "2026-06-15 11:00:00"}).json() == [made]
    bought = http.post(f"purchaseorders/{key}/mark-as-purchased")
    assert (bought.status_code, bought.json()["status"], bought.json()["delivery_date"]) == (
        200, "purchased", "2026-06-20",
    )  # fmt: skip
    again = http.post(f"purchaseorders/{key}/mark-as-purchased")
    assert (again.status_code, again.json()["error_code"]) == (400, 33)
    assert http.get(f"purchaseorders/{key}").json() == bought.json()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"idsupplier": None}, "Verplicht: idsupplier of supplier_name"),
        ({"idsupplier": 99999}, "Ongeldige waarde: idsupplier"),
        ({"idwarehouse": "18"}, "Ongeldige waarde: idwarehouse"),
        ({"products": []}, "Verplicht: products"),
        ({"products": [{"idproduct": 8001}]}, "Verplicht: products.idproduct en products.amount"),
        ({"products": [{"idproduct": 1, "amount": 2}]}, "Product niet gevonden: 1"),
        ({"products": [{"idproduct": 8001, "amount": 2.5}]}, "Ongeldige waarde: products.amount"),
        ({"products": [{"idproduct": 8001, "amount": 2, "price": "3"}]}, "Ongeldige waarde: products.price"),
        ({"delivery_date": "10-06-2026"}, "Ongeldige waarde: delivery_date"),
    ],
)
def test_a_bad_order_is_refused_and_not_kept(
    picqer: tuple[Running, httpx.Client], body: dict[str, Any], words: str
) -> None:
    running, http = picqer
    before = running.admin.state()["collections"]["purchase_orders"]
    answer = http.post("purchaseorders", json=an_order(**body))
    assert (answer.status_code, answer.json()) == (400, {"error": True, "error_code": 5, "error_message": words})
    assert running.admin.state()["collections"]["purchase_orders"] == before


def test_an_account_may_demand_more_than_the_api_can_say(picqer: tuple[Running, httpx.Client]) -> None:
    running, http = picqer
    running.admin.set(demand="Betalingsconditie")
    assert http.post("purchaseorders", json=an_order()).json()["error_message"] == "Verplicht: Betalingsconditie"
    running.admin.set(demand="")
    assert http.post("purchaseorders", json=an_order()).status_code == 201
    with pytest.raises(ValueError, match="unknown settings"):
        running.admin.set(demands="")


def test_a_fulfilment_account_names_its_supplier() -> None:
    with small("picqer", settings={"account": "fulfilment"}) as running, client(running) as http:
        assert http.post("purchaseorders", json=an_order()).status_code == 400
        assert http.post("purchaseorders", json=an_order(idsupplier=None)).status_code == 400
        made = http.post("purchaseorders", json=an_order(idsupplier=None, supplier_name="Houtwerk BV")).json()
        assert (made["idsupplier"], made["supplier_name"]) == (None, "Houtwerk BV")


def test_lines_and_header_change_until_the_order_is_closed(picqer: tuple[Running, httpx.Client]) -> None:
    running, http = picqer
    made = http.post("purchaseorders", json=an_order()).json()
    path = f"purchaseorders/{made['idpurchaseorder']}"
    first, second = (f"{path}/products/{line['idpurchaseorder_product']}" for line in made["products"])
    http.post(f"{path}/mark-as-purchased")
    running.admin.receive(str(made["idpurchaseorder"]), line=first.rpartition("/")[2], quantity=4)
    assert http.put(path, json={"remarks": "spoed"}).json()["remarks"] == "spoed"
    assert http.put(first, json={"amount": 3}).json()["error_code"] == 33, "four have come already"
    assert http.put(first, json={"amount": 10, "price": 38}).json()["price"] == 38
    assert http.delete(first).status_code == 400
    assert http.delete(second).status_code == 200
    added = http.post(f"{path}/products", json={"idproduct": 8003, "amount": 2})
    assert added.status_code == 201
    lines = http.get(path).json()["products"]
    assert [(line["idproduct"], line["amount"], line["amountreceived"]) for line in lines] == [
        (8001, 10, 4),
        (8003, 2, 0),
    ]
    assert http.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert [http.post(f"{path}/cancel").status_code, http.put(path, json={"remarks": ""}).status_code] == [400, 400]
    assert [http.put("purchaseorders/1", json={}).status_code, http.put(second, json={}).status_code] == [404, 400]


def test_people_receive_amend_and_cancel(picqer: tuple[Running, httpx.Client]) -> None:
    running, http = picqer
    admin, made = running.admin, http.post("purchaseorders", json=an_order()).json()
    key, (first, second) = str(made["idpurchaseorder"]), [r["idpurchaseorder_product"] for r in made["products"]]
    with pytest.raises(ValueError, match="only a purchased one"):
        admin.receive(key)
    http.post(f"purchaseorders/{key}/mark-as-purchased")
    rows = admin.receive(key, share=0.5)
    receipts = http.get("receipts", params={"updated_after": "2026-06-15 11:00:00"}).json()
    assert [str(row["idreceipt_product"]) for row in receipts[0]["products"]] == rows
    assert [(r["idpurchaseorder_product"], r["amount"]) for r in receipts[0]["products"]] == [(first, 6), (second, 3)]
    added = admin.amend_order(key, product="8003", quantity=5)
    admin.amend_order(key, line=str(second), quantity=3)
    order = http.get(f"purchaseorders/{key}").json()
    assert [(r["amount"], r["amountreceived"]) for r in order["products"]] == [(12, 6), (3, 3), (5, 0)]
    admin.amend_order(key, line=added, quantity=0)
    admin.receive(key)
    order = http.get(f"purchaseorders/{key}").json()
    assert (order["status"], len(order["products"])) == ("received", 2)
    with pytest.raises(ValueError, match="is received"):
        admin.cancel_order(key)
    with pytest.raises(ValueError, match="not there"):
        admin.receive("1")
