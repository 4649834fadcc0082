"""The Magento sandbox behaves as reference page "Magento 2 / Adobe Commerce (REST V1)" says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from oauthlib import oauth1

from connectors.magento.sandbox.proof import ORGANIZATION
from include.sandbox import Running
from tests.sandbox.conftest import small

CRITERIA = "searchCriteria"
BY_ID = {f"{CRITERIA}[sortOrders][0][field]": "entity_id", f"{CRITERIA}[sortOrders][0][direction]": "ASC"}


@pytest.fixture
def shop() -> Iterator[Running]:
    with small("magento") as running:
        yield running


def call(shop: Running, path: str, query: dict[str, Any] | None = None, **wrong: str) -> httpx.Response:
    """Send a signed request; `wrong` replaces parts of the signature's ingredients."""
    held = shop.admin.credentials()
    names = {"client_secret": held["password"], "resource_owner_key": held["extra"]["access_token"]}
    names |= {"resource_owner_secret": held["extra"]["access_token_secret"], "signature_method": "HMAC-SHA256"}
    url = f"{shop.url}/{path}" + (f"?{urlencode(query)}" if query else "")
    _, headers, _ = oauth1.Client(wrong.pop("client_key", held["login"]), **{**names, **wrong}).sign(url)
    return httpx.get(url, headers=headers, trust_env=False)


def where(field: str, condition: str, value: object) -> dict[str, str]:
    start = f"{CRITERIA}[filterGroups][0][filters][0]"
    return {f"{start}[field]": field, f"{start}[conditionType]": condition, f"{start}[value]": str(value)}


def test_signatures_are_verified_and_a_nonce_is_good_once(shop: Running) -> None:
    path = "rest/default/V1/products"
    assert call(shop, path, {"fields": "total_count"}).json().keys() == {"total_count"}
    refused: dict[str, dict[str, Any]] = {
        "consumer_key_rejected": {"client_key": "no"}, "token_rejected": {"resource_owner_key": "no"},
        "signature_invalid": {"client_secret": "no"}, "timestamp_refused": {"timestamp": "1700000000"},
        "signature_method_rejected": {"signature_method": "HMAC-SHA1"},
    }  # fmt: skip
    answers = {problem: call(shop, path, **wrong) for problem, wrong in refused.items()}
    assert [a.json()["oauth_problem"] for a in answers.values()] == list(refused)
    first, again = (call(shop, path, nonce="n1") for _ in range(2))
    assert (first.status_code, again.status_code, again.json()["oauth_problem"]) == (200, 401, "nonce_used")
    assert httpx.get(f"{shop.url}/{path}", trust_env=False).json()["parameters"].keys() == {"resources"}


def test_bearer_needs_the_shops_leave_and_saas_an_ims_token(shop: Running) -> None:
    def status(url: str, token: str, **headers: str) -> int:
        headers = {"Authorization": f"Bearer {token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return httpx.get(url, headers=headers, trust_env=False).status_code

    held = shop.admin.credentials()
    extra, client = held["extra"], {"client_id": held["login"], "client_secret": held["password"]}
    assert status(f"{held['host']}/V1/orders", extra["access_token"]) == 401
    with small("magento", settings={"bearer": 1, "denied": "Magento_Sales::sales"}) as open_shop:
        assert status(f"{open_shop.url}/rest/V1/products", extra["access_token"]) == 200
        assert status(f"{open_shop.url}/rest/V1/orders", extra["access_token"]) == 401
    form = {**client, "grant_type": "client_credentials", "scope": "openid,commerce.accs"}
    answer = httpx.post(extra["token_url"], data=form, trust_env=False).json()
    saas = f"{extra['saas_host']}/V1/products", answer["access_token"]
    assert status(*saas, x_api_key=held["login"]) == 403
    assert status(*saas, x_api_key=held["login"], x_gw_ims_org_id=ORGANIZATION) == 200
    shop.admin.advance(answer["expires_in"])
    assert status(*saas, x_api_key=held["login"], x_gw_ims_org_id=ORGANIZATION) == 401


def test_pages_filters_and_the_repeated_last_page(shop: Running) -> None:
    path = "rest/default/V1/products"
    total = len(shop.admin.state()["collections"]["products"])
    assert len(call(shop, path).json()["items"]) == total
    sized, last = {f"{CRITERIA}[pageSize]": 50, **BY_ID}, -(-total // 50)
    pages = {n: call(shop, path, sized | {f"{CRITERIA}[currentPage]": n}).json() for n in (1, 2, last, 99)}
    snake = {"search_criteria[page_size]": 50, "search_criteria[current_page]": 2, **BY_ID}
    assert call(shop, path, snake).json()["items"] == pages[2]["items"]
    assert pages[99] == pages[last] | {"search_criteria": pages[99]["search_criteria"]}
    after = call(shop, path, sized | where("entity_id", "gt", pages[1]["items"][-1]["id"])).json()
    assert (after["items"], after["total_count"]) == (pages[2]["items"], total - 50)
    assert call(shop, path, {f"{CRITERIA}[pageSize]": 301}).status_code == 400
    assert call(shop, path, where("updated_at", "gt", "2026-06-15T00:00:00Z")).status_code == 400
    english = call(shop, "rest/en/V1/products", sized).json()["items"]
    assert [p["name"] for p in english] == [f"{p['name']} EN" for p in pages[1]["items"]]
    with small("magento", settings={"past_end": "empty"}) as newer:
        assert call(newer, path, sized | {f"{CRITERIA}[currentPage]": 99}).json()["items"] == []


def test_stock_in_all_its_forms_and_changes_that_leave_no_trace(shop: Running) -> None:
    held = shop.admin.state()["collections"]["products"]
    odd = next(p for p in held if "/" in p["sku"] and " " in p["sku"] and p["type_id"] == "simple")
    path = quote(odd["sku"], safe="")
    status = call(shop, f"rest/all/V1/stockStatuses/{path}").json()
    inside = call(shop, f"rest/V1/products/{path}").json()["extension_attributes"]["stock_item"]
    assert (status["product_id"], status["stock_item"]) == (odd["id"], inside)
    query = {"scopeId": 0, "qty": 10**7, "pageSize": 20, "currentPage": 99}
    low = call(shop, "rest/V1/stockItems/lowStock/", query).json()
    assert (low["total_count"], low["search_criteria"]["limit"]) == (len(held), ["99", "20"])
    items = call(shop, "rest/V1/inventory/source-items").json()["items"]
    rows = call(shop, "rest/V1/inventory/export-stock-salable-qty/website/base").json()["items"]
    total = sum(item["quantity"] for item in items if item["sku"] == odd["sku"])
    assert total - (inside["qty"] - status["qty"]) in [row["qty"] for row in rows if row["sku"] == odd["sku"]]
    shop.admin.advance(60)
    changed = shop.admin.change(stock=3, new_skus=1, deleted_products=1)
    since = call(shop, "rest/V1/products", where("updated_at", "gteq", "2026-06-15 09:00:30")).json()["items"]
    assert {str(p["id"]) for p in since} == set(changed["new_skus"]) - set(changed["deleted_products"])
    with small("magento", settings={"unlistable": 7}) as broken:
        assert call(broken, "rest/V1/orders").status_code == 404
        found = call(broken, "rest/V1/orders", where("entity_id", "neq", 7)).json()
    lines = [line for order in found["items"] for line in order["items"]]
    assert {"configurable", "bundle"} <= {line.get("parent_item", {}).get("product_type") for line in lines}
    assert any(line["base_row_total"] != line["row_total"] for line in lines)
    assert {line["product_id"] for line in lines} - {p["id"] for p in held}, "no line of a deleted product"
