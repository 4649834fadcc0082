"""The Lightspeed eCom sandbox behaves as reference page "Lightspeed eCom C-Series" says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import START, small


@pytest.fixture(scope="module")
def unchanged() -> Iterator[tuple[Running, httpx.Client]]:
    """A shop for the tests that only read, and an authorized client."""
    with small("lightspeed_ecom") as running, opened(running) as http:
        yield running, http


def opened(shop: Running) -> httpx.Client:
    """Return a client with the shop's key and secret."""
    held = shop.admin.credentials()
    return httpx.Client(base_url=f"{shop.url}/nl/", auth=(held["login"], held["password"]), trust_env=False)


def pull(http: httpx.Client, root: str, after: int = 0, **query: Any) -> list[dict[str, Any]]:
    """Read all pages by key."""
    asked = {"limit": 50, "since_id": after, **query}
    page: list[dict[str, Any]] = http.get(f"{root}.json", params=asked).raise_for_status().json()[root]
    return page + (pull(http, root, page[-1]["id"], **query) if len(page) == 50 else [])


def test_key_and_language_are_checked(unchanged: tuple[Running, httpx.Client]) -> None:
    running, http = unchanged
    held = running.admin.credentials()
    wrong = httpx.get(f"{running.url}/nl/orders.json", auth=(held["login"], "no"), trust_env=False)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, 401)
    inactive = http.get(f"{running.url}/de/orders.json")
    assert (inactive.status_code, inactive.json()["error"]["message"]) == (404, "Unknown or inactive language")
    assert http.get(f"{running.url}/en/orders.json").status_code == 200
    assert held["password"] not in str(running.admin.requests())


def test_numbered_pages_are_newest_first_and_keys_ascend(unchanged: tuple[Running, httpx.Client]) -> None:
    running, http = unchanged
    first, past = (http.get("orders.json", params={"limit": 50, "page": n}).json()["orders"] for n in (1, 9))
    ages = [order["createdAt"] for order in first]
    assert (len(first), past, ages) == (50, [], sorted(ages, reverse=True))
    for root in ("suppliers", "products", "variants", "orders"):
        records = pull(http, root)
        assert records == sorted(running.admin.state()["collections"][root], key=lambda record: record["id"])
        assert http.get(f"{root}/count.json").json() == {"count": len(records)}
        assert http.get(f"{root}/{records[0]['id']}.json").json() == {root[:-1]: records[0]}
        assert http.get(f"{root}/1.json").status_code == 404
    assert all(set(variant) == {"id", "updatedAt"} for variant in pull(http, "variants", fields="id,updatedAt"))
    product = pull(http, "products")[2]["id"]
    assert {v["product"]["resource"]["id"] for v in pull(http, "variants", product=product)} == {product}


@pytest.mark.parametrize(
    "query", [{"limit": 251}, {"limit": 0}, {"page": 0}, {"since_id": "x"}, {"updated_at_min": "2026-06-15T09:00:00Z"}]
)
def test_bad_parameters_are_refused(unchanged: tuple[Running, httpx.Client], query: dict[str, Any]) -> None:
    assert unchanged[1].get("orders.json", params=query).status_code == 400


def test_nothing_is_false_or_empty_and_numbers_may_be_texts(unchanged: tuple[Running, httpx.Client]) -> None:
    running, http = unchanged
    variants, products = pull(http, "variants"), pull(http, "products")
    assert {type(variant["priceExcl"]) for variant in variants} == {str, float}
    for field in ("priceCost", "stockLevel", "colli", "sku"):
        assert any(variant[field] is False for variant in variants), field
    assert {variant["ean"] for variant in variants} & {""}
    assert {variant["stockTracking"] for variant in variants} == {"enabled", "disabled", "indicator"}
    assert {product["visibility"] for product in products} == {"visible", "hidden", "auto"}
    assert {type(product["supplier"]) for product in products} == {dict, bool}
    assert any(supplier["title"] == "" for supplier in pull(http, "suppliers"))
    lines = [line for held in running.admin.state()["collections"]["order_products"] for line in held["orderProducts"]]
    assert any(line["variant"] is False for line in lines)
    assert any(int(line["quantityOrdered"]) > 1 and line["priceExcl"] != line["basePriceExcl"] for line in lines)


def test_what_changes_without_a_trace_in_time(serve_small: Any) -> None:
    with serve_small("lightspeed_ecom") as shop, opened(shop) as http:
        shop.admin.advance(3600)
        changed = shop.admin.change(renamed=3, hidden_products=2)
        shop.admin.advance(1)
        gone = shop.admin.change(deleted_products=2, deleted_variants=2, deleted_suppliers=1)
        news = {str(record["id"]) for record in pull(http, "products", updated_at_min="2026-06-15 10:00:00")}
        assert news == set(changed["renamed"] + changed["hidden_products"]) - set(gone["deleted_products"])
        assert pull(http, "products", updated_at_min="2026-06-15 10:00:01") == []
        assert pull(http, "variants", updated_at_min="2026-06-15 10:00:00") == []
        assert all(http.get(f"products/{key}.json").status_code == 404 for key in gone["deleted_products"])
        supplied = {p["supplier"]["resource"]["id"] for p in pull(http, "products") if p["supplier"]}
        assert not supplied & {int(key) for key in gone["deleted_suppliers"]}
        assert not {str(variant["id"]) for variant in pull(http, "variants")} & set(gone["deleted_variants"])


def test_a_new_orders_products_are_not_found_at_once(serve_small: Any) -> None:
    with serve_small("lightspeed_ecom", settings={"not_yet": 2}) as shop, opened(shop) as http:
        order = shop.admin.change(new_orders=1)["new_orders"][0]
        assert [http.get(f"orders/{order}/products.json").status_code for _ in range(3)] == [404, 404, 200]


def test_three_windows_limit_at_once(serve_small: Any) -> None:
    with serve_small("lightspeed_ecom", settings={"per_five_minutes": 3, "per_hour": 4}) as shop, opened(shop) as http:
        first = http.get("suppliers.json").headers
        assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("3/4/12000", "2/3/11999")
        assert first["X-RateLimit-Reset"] == "300/3600/54000"
        refused = [http.get("suppliers.json") for _ in range(3)]
        assert [answer.status_code for answer in refused] == [200, 200, 429]
        assert parsedate_to_datetime(refused[2].headers["Retry-After"]) == START + timedelta(minutes=5)
        shop.admin.advance(300)
        assert [http.get("suppliers.json").status_code for _ in range(2)] == [200, 429]
        hour = parsedate_to_datetime(http.get("suppliers.json").headers["Retry-After"])
        assert hour == datetime(2026, 6, 15, 10, tzinfo=UTC)


def test_stock_is_written_as_a_form() -> None:
    """Section 9: a level, never an amount."""
    with small("lightspeed_ecom") as running, opened(running) as http:
        path = f"variants/{running.admin.state()['collections']['variants'][0]['id']}.json"
        assert http.put(path, data={"variant[stockLevel]": "43"}).json()["variant"]["stockLevel"] == 43
        assert http.get(path).json()["variant"]["stockLevel"] == 43
        refused = [http.put(path, data={"variant[stockLevel]": "many"}), http.put("variants/1.json", data={})]
        assert [answer.status_code for answer in refused] == [400, 404]
