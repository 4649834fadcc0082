"""The Exact Online sandbox takes purchase orders as section 9 of its reference page says, and people receive them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import small

ORDERS, LINES = "purchaseorder/PurchaseOrders", "purchaseorder/PurchaseOrderLines"


@pytest.fixture
def exact() -> Iterator[tuple[Running, httpx.Client]]:
    with small("exact_online", settings={"per_minute": 10**6}) as running:
        token = running.remote.tokens.issue(6000)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        with httpx.Client(base_url=f"{running.url}/api/v1/441609/", headers=headers, trust_env=False) as http:
            yield running, http


def offers(running: Running) -> list[dict[str, Any]]:
    """Return what one supplier delivers, one item by the dozen first."""
    found: list[dict[str, Any]] = running.admin.state()["collections"]["supplier_items"]
    boxed = next(offer for offer in found if offer["PurchaseUnitFactor"] == 12)
    return sorted(
        (offer for offer in found if offer["Supplier"] == boxed["Supplier"]), key=lambda o: -o["PurchaseUnitFactor"]
    )


def an_order(running: Running, **more: Any) -> dict[str, Any]:
    first, second = offers(running)[:2]
    lines = [{"Item": first["Item"], "QuantityInPurchaseUnits": 2, "UnitPrice": 237.5, "Quantity": 1},
             {"Item": second["Item"], "QuantityInPurchaseUnits": 4}]  # fmt: skip
    return {"Supplier": first["Supplier"], "YourRef": "812345", "PurchaseOrderLines": lines, **more}


def test_an_order_is_found_by_our_reference(exact: tuple[Running, httpx.Client]) -> None:
    running, http = exact
    where = {"$filter": "YourRef eq '812345'", "$select": "PurchaseOrderID,OrderNumber"}
    assert http.get(ORDERS, params=where).json()["d"]["results"] == []
    answer = http.post(ORDERS, json=an_order(running, ReceiptDate="2026-06-20T00:00:00"))
    made = answer.json()["d"]
    assert (answer.status_code, made["OrderStatus"], made["Source"]) == (201, 10, 11)
    assert "__deferred" in made["PurchaseOrderLines"], "the ids of the lines have to be read"
    assert [found["PurchaseOrderID"] for found in http.get(ORDERS, params=where).json()["d"]["results"]] == [
        made["PurchaseOrderID"]
    ]
    read = http.get(f"{ORDERS}(guid'{made['PurchaseOrderID']}')", params={"$expand": "PurchaseOrderLines"}).json()["d"]
    dozens, others = read["PurchaseOrderLines"]["results"]
    assert (dozens["Quantity"], dozens["UnitPrice"], dozens["AmountDC"]) == (24, 237.5, 475), "Quantity is read-only"
    offer = offers(running)[1]
    own = Decimal(str(offer["PurchasePrice"])) * offer["PurchaseUnitFactor"]
    assert Decimal(str(others["UnitPrice"])) == own
    assert read["ReceiptDate"] == "/Date(1781913600000)/"
    sync = "Timestamp,ID,PurchaseOrderID,YourRef,Quantity"
    rows = http.get("sync/PurchaseOrder/PurchaseOrders", params={"$select": sync}).json()["d"]["results"]
    assert {row["ID"] for row in rows if row["PurchaseOrderID"] == made["PurchaseOrderID"]} == {
        dozens["ID"], others["ID"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Supplier": None}, "Verplicht: Leverancier"),
        ({"Supplier": "77aa0000-0000-4000-8000-000000000000"}, "Ongeldige verwijzing: Leverancier"),
        ({"PurchaseOrderLines": []}, "Verplicht: Regels"),
        ({"PurchaseOrderLines": [{"QuantityInPurchaseUnits": 1}]}, "Verplicht: Artikel"),
        ({"Reference": "x"}, "The property 'Reference' does not exist on this type."),
        ({"ReceiptDate": "20-06-2026"}, "Ongeldige datum: ReceiptDate"),
        ({"Warehouse": "1"}, "Ongeldige waarde: Magazijn"),
    ],
)
def test_a_bad_order_is_refused(exact: tuple[Running, httpx.Client], change: dict[str, Any], words: str) -> None:
    running, http = exact
    answer = http.post(ORDERS, json=an_order(running, **change))
    assert (answer.status_code, answer.json()["error"]["message"]["value"]) == (400, words)


def test_items_that_cannot_be_bought_there_are_refused(exact: tuple[Running, httpx.Client]) -> None:
    running, http = exact
    items = running.admin.state()["collections"]["items"]
    sold = {offer["Item"]: offer["Supplier"] for offer in running.admin.state()["collections"]["supplier_items"]}
    ended = next(item["ID"] for item in items if item["EndDate"] and item["ID"] in sold)
    made = next(item["ID"] for item in items if not item["IsPurchaseItem"])
    other = next(item for item, supplier in sold.items() if supplier != an_order(running)["Supplier"])
    told = []
    for item, supplier in ((ended, sold[ended]), (made, sold[other]), (other, an_order(running)["Supplier"])):
        lines = [{"Item": item, "QuantityInPurchaseUnits": 1}]
        answer = http.post(ORDERS, json={"Supplier": supplier, "PurchaseOrderLines": lines})
        told.append(answer.json()["error"]["message"]["value"].partition(":")[0])
    assert told == [
        "Artikel is niet actief", "Artikel kan niet worden ingekocht", "Artikel is niet gekoppeld aan de leverancier",
    ]  # fmt: skip


def test_ten_refusals_in_an_hour_are_the_last(exact: tuple[Running, httpx.Client]) -> None:
    """Trap 11: writes count like reads, by endpoint."""
    running, http = exact
    running.admin.set(demand="Betalingsconditie")
    told = [http.post(ORDERS, json=an_order(running)) for _ in range(12)]
    assert told[0].json()["error"]["message"]["value"] == "Verplicht: Betalingsconditie"
    assert [answer.status_code for answer in told] == [400] * 11 + [429]
    assert http.get(ORDERS).status_code == 429
    running.admin.advance(3601)
    running.admin.set(demand="")
    assert http.post(ORDERS, json=an_order(running), headers=renewed(running)).status_code == 201


def renewed(running: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {running.remote.tokens.issue(6000)}"}


def test_lines_and_header_change_but_never_the_supplier(exact: tuple[Running, httpx.Client]) -> None:
    running, http = exact
    made = http.post(ORDERS, json=an_order(running)).json()["d"]["PurchaseOrderID"]
    order, lines = f"{ORDERS}(guid'{made}')", f"{LINES}?$filter=PurchaseOrderID eq guid'{made}'"
    first, second = (
        line["ID"] for line in sorted(http.get(lines).json()["d"]["results"], key=lambda r: r["LineNumber"])
    )
    assert http.put(order, json={"Remarks": "spoed"}).status_code == 204
    assert http.get(order).json()["d"]["Remarks"] == "spoed"
    other = next(o["Supplier"] for o in running.admin.state()["collections"]["supplier_items"]
                 if o["Supplier"] != an_order(running)["Supplier"])  # fmt: skip
    assert http.put(order, json={"Supplier": other}).status_code == 400
    assert http.put(f"{LINES}(guid'{first}')", json={"QuantityInPurchaseUnits": 3, "UnitPrice": 200}).status_code == 204
    added = http.post(LINES, json={"PurchaseOrderID": made, "Item": offers(running)[2]["Item"],
                                   "QuantityInPurchaseUnits": 1})  # fmt: skip
    assert (added.status_code, added.json()["d"]["LineNumber"]) == (201, 3)
    assert http.delete(f"{LINES}(guid'{second}')").status_code == 204
    left = {line["ID"]: line["Quantity"] for line in http.get(lines).json()["d"]["results"]}
    assert left[first] == 36
    assert set(left) == {first, added.json()["d"]["ID"]}
    deleted = http.get("sync/Deleted", params={"$select": "Timestamp,EntityKey,EntityType"}).json()["d"]["results"]
    assert [(row["EntityKey"], row["EntityType"]) for row in deleted] == [(second, 22)]
    running.admin.receive(made, line=first, quantity=1)
    assert [http.delete(order).status_code, http.delete(f"{LINES}(guid'{first}')").status_code] == [400, 400]
    fresh = http.post(ORDERS, json=an_order(running)).json()["d"]["PurchaseOrderID"]
    gone = f"{ORDERS}(guid'{fresh}')"
    assert [http.delete(gone).status_code, http.get(gone).status_code] == [204, 404]


def test_people_receive_in_purchase_units(exact: tuple[Running, httpx.Client]) -> None:
    running, http = exact
    admin, made = running.admin, http.post(ORDERS, json=an_order(running)).json()["d"]["PurchaseOrderID"]
    ids = admin.receive(made, share=0.5)
    receipts = http.get("purchaseorder/GoodsReceipts", params={"$expand": "GoodsReceiptLines"}).json()["d"]["results"]
    lines = [line for receipt in receipts for line in receipt["GoodsReceiptLines"]["results"] if line["ID"] in ids]
    came = {line["QuantityOrdered"]: 0 for line in lines}
    for line in lines:
        came[line["QuantityOrdered"]] += line["QuantityReceived"]
    assert came == {2: 1, 4: 2}
    read = http.get(f"{ORDERS}(guid'{made}')", params={"$expand": "PurchaseOrderLines"}).json()["d"]
    assert (read["ReceiptStatus"], read["PurchaseOrderLines"]["results"][0]["ReceivedQuantity"]) == (20, 12)
    admin.receive(made)
    assert http.get(f"{ORDERS}(guid'{made}')").json()["d"]["ReceiptStatus"] == 30
    with pytest.raises(ValueError, match="complete or cancelled"):
        admin.cancel_order(made)
    other = http.post(ORDERS, json=an_order(running)).json()["d"]["PurchaseOrderID"]
    admin.cancel_order(other)
    assert http.get(f"{ORDERS}(guid'{other}')").json()["d"]["OrderStatus"] == 40


def test_stock_transfers_and_shop_orders(exact: tuple[Running, httpx.Client]) -> None:
    running, http = exact
    state = running.admin.state()["collections"]
    here, there = (house["ID"] for house in state["warehouses"][:2])
    made_item = next(item["ID"] for item in state["items"] if item["IsMakeItem"])
    transfer = {"EntryDate": "2026-06-15T00:00:00", "WarehouseFrom": here, "WarehouseTo": there, "Description": "op-1",
                "WarehouseTransferLines": [{"Item": made_item, "Quantity": 24}]}  # fmt: skip
    assert http.get("inventory/WarehouseTransfers", params={"$filter": "Description eq 'op-1'"}).json()["d"] == {
        "results": []
    }
    answer = http.post("inventory/WarehouseTransfers", json=transfer)
    assert (answer.status_code, answer.json()["d"]["Status"]) == (201, 10)
    found = http.get("inventory/WarehouseTransfers", params={"$filter": "Description eq 'op-1'"}).json()["d"]["results"]
    assert [one["TransferID"] for one in found] == [answer.json()["d"]["TransferID"]]
    assert http.post("inventory/WarehouseTransfers", json=transfer | {"WarehouseTo": here}).status_code == 400
    shop = {"Item": made_item, "PlannedQuantity": 10, "PlannedDate": "2026-06-30T00:00:00", "YourRef": "op-2"}
    answer = http.post("manufacturing/ShopOrders", json=shop)
    assert (answer.status_code, answer.json()["d"]["Status"]) == (201, 10)
    where = {"$filter": "YourRef eq 'op-2'"}
    assert len(http.get("manufacturing/ShopOrders", params=where).json()["d"]["results"]) == 1
    bought = next(item["ID"] for item in state["items"] if not item["IsMakeItem"])
    assert http.post("manufacturing/ShopOrders", json=shop | {"Item": bought}).status_code == 400
    assert http.post("crm/Accounts", json={}).status_code == 405
