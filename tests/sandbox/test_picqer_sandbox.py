"""The Picqer sandbox behaves as reference page "Picqer (API v1)" says; trap = a number of its section 11."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import small


def client(running: Running) -> httpx.Client:
    key = running.admin.credentials()["password"]
    return httpx.Client(base_url=f"{running.url}/api/v1/", auth=(key, ""), trust_env=False)


@pytest.fixture
def picqer() -> Iterator[tuple[Running, httpx.Client]]:
    with small("picqer", size=240) as running, client(running) as http:
        yield running, http


def pull(http: httpx.Client, path: str, **query: str) -> list[dict[str, Any]]:
    """Read all pages; a page with fewer than 100 rows is the last."""
    page: list[dict[str, Any]] = http.get(path, params=query).raise_for_status().json()
    following = {**query, "offset": str(int(query.get("offset", "0")) + 100)}
    return page + (pull(http, path, **following) if len(page) == 100 else [])


def test_the_key_is_the_user_name(picqer: tuple[Running, httpx.Client]) -> None:
    running, http = picqer
    wrong = httpx.get(f"{running.url}/api/v1/products", auth=("no", "X"), trust_env=False)
    absent = httpx.get(f"{running.url}/api/v1/products", trust_env=False)
    assert [wrong.status_code, absent.status_code, http.get("products").status_code] == [401, 401, 200]
    assert running.admin.credentials()["password"] not in str(running.admin.requests())


def test_the_limit_is_told_and_kept() -> None:
    with small("picqer", settings={"per_minute": 3}) as running, client(running) as http:
        answers = [http.get("warehouses") for _ in range(4)]
        assert [a.headers["x-ratelimit-remaining"] for a in answers] == ["2", "1", "0", "0"]
        assert (answers[3].status_code, answers[3].json()["error_code"]) == (429, 28)
        assert "retry-after" not in answers[3].headers
        running.admin.advance(60)
        assert http.get("warehouses").status_code == 200


def test_active_and_inactive_products_are_two_lists_whose_rows_shift(picqer: tuple[Running, httpx.Client]) -> None:
    running, http = picqer
    active, inactive = pull(http, "products"), pull(http, "products", inactive="true")
    truth = [record["idproduct"] for record in running.admin.state()["collections"]["products"]]
    assert [{p["active"] for p in found} for found in (active, inactive)] == [{True}, {False}]
    assert sorted(p["idproduct"] for p in active + inactive) == sorted(truth)
    first = http.get("products").json()
    running.admin.change(new_products=1)
    assert http.get("products", params={"offset": 100}).json()[0] == first[-1], "a new row shifts all others"
    (gone,), (deleted,) = running.admin.change(inactivated_products=1, deleted_products=1).values()
    assert http.get(f"products/{gone}").json()["active"] is False
    answer = http.get(f"products/{deleted}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, 20)


def test_products_have_the_traps(picqer: tuple[Running, httpx.Client]) -> None:
    """Traps 3 to 6."""
    _, http = picqer
    products = {p["idproduct"]: p for p in pull(http, "products") + pull(http, "products", inactive="true")}
    assert {type(p["tags"]) for p in products.values()} == {list, dict}
    assert any(position["freestock"] < 0 for p in products.values() for position in p["stock"])
    composed = {key: http.get(f"products/{key}/parts") for key, p in products.items() if "composition" in p["type"]}
    assert {a.status_code for a in composed.values()} == {200, 404}
    assert {a.json()["error_code"] for a in composed.values() if a.is_error} == {20}


def test_orders_are_listed_by_creation_in_the_clock_of_amsterdam(picqer: tuple[Running, httpx.Client]) -> None:
    running, http = picqer
    changed = running.admin.change(new_orders=2, completed_orders=3, cancelled_orders=1)
    new = pull(http, "orders", sincedate="2026-06-15 11:00:00")
    assert {str(o["idorder"]) for o in new} == set(changed["new_orders"])
    assert pull(http, "orders", sincedate="2026-06-15 11:00:01") == []
    assert {http.get(f"orders/{key}").json()["status"] for key in changed["cancelled_orders"]} == {"cancelled"}
    lines = [line for order in pull(http, "orders") for line in order["products"]]
    assert {"idorder_product" in line for line in lines} == {True, False}


def test_receipts_of_both_versions_move_purchase_orders(picqer: tuple[Running, httpx.Client]) -> None:
    """Trap 7."""
    running, http = picqer
    receipts = pull(http, "receipts")
    assert {r["version"] for r in receipts} == {1, 2}
    assert any(len({row["idpurchaseorder"] for row in r["products"]}) == 2 for r in receipts if not r["purchaseorder"])
    changed = running.admin.change(completed_receipts=1, reverted_receipts=1, unordered_receipts=1, receipts=2)
    since = {"updated_after": "2026-06-15 11:00:00"}
    news = {str(r["idreceipt"]): r for r in pull(http, "receipts", **since)}
    assert news[changed["completed_receipts"][0]]["version"] == 1
    rows = {str(row["idreceipt_product"]): row for r in news.values() for row in r["products"]}
    assert rows[changed["reverted_receipts"][0]]["reverted_at"] == "2026-06-15 11:00:00"
    orders = {str(o["idpurchaseorder"]) for o in pull(http, "purchaseorders", **since)}
    assert {*changed["receipts"], *changed["unordered_receipts"]} <= orders
    came: Counter[int] = Counter()
    for receipt in pull(http, "receipts"):
        for row in receipt["products"]:
            counts = receipt["status"] == "completed" if receipt["version"] == 1 else not row["reverted_at"]
            came[row["idpurchaseorder_product"]] += counts * row.get("amount", row.get("amount_receiving"))
    lines = [line for order in pull(http, "purchaseorders") for line in order["products"]]
    assert all(line["amountreceived"] == came[line["idpurchaseorder_product"]] for line in lines)


def test_a_fulfilment_account_knows_suppliers_by_name_only() -> None:
    """Trap 8."""
    with small("picqer", settings={"account": "fulfilment"}) as running, client(running) as http:
        refused = http.get("suppliers")
        assert (refused.status_code, refused.json()["error_code"]) == (403, 31)
        assert {p["idsupplier"] for p in pull(http, "products")} == {None}
        assert all(o["idsupplier"] is None and o["supplier_name"] for o in pull(http, "purchaseorders"))
