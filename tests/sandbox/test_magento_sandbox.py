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


def call(shop: Running, path: str, query: dict[str, Any] | None = None, **wrong: Any) -> httpx.Response:
    """Send a signed request; `wrong` replaces parts of the signature's ingredients."""
    held = shop.admin.credentials()
    names = {"client_secret": held["password"], "resource_owner_key": held["extra"]["access_token"]}
    names |= {"resource_owner_secret": held["extra"]["access_token_secret"], "signature_method": "HMAC-SHA256"}
    url = f"{shop.url}/{path}" + (f"?{urlencode(query)}" if query else "")
    _, headers, _ = oauth1.Client(wrong.pop("client_key", held["login"]), **{**names, **wrong}).sign(url)
    return httpx.get(url, headers=headers, trust_env=False)


def where(field: str, condition: str, value: object, group: int = 0) -> dict[str, str]:
    start = f"{CRITERIA}[filterGroups][{group}][filters][0]"
    return {f"{start}[field]": field, f"{start}[conditionType]": condition, f"{start}[value]": str(value)}


def test_signatures_are_verified_and_a_nonce_is_good_once(shop: Running) -> None:
    path = "rest/default/V1/products"
    assert call(shop, path, {"fields": "total_count"}).json().keys() == {"total_count"}
    refused = {
        "consumer_key_rejected": {"client_key": "no"}, "token_rejected": {"resource_owner_key": "no"},
        "signature_invalid": {"client_secret": "no"}, "timestamp_refused": {"timestamp": "1700000000"},
        "signature_method_rejected": {"signature_method": "HMAC-SHA1"},
    }  # fmt: skip
    answers = {problem: call(shop, path, **wrong) for problem, wrong in refused.items()}
    assert [a.json()["oauth_problem"] for a in answers.values()] == list(refused)
    assert call(shop, path, nonce="n1").status_code == 200
    again = call(shop, path, nonce="n1")
    assert (again.status_code, again.json()["oauth_problem"]) == (401, "nonce_used")
    absent = httpx.get(f"{shop.url}/{path}", trust_env=False)
    assert (absent.status_code, absent.json()["parameters"]) == (401, {"resources": "Magento_Catalog::products"})


def test_bearer_needs_the_shops_leave_and_saas_an_ims_token(shop: Running) -> None:
    held = shop.admin.credentials()
    bearer = {"Authorization": f"Bearer {held['extra']['access_token']}"}
    assert httpx.get(f"{held['host']}/V1/orders", headers=bearer, trust_env=False).status_code == 401
    with small("magento", settings={"bearer": 1, "denied": "Magento_Sales::sales"}) as open_shop:
        url = f"{open_shop.url}/rest/V1/"
        assert httpx.get(f"{url}products", headers=bearer, trust_env=False).status_code == 200
        denied = httpx.get(f"{url}orders", headers=bearer, trust_env=False)
        assert (denied.status_code, denied.json()["parameters"]["resources"]) == (401, "Magento_Sales::sales")
    form = {"grant_type": "client_credentials", "client_id": held["login"], "client_secret": held["password"]}
    token = httpx.post(
        held["extra"]["token_url"], data=form | {"scope": "openid,commerce.accs"}, trust_env=False
    ).json()
    headers = {"Authorization": f"Bearer {token['access_token']}", "x-api-key": held["login"]}
    products = f"{held['extra']['saas_host']}/V1/products"
    assert httpx.get(products, headers=headers, trust_env=False).status_code == 403
    headers["x-gw-ims-org-id"] = ORGANIZATION
    assert httpx.get(products, headers=headers, trust_env=False).status_code == 200
    shop.admin.advance(token["expires_in"])
    assert httpx.get(products, headers=headers, trust_env=False).status_code == 401


def test_pages_filters_and_the_repeated_last_page(shop: Running) -> None:
    path = "rest/default/V1/products"
    everything = call(shop, path).json()
    total = everything["total_count"]
    assert len(everything["items"]) == total == len(shop.admin.state()["collections"]["products"])
    sized = {f"{CRITERIA}[pageSize]": 50, **BY_ID}
    pages = [call(shop, path, sized | {f"{CRITERIA}[currentPage]": n}).json() for n in (1, 2, 9)]
    snake = {"search_criteria[page_size]": 50, "search_criteria[sort_orders][0][field]": "entity_id"}
    snake |= {"search_criteria[sort_orders][0][direction]": "ASC", "search_criteria[current_page]": 2}
    assert call(shop, path, snake).json()["items"] == pages[1]["items"]
    assert pages[2]["search_criteria"]["current_page"] == 9
    assert pages[2]["items"][-1] == everything["items"][-1] or len(pages[2]["items"]) == total % 50
    after = call(shop, path, sized | where("entity_id", "gt", pages[0]["items"][-1]["id"])).json()
    assert (after["items"], after["total_count"]) == (pages[1]["items"], total - 50)
    assert call(shop, path, {f"{CRITERIA}[pageSize]": 301}).status_code == 400
    assert call(shop, path, where("updated_at", "gt", "2026-06-15T00:00:00Z")).status_code == 400
    with small("magento", settings={"past_end": "empty"}) as newer:
        assert call(newer, path, sized | {f"{CRITERIA}[currentPage]": 9}).json()["items"] == []


def test_stock_in_all_its_forms_and_changes_that_leave_no_trace(shop: Running) -> None:
    held = shop.admin.state()["collections"]["products"]
    odd = next(p for p in held if "/" in p["sku"] and " " in p["sku"] and p["type_id"] == "simple")
    path = quote(odd["sku"], safe="")
    status = call(shop, f"rest/all/V1/stockStatuses/{path}").json()
    single = call(shop, f"rest/V1/products/{path}").json()
    assert single["extension_attributes"]["stock_item"] == status["stock_item"]
    assert status["product_id"] == odd["id"]
    low = call(
        shop, "rest/default/V1/stockItems/lowStock/", {"scopeId": 0, "qty": 10**7, "pageSize": 20, "currentPage": 99}
    )
    assert (low.json()["total_count"], low.json()["search_criteria"]["limit"]) == (len(held), ["99", "20"])
    items = call(shop, "rest/default/V1/inventory/source-items").json()["items"]
    export = {
        i["sku"]: i["qty"]
        for i in call(shop, "rest/V1/inventory/export-stock-salable-qty/website/base").json()["items"]
    }
    assert export[odd["sku"]] == sum(i["quantity"] for i in items if i["sku"] == odd["sku"]) - (
        status["stock_item"]["qty"] - status["qty"]
    )
    shop.admin.advance(60)
    changed = shop.admin.change(stock=3, new_skus=1, deleted_products=1, unlistable_orders=1)
    since = call(shop, "rest/V1/products", where("updated_at", "gteq", "2026-06-15 09:00:30")).json()["items"]
    assert {str(p["id"]) for p in since} == set(changed["new_skus"]) - set(changed["deleted_products"])
    broken = call(shop, "rest/V1/orders")
    assert (broken.status_code, broken.json()["message"][:12]) == (404, "Het opgevraa")
    assert call(shop, "rest/V1/orders", where("entity_id", "neq", changed["unlistable_orders"][0])).status_code == 200
