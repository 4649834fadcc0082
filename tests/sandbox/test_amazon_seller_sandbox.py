"""The Amazon sandbox behaves as reference page "Amazon Selling Partner API – Seller" says."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import small

NL, DE, SELLER, SINCE = "A1805IZSGTT6HS", "A1PA6795UKMFR9", "A3TH9S8BH6GOGM", "2024-07-01T00:00:00Z"
V0, NEW, FBA = "/orders/v0/orders", "/orders/2026-01-01/orders", "/fba/inventory/v1/summaries"
CATALOG, REPORTS, LISTINGS = "/catalog/2022-04-01/items", "/reports/2021-06-30", f"/listings/2021-08-01/items/{SELLER}"
OF_NL = {"granularityType": "Marketplace", "granularityId": NL, "marketplaceIds": NL, "details": "true"}
ALL_V0 = {"MarketplaceIds": f"{NL},{DE}", "LastUpdatedAfter": SINCE, "MaxResultsPerPage": "30"}
ALL_NEW = {"marketplaceIds": f"{NL},{DE}", "lastUpdatedAfter": SINCE, "includedData": "PROCEEDS,FULFILLMENT"}
Seller = tuple[Running, httpx.Client]
TOKENS = {NEW: "paginationToken", FBA: "nextToken", LISTINGS: "pageToken", CATALOG: "pageToken"}


def login(running: Running, **changed: str) -> httpx.Response:
    held = running.admin.credentials()
    form = {"grant_type": "refresh_token", "refresh_token": held["extra"]["refresh_token"]}
    form |= {"client_id": held["login"], "client_secret": held["password"], **changed}
    return httpx.post(held["extra"]["token_url"], data=form, trust_env=False)


def client(running: Running) -> httpx.Client:
    token = login(running).json()["access_token"]
    return httpx.Client(base_url=running.url, headers={"x-amz-access-token": token}, trust_env=False)


@pytest.fixture(scope="module")
def seller() -> Iterator[Seller]:
    with small("amazon_seller", settings={"limits": 0}) as running, client(running) as http:
        yield running, http


def pull(amazon: httpx.Client, path: str, query: dict[str, str]) -> list[Any]:
    found: list[Any] = []
    while True:
        body = amazon.get(path, params=query).raise_for_status().json()
        inside = body.get("payload", body)
        found += next(value for value in inside.values() if isinstance(value, list))
        token = inside.get("NextToken") or (body.get("pagination") or {}).get("nextToken")
        if not token:
            return found
        query = {**query, TOKENS.get(path, "NextToken"): token}


def test_login_token_and_buckets() -> None:
    with small("amazon_seller", settings={"denied": "/fba"}) as running, client(running) as http:
        assert login(running).json()["refresh_token"] == running.admin.credentials()["extra"]["refresh_token"]
        assert login(running, refresh_token="no").json()["error"] == "invalid_grant"
        assert http.get(FBA, params=OF_NL).json()["errors"][0]["details"] == "", "a missing role has no details"
        answers = [http.get(V0, params=ALL_V0) for _ in range(21)]
        assert [a.status_code for a in answers] == [200] * 20 + [429]
        assert (answers[0].headers["x-amzn-RateLimit-Limit"], "QuotaExceeded" in answers[20].text) == ("0.0167", True)
        assert not {"retry-after", "x-amzn-ratelimit-limit"} & set(answers[20].headers)
        running.admin.advance(60)
        again = [http.get(V0, params=ALL_V0), http.get(V0, params=ALL_V0), http.get(NEW, params=ALL_NEW)]
        assert [a.status_code for a in again] == [200, 429, 200], "each operation has a bucket of its own"
        running.admin.advance(3540)
        assert "The access token you provided has expired." in http.get(V0).text


def test_bad_parameters_are_refused(seller: Seller) -> None:
    cases: list[tuple[str, dict[str, str]]] = [
        (V0, {"MarketplaceIds": NL}), (V0, {**ALL_V0, "CreatedAfter": SINCE}), (V0, {"LastUpdatedAfter": SINCE}),
        (V0, {**ALL_V0, "LastUpdatedBefore": "2026-06-15T08:58:01Z"}), (V0, {**ALL_V0, "NextToken": "x"}),
        (NEW, {"marketplaceIds": NL}), (NEW, {**ALL_NEW, "includedData": "MONEY"}), (FBA, {"marketplaceIds": NL}),
        (CATALOG, {"identifiers": "a", "identifiersType": "SKU", "marketplaceIds": NL}),
        (LISTINGS, {"marketplaceIds": NL, "pageSize": "21"}),
    ]  # fmt: skip
    assert {seller[1].get(path, params=query).json()["errors"][0]["code"] for path, query in cases} == {"InvalidInput"}


def test_both_generations_tell_the_same_orders(seller: Seller) -> None:
    running, amazon = seller
    old, new = pull(amazon, V0, ALL_V0), pull(amazon, NEW, ALL_NEW)
    assert [o["AmazonOrderId"] for o in old] == [o["orderId"] for o in new]
    assert all(("OrderTotal" in order) == (order["OrderStatus"] != "Pending") for order in old)
    assert {"CANCELLED", "SHIPPED"} <= {o["fulfillment"]["fulfillmentStatus"] for o in new}
    many = next(o for o in new if len(o["orderItems"]) > 3)
    items = pull(amazon, f"{V0}/{many['orderId']}/orderItems", {})
    assert [i["OrderItemId"] for i in items] == [i["orderItemId"] for i in many["orderItems"]], "on two pages"
    made = running.admin.change(new_orders=4)["new_orders"]
    pending = [i for key in made for i in amazon.get(f"{V0}/{key}/orderItems").json()["payload"]["OrderItems"]]
    assert {"ItemPrice" in item for item in pending} == {True, False}
    recent = {**ALL_V0, "LastUpdatedAfter": "2026-06-15T08:58:00Z"}
    assert pull(amazon, V0, recent) == []
    running.admin.advance(121)
    assert set() != {order["AmazonOrderId"] for order in pull(amazon, V0, recent)} <= set(made), "two minutes later"


def test_goods(seller: Seller) -> None:
    running, amazon = seller
    nl, de = (pull(amazon, FBA, {**OF_NL, "granularityId": at, "marketplaceIds": at}) for at in (NL, DE))
    figures = {s["sellerSku"]: s["inventoryDetails"] for s in nl}
    shown_twice = {s["inventoryDetails"] == figures[s["sellerSku"]] for s in de if s["sellerSku"] in figures}
    assert shown_twice == {True, False}, "one pool in two marketplaces, and pools of their own"
    late = {**OF_NL, "nextToken": amazon.get(FBA, params=OF_NL).json()["pagination"]["nextToken"]}
    running.admin.advance(31)
    assert "expired" in amazon.get(FBA, params=late).text
    query = {"marketplaceIds": NL, "pageSize": "20", "includedData": "summaries,offers,fulfillmentAvailability"}
    items = pull(amazon, LISTINGS, query)
    asins = [item["summaries"][0]["asin"] for item in items]
    assert len(set(asins)) < len(asins), "several SKUs of one ASIN"
    wanted = {"identifiers": ",".join(item["sku"] for item in items[:20]), "identifiersType": "SKU", "sellerId": SELLER}
    assert {item["asin"] for item in pull(amazon, CATALOG, {**wanted, "marketplaceIds": NL})} == set(asins[:20])


def test_report(seller: Seller) -> None:
    running, amazon = seller
    order = {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplaceIds": [NL]}
    made = amazon.post(f"{REPORTS}/reports", json=order)
    looks = [amazon.get(f"{REPORTS}/reports/{made.json()['reportId']}").json() for _ in range(3)]
    assert [look["processingStatus"] for look in looks] == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    url = amazon.get(f"{REPORTS}/documents/{looks[2]['reportDocumentId']}").json()["url"]
    assert amazon.get(url).status_code == 400, "the address is its own proof"
    text = gzip.decompress(httpx.get(url, trust_env=False).content).decode("iso-8859-1")
    listed = [row for row in running.admin.state()["collections"]["listings"] if row["marketplaceId"] == NL]
    assert [line.split("\t")[3] for line in text.splitlines()[1:]] == [row["sku"] for row in listed]
    assert "crème" in text
    running.admin.advance(301)
    assert "Request has expired" in httpx.get(url, trust_env=False).text
