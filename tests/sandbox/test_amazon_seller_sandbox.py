"""The Amazon sandbox behaves as reference page "Amazon Selling Partner API – Seller" says."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import START, small

NL, DE = "A1805IZSGTT6HS", "A1PA6795UKMFR9"
SINCE, EARLIER = "2024-07-01T00:00:00Z", (START - timedelta(seconds=119)).strftime("%Y-%m-%dT%H:%M:%SZ")
V0, NEW, FBA = "/orders/v0/orders", "/orders/2026-01-01/orders", "/fba/inventory/v1/summaries"
CATALOG, LISTINGS, REPORTS = (
    "/catalog/2022-04-01/items",
    "/listings/2021-08-01/items/A3TH9S8BH6GOGM",
    "/reports/2021-06-30",
)
OF_NL = {"granularityType": "Marketplace", "granularityId": NL, "marketplaceIds": NL, "details": "true"}
ALL_V0 = {"MarketplaceIds": f"{NL},{DE}", "LastUpdatedAfter": SINCE}
ALL_NEW = {"marketplaceIds": f"{NL},{DE}", "lastUpdatedAfter": SINCE, "includedData": "PROCEEDS,FULFILLMENT"}


def login(running: Running, **changed: str) -> httpx.Response:
    held = running.admin.credentials()
    form = {"grant_type": "refresh_token", "refresh_token": held["extra"]["refresh_token"]}
    form |= {"client_id": held["login"], "client_secret": held["password"], **changed}
    return httpx.post(held["extra"]["token_url"], data=form, trust_env=False)


def client(running: Running) -> httpx.Client:
    token = login(running).json()["access_token"]
    return httpx.Client(base_url=running.url, headers={"x-amz-access-token": token}, trust_env=False)


@pytest.fixture
def strict() -> Iterator[Running]:
    with small("amazon_seller") as running:
        yield running


@pytest.fixture(scope="module")
def open_world() -> Iterator[Running]:
    with small("amazon_seller", settings={"limits": 0, "inventory_page": 20, "report_polls": 1}) as running:
        yield running


@pytest.fixture(scope="module")
def amazon(open_world: Running) -> Iterator[httpx.Client]:
    with client(open_world) as http:
        yield http


def pull(amazon: httpx.Client, path: str, query: dict[str, str], records: str, token: str, param: str) -> list[Any]:
    """Read all pages, with the other parameters repeated."""
    found, asked = [], dict(query)
    for _ in range(50):
        body = amazon.get(path, params=asked).raise_for_status().json()
        inside = body.get("payload", body)
        found += inside[records]
        after = (body.get("pagination") or {}).get("nextToken") if token == "nextToken" else inside.get(token)
        if not after:
            return found
        asked[param] = after
    raise AssertionError("the list does not end")


def test_login_and_the_403_of_an_ended_token(strict: Running) -> None:
    answer = login(strict).json()
    held = strict.admin.credentials()["extra"]["refresh_token"]
    assert (answer["expires_in"], answer["refresh_token"]) == (3600, held), "the refresh token does not rotate"
    assert login(strict, refresh_token="no").json()["error"] == "invalid_grant"
    assert login(strict, client_secret="no").status_code == 401
    with client(strict) as http:
        strict.admin.advance(3600)
        ended, garbled = http.get(V0), http.get(V0, headers={"x-amz-access-token": "no"})
    assert (ended.status_code, ended.json()["errors"][0]["code"]) == (403, "Unauthorized")
    assert ended.json()["errors"][0]["details"] == "The access token you provided has expired."
    assert "malformed" in garbled.json()["errors"][0]["details"]
    assert "x-amzn-RateLimit-Limit" not in ended.headers
    with small("amazon_seller", settings={"denied": "/fba"}) as other, client(other) as http:
        assert http.get(FBA, params=OF_NL).json()["errors"][0]["details"] == "", "a missing role has no details"


def test_token_buckets(strict: Running) -> None:
    with client(strict) as http:
        answers = [http.get(V0, params=ALL_V0) for _ in range(21)]
        assert [a.status_code for a in answers] == [200] * 20 + [429]
        assert answers[0].headers["x-amzn-RateLimit-Limit"] == "0.0167"
        assert answers[20].json()["errors"][0]["code"] == "QuotaExceeded"
        assert not {"retry-after", "x-amzn-ratelimit-limit"} & set(answers[20].headers)
        strict.admin.advance(60)
        assert [http.get(V0, params=ALL_V0).status_code for _ in range(2)] == [200, 429]
        assert http.get(NEW, params=ALL_NEW).status_code == 200, "each operation has a bucket of its own"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (V0, {"MarketplaceIds": NL}), (V0, {**ALL_V0, "CreatedAfter": SINCE}), (V0, {"LastUpdatedAfter": SINCE}),
        (V0, {**ALL_V0, "LastUpdatedBefore": EARLIER}), (V0, {**ALL_V0, "MaxResultsPerPage": "101"}),
        (V0, {**ALL_V0, "NextToken": "x"}), (NEW, {"marketplaceIds": NL}), (NEW, {**ALL_NEW, "includedData": "MONEY"}),
        (FBA, {"marketplaceIds": NL}), (CATALOG, {"identifiers": "a", "identifiersType": "SKU", "marketplaceIds": NL}),
        (LISTINGS, {"marketplaceIds": NL, "pageSize": "21"}), (LISTINGS + "0", {"marketplaceIds": NL}),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(amazon: httpx.Client, path: str, query: dict[str, str]) -> None:
    answer = amazon.get(path, params=query)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")


def test_both_generations_tell_the_same_orders(open_world: Running, amazon: httpx.Client) -> None:
    old = pull(amazon, V0, {**ALL_V0, "MaxResultsPerPage": "30"}, "Orders", "NextToken", "NextToken")
    new = pull(amazon, NEW, {**ALL_NEW, "maxResultsPerPage": "30"}, "orders", "nextToken", "paginationToken")
    assert [o["AmazonOrderId"] for o in old] == [o["orderId"] for o in new]
    assert len({o["AmazonOrderId"] for o in old}) == len(old) > 90
    assert ("OrderTotal" in old[0]) == (old[0]["OrderStatus"] != "Pending")
    assert {"CANCELLED", "SHIPPED"} <= {o["fulfillment"]["fulfillmentStatus"] for o in new}
    assert any(o["OrderStatus"] == "Canceled" for o in old)
    many = next(o for o in new if len(o["orderItems"]) > 3)
    items = pull(amazon, f"{V0}/{many['orderId']}/orderItems", {}, "OrderItems", "NextToken", "NextToken")
    assert [i["OrderItemId"] for i in items] == [i["orderItemId"] for i in many["orderItems"]]
    assert amazon.get(f"{V0}/1").json()["errors"][0]["code"] == "NotFound"
    plain = amazon.get(NEW, params={**ALL_NEW, "includedData": ""}).json()["orders"][0]
    assert not {"proceeds", "fulfillment"} & set(plain)
    made = open_world.admin.change(new_orders=4)["new_orders"]
    pending = [i for key in made for i in amazon.get(f"{V0}/{key}/orderItems").json()["payload"]["OrderItems"]]
    assert {"ItemPrice" in item for item in pending} == {True, False}
    fresh = {"MarketplaceIds": ALL_V0["MarketplaceIds"], "LastUpdatedAfter": "2026-06-15T08:00:00Z"}
    assert (
        amazon.get(V0, params={**fresh, "LastUpdatedAfter": "2026-06-15T08:58:00Z"}).json()["payload"]["Orders"] == []
    )
    open_world.admin.advance(121)
    served = amazon.get(V0, params=fresh).json()["payload"]
    assert {o["AmazonOrderId"] for o in served["Orders"]} <= set(made), "told two minutes later"
    assert served["LastUpdatedBefore"] == "2026-06-15T09:00:01Z"


def test_inventory_shows_one_pool_twice_and_its_token_dies(open_world: Running, amazon: httpx.Client) -> None:
    nl = pull(amazon, FBA, OF_NL, "inventorySummaries", "nextToken", "nextToken")
    de = pull(
        amazon,
        FBA,
        {**OF_NL, "granularityId": DE, "marketplaceIds": DE},
        "inventorySummaries",
        "nextToken",
        "nextToken",
    )  # noqa: E501
    figures = {s["sellerSku"]: s["inventoryDetails"] for s in nl}
    twice = [s["inventoryDetails"] == figures[s["sellerSku"]] for s in de if s["sellerSku"] in figures]
    assert set(twice) == {True, False}, "pools shown twice, and pools of their own"
    assert "" in {s["lastUpdatedTime"] for s in nl}
    assert "inventoryDetails" not in amazon.get(FBA, params={**OF_NL, "details": "false"}).text
    token = amazon.get(FBA, params=OF_NL).json()["pagination"]["nextToken"]
    open_world.admin.advance(31)
    assert "expired" in amazon.get(FBA, params={**OF_NL, "nextToken": token}).text


def test_listings_and_catalog(amazon: httpx.Client) -> None:
    query = {"marketplaceIds": NL, "pageSize": "20", "includedData": "summaries,offers,fulfillmentAvailability"}
    items = pull(amazon, LISTINGS, query, "items", "nextToken", "pageToken")
    asins = [item["summaries"][0]["asin"] for item in items]
    assert len(set(asins)) < len(asins) == amazon.get(LISTINGS, params=query).json()["numberOfResults"]
    wanted = ",".join(item["sku"] for item in items[:20])
    about = {"identifiers": wanted, "identifiersType": "SKU", "sellerId": "A3TH9S8BH6GOGM", "marketplaceIds": NL}
    found = amazon.get(CATALOG, params={**about, "pageSize": "20"}).json()["items"]
    assert {item["asin"] for item in found} == set(asins[:20])
    one = amazon.get(f"{LISTINGS}/{items[0]['sku']}", params=query).json()
    assert one == items[0]
    with small("amazon_seller", settings={"limits": 0, "reachable": 30}) as deep, client(deep) as http:
        assert len(pull(http, LISTINGS, query, "items", "nextToken", "pageToken")) == 30


def test_report(open_world: Running, amazon: httpx.Client) -> None:
    order = {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplaceIds": [NL]}
    made = amazon.post(f"{REPORTS}/reports", json=order)
    look = f"{REPORTS}/reports/{made.json()['reportId']}"
    assert (made.status_code, amazon.get(look).json()["processingStatus"]) == (202, "IN_QUEUE")
    done = amazon.get(look).json()
    document = amazon.get(f"{REPORTS}/documents/{done['reportDocumentId']}").json()
    assert amazon.get(document["url"]).status_code == 400, "the address is its own proof"
    packed = httpx.get(document["url"], trust_env=False)
    text = gzip.decompress(packed.content).decode("iso-8859-1")
    names, *rows = [line.split("\t") for line in text.splitlines()]
    listed = [row for row in open_world.admin.state()["collections"]["listings"] if row["marketplaceId"] == NL]
    assert [row[names.index("seller-sku")] for row in rows] == [row["sku"] for row in listed]
    assert "crème" in text
    assert {row[names.index("quantity")] == "" for row in rows} == {True, False}
    open_world.admin.advance(301)
    assert "Request has expired" in httpx.get(document["url"], trust_env=False).text
    with small("amazon_seller", settings={"report_outcome": "FATAL", "report_polls": 0}) as bad, client(bad) as http:
        key = http.post(f"{REPORTS}/reports", json=order).json()["reportId"]
        assert http.get(f"{REPORTS}/reports/{key}").json()["processingStatus"] == "FATAL"
