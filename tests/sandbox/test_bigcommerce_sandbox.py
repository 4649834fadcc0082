"""The BigCommerce sandbox behaves as the API is documented; what is unverified stands in the connector's README."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import START, small

Store = tuple[Running, httpx.Client]


def client(running: Running) -> httpx.Client:
    held = running.admin.credentials()
    return httpx.Client(base_url=held["host"], headers={"X-Auth-Token": held["password"]}, trust_env=False)


@pytest.fixture
def store() -> Iterator[Store]:
    with small("bigcommerce") as running, client(running) as http:
        yield running, http


def pages(http: httpx.Client, path: str, **query: str) -> list[dict[str, Any]]:
    """Read all pages of a V3 list."""
    found: list[dict[str, Any]] = []
    while True:
        body = http.get(path, params={**query, "page": str(len(found) // 50 + 1)}).raise_for_status().json()
        found += body["data"]
        if body["meta"]["pagination"]["current_page"] >= body["meta"]["pagination"]["total_pages"]:
            return found


def test_the_token_and_the_store_hash_are_asked_for(store: Store) -> None:
    running, http = store
    wrong = http.get("/v2/orders", headers={"X-Auth-Token": "no"})
    elsewhere = http.get(f"{running.url}/stores/other/v3/catalog/products")
    assert [wrong.status_code, elsewhere.status_code] == [401, 404]
    assert isinstance(wrong.json(), list), "V2 refuses with a list"
    assert isinstance(elsewhere.json(), dict), "V3 refuses with a mapping"


def test_the_quota_is_told_in_milliseconds_and_kept() -> None:
    with small("bigcommerce", settings={"per_window": 3}) as running, client(running) as http:
        answers = [http.get("/v2/orders?limit=1") for _ in range(4)]
        assert [a.headers["x-rate-limit-requests-left"] for a in answers] == ["2", "1", "0", "0"]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        refused = answers[3].headers
        assert (refused["x-rate-limit-requests-quota"], refused["x-rate-limit-time-window-ms"]) == ("3", "30000")
        assert 0 < int(refused["x-rate-limit-time-reset-ms"]) <= 30_000
        assert "retry-after" not in refused
        running.admin.advance(30)
        assert http.get("/v2/orders?limit=1").status_code == 200


def test_v3_tells_totals_also_for_an_empty_page(store: Store) -> None:
    _, http = store
    body = http.get("/v3/catalog/products", params={"page": "9", "limit": "50"}).json()
    assert body["data"] == []
    counts = {"total": 120, "count": 0, "per_page": 50, "current_page": 9, "total_pages": 3}
    assert body["meta"]["pagination"] == counts


def test_v2_answers_an_empty_list_with_204_and_no_body(store: Store) -> None:
    _, http = store
    behind = http.get("/v2/orders", params={"page": "4", "limit": "40"})
    nothing = http.get("/v2/orders", params={"min_date_modified": "2030-01-01T00:00:00Z"})
    assert [(answer.status_code, answer.content) for answer in (behind, nothing)] == [(204, b"")] * 2
    assert "x-rate-limit-requests-left" in nothing.headers
    assert len(http.get("/v2/orders").json()) == 50, "50 without a limit"


def test_unknown_filters_and_wrong_pages_are_refused(store: Store) -> None:
    _, http = store
    assert http.get("/v3/catalog/products", params={"min_date_modified": "2026-01-01"}).status_code == 422
    assert http.get("/v2/orders", params={"date_modified:min": "2026-01-01"}).status_code == 400
    assert http.get("/v2/orders", params={"min_date_modified": "soon"}).status_code == 400
    assert http.get("/v2/orders", params={"limit": "251"}).status_code == 400
    assert http.get("/v2/orders", params={"page": "0"}).status_code == 400


def test_times_and_amounts_are_those_of_each_version(store: Store) -> None:
    _, http = store
    product, order = http.get("/v3/catalog/products").json()["data"][0], http.get("/v2/orders").json()[0]
    line = http.get(f"/v2/orders/{order['id']}/products").json()[0]
    assert datetime.fromisoformat(product["date_modified"]).tzinfo is not None
    assert not isinstance(product["price"], str)
    assert parsedate_to_datetime(order["date_created"]).tzinfo == UTC
    assert order["date_created"].endswith("+0000")
    assert line["total_ex_tax"].count(".") == 1
    assert len(line["total_ex_tax"].partition(".")[2]) == 4
    assert {o["date_shipped"] == "" for o in http.get("/v2/orders").json()} == {True, False}


def test_each_product_has_variants(store: Store) -> None:
    _, http = store
    products, variants = (pages(http, f"/v3/catalog/{name}") for name in ("products", "variants"))
    assert {v["product_id"] for v in variants} == {p["id"] for p in products}
    base = {v["id"] for v in variants if not v["option_values"]}
    assert base == {p["base_variant_id"] for p in products} - {None}
    assert {p["inventory_tracking"] for p in products} == {"none", "product", "variant"}


def test_a_change_shows_in_its_filter(store: Store) -> None:
    running, http = store
    running.admin.advance(3600)
    changed = running.admin.change(renamed=1, completed_orders=1)
    since = START.strftime("%Y-%m-%dT%H:%M:%SZ")
    products = pages(http, "/v3/catalog/products", **{"date_modified:min": since})
    orders = http.get("/v2/orders", params={"min_date_modified": since}).json()
    assert [str(p["id"]) for p in products] == changed["renamed"]
    assert [str(o["id"]) for o in orders] == changed["completed_orders"]


def test_an_archived_order_leaves_the_list_and_still_answers(store: Store) -> None:
    running, http = store
    (key,) = running.admin.change(deleted_orders=1)["deleted_orders"]
    assert key not in [str(o["id"]) for o in http.get("/v2/orders", params={"limit": "250"}).json()]
    assert http.get(f"/v2/orders/{key}").json()["is_deleted"] is True
    assert http.get("/v2/orders/99999").status_code == 404
    assert http.get("/v2/orders/99999/products").status_code == 404


def test_a_deleted_product_takes_its_variants_along(store: Store) -> None:
    running, http = store
    (key,) = running.admin.change(deleted_products=1)["deleted_products"]
    assert http.get("/v3/catalog/products", params={"id": key}).json()["data"] == []
    assert key not in {str(v["product_id"]) for v in pages(http, "/v3/catalog/variants")}
