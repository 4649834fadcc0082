"""The WooCommerce sandbox behaves as reference page "WooCommerce REST API v3" says."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import authorized, small


@pytest.fixture(scope="module")
def unchanged() -> Iterator[Running]:
    """A shop for the tests that only read."""
    with small("woocommerce") as running:
        yield running


@pytest.fixture(scope="module")
def window(unchanged: Running) -> Iterator[httpx.Client]:
    """An authorized client of the unchanged shop."""
    with authorized(unchanged) as http:
        yield http


def pull(shop: httpx.Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """Read all pages by the Link header."""
    found: list[dict[str, Any]] = []
    answer = shop.get(path, params={"per_page": 50, "orderby": "id", "order": "asc", **query})
    while True:
        found += answer.raise_for_status().json()
        if "next" not in answer.links:
            return found
        answer = shop.get(answer.links["next"]["url"])


def test_wrong_or_absent_keys_are_refused(unchanged: Running) -> None:
    held = unchanged.admin.credentials()
    url = f"{unchanged.url}/wp-json/wc/v3/products"
    absent = httpx.get(url, trust_env=False)
    wrong = httpx.get(url, auth=("ck_no", held["password"]), trust_env=False)
    by_query = {"consumer_key": held["login"], "consumer_secret": held["password"]}
    assert (absent.status_code, absent.json()["code"]) == (401, "woocommerce_rest_cannot_view")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "woocommerce_rest_authentication_error")
    assert httpx.get(url, params=by_query, trust_env=False).status_code == 200
    assert held["password"] not in str(unchanged.admin.requests())


@pytest.mark.parametrize(
    "query",
    [
        {"per_page": 101}, {"per_page": 0}, {"page": 0}, {"page": "x"}, {"orderby": "stock"}, {"order": "up"},
        {"status": "enabled"}, {"modified_after": "yesterday"}, {"after": "2026-13-01T00:00:00"}, {"include": "a"},
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(window: httpx.Client, query: dict[str, Any]) -> None:
    answer = window.get("products", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_param")
    assert set(answer.json()["data"]["params"]) == set(query)


def test_pages_end_where_the_headers_say(window: httpx.Client) -> None:
    first = window.get("products", params={"per_page": 50, "page": 1})
    pages = int(first.headers["X-WP-TotalPages"])
    last = window.get("products", params={"per_page": 50, "page": pages})
    past = window.get("products", params={"per_page": 50, "page": pages + 1})
    total = int(first.headers["X-WP-Total"])
    assert pages == 3
    assert len(first.json()) == 50
    assert len(last.json()) == total - 100
    assert "next" in first.links
    assert "next" not in last.links
    assert (past.status_code, past.json(), past.headers["X-WP-Total"]) == (200, [], str(total))
    assert len(window.get("products").json()) == 10


def test_all_pages_are_the_state_without_trash(unchanged: Running, window: httpx.Client) -> None:
    truth = unchanged.admin.state()["collections"]
    for path in ("products", "orders"):
        listed = pull(window, path)
        assert listed == [record for record in truth[path] if record["status"] != "trash"]
        assert len({record["id"] for record in listed}) == len(listed)
        assert len(pull(window, path, status="trash")) == len(truth[path]) - len(listed) > 0


def test_kinds_of_products(window: httpx.Client) -> None:
    products = pull(window, "products")
    assert {p["type"] for p in products} == {"simple", "variable", "grouped"}
    assert {p["status"] for p in products} >= {"publish", "draft", "pending", "private"}
    assert {p["price"] for p in products} & {""}
    assert any(p["virtual"] and p["downloadable"] for p in products)
    assert all(isinstance(p["price"], str) for p in products)
    assert any(p["manage_stock"] is False and p["stock_quantity"] is None for p in products)
    seen = set()
    for parent in (p for p in products if p["type"] == "variable"):
        variations = pull(window, f"products/{parent['id']}/variations")
        assert [v["id"] for v in variations] == parent["variations"]
        seen |= {v["manage_stock"] for v in variations}
        if variations[0]["manage_stock"] == "parent":
            assert {v["stock_quantity"] for v in variations} == {parent["stock_quantity"]}
    assert seen == {True, False, "parent"}


def test_single_records(window: httpx.Client) -> None:
    parent = pull(window, "products", type="variable")[0]
    child = parent["variations"][0]
    assert window.get(f"products/{parent['id']}").json() == parent
    assert window.get(f"products/{child}").json()["parent_id"] == parent["id"]
    assert window.get(f"products/{parent['id']}/variations/{child}").json()["id"] == child
    gone = {
        "products/9": "woocommerce_rest_product_invalid_id",
        "products/9/variations": "woocommerce_rest_product_invalid_id",
        f"products/{parent['id']}/variations/9": "woocommerce_rest_product_variation_invalid_id",
        "orders/9": "woocommerce_rest_shop_order_invalid_id",
        "coupons": "rest_no_route",
    }
    answers = {path: window.get(path) for path in gone}
    assert {path: answer.json()["code"] for path, answer in answers.items()} == gone
    assert {answer.status_code for answer in answers.values()} == {404}
    assert window.get("system_status").json()["environment"]["version"] == "8.9.1"


def test_orders_have_the_awkward_lines(window: httpx.Client) -> None:
    orders = pull(window, "orders")
    lines = [line for order in orders for line in order["line_items"]]
    assert {o["status"] for o in orders} >= {"completed", "processing", "cancelled", "refunded", "failed", "on-hold"}
    assert any(line["product_id"] == 0 and line["sku"] is None for line in lines)
    twice = [o for o in orders if len({line["name"] for line in o["line_items"]}) < len(o["line_items"])]
    assert twice
    for order in orders:
        net = sum(Decimal(line["total"]) for line in order["line_items"])
        whole = net + Decimal(order["total_tax"]) + Decimal(order["shipping_total"])
        assert Decimal(order["total"]) == whole


def test_modified_after_takes_site_time_unless_told_gmt(woocommerce: Running, shop: httpx.Client) -> None:
    woocommerce.admin.advance(3600)
    changed = woocommerce.admin.change(renamed=3)["renamed"]
    # The clock stands at 10:00 UTC, which is 12:00 at the shop in June.
    just_before, at = "2026-06-15T09:59:59", "2026-06-15T10:00:00"
    gmt = pull(shop, "products", modified_after=just_before, dates_are_gmt="true")
    site = pull(shop, "products", modified_after="2026-06-15T11:59:59")
    assert {str(p["id"]) for p in gmt} == {str(p["id"]) for p in site} == set(changed)
    assert pull(shop, "products", modified_after=at, dates_are_gmt="true") == []
    assert pull(shop, "products", modified_after="2026-06-15T12:00:00") == []


def test_created_filters_and_sorting(window: httpx.Client) -> None:
    orders = pull(window, "orders", orderby="date")
    middle = orders[len(orders) // 2]["date_created_gmt"]
    later = pull(window, "orders", after=middle, dates_are_gmt="true")
    earlier = pull(window, "orders", before=middle, dates_are_gmt="true")
    assert len(later) + len(earlier) + 1 == len(orders)
    modified = [o["date_modified_gmt"] for o in pull(window, "orders", orderby="modified", order="desc")]
    assert modified == sorted(modified, reverse=True)
    assert modified != sorted(modified)
    some = [str(o["id"]) for o in orders[3:6]]
    assert [str(o["id"]) for o in pull(window, "orders", include=",".join(some))] == sorted(some)
    two = pull(window, "orders", status="completed,refunded")
    assert {o["status"] for o in two} == {"completed", "refunded"}
    assert all(set(o) == {"id", "status"} for o in pull(window, "orders", _fields="id,status"))


def test_old_versions_ignore_modified_after(serve_small: Any) -> None:
    with serve_small("woocommerce", settings={"version": "5.5.2"}) as running:
        held = running.admin.credentials()
        url = f"{running.url}/wp-json/wc/v3/products?modified_after=2099-01-01T00:00:00"
        assert len(httpx.get(url, auth=(held["login"], held["password"]), trust_env=False).json()) == 10


def test_changes_have_their_effect(woocommerce: Running, shop: httpx.Client) -> None:
    before = {p["id"]: p for p in pull(shop, "products")}
    truth = woocommerce.admin.state()["collections"]
    stocked = {str(p["id"]): p for p in truth["products"] + truth["variations"]}
    woocommerce.admin.advance(60)
    counts = {
        "new_products": 4, "silent_stock": 2, "stock": 2, "drafted_products": 1, "trashed_products": 1,
        "deleted_products": 2, "new_orders": 2, "cancelled_orders": 1, "deleted_orders": 1,
    }  # fmt: skip
    changed = woocommerce.admin.change(seed=3, **counts)
    assert {name: len(ids) for name, ids in changed.items()} == counts
    after = {p["id"]: p for p in pull(shop, "products")}
    gone = {int(i) for i in changed["deleted_products"] + changed["trashed_products"]}
    assert set(before) - set(after) == gone
    assert set(after) - set(before) == {int(i) for i in changed["new_products"]}
    assert all(shop.get(f"products/{i}").status_code == 404 for i in changed["deleted_products"])
    assert shop.get(f"products/{changed['trashed_products'][0]}").json()["status"] == "trash"
    for key in set(changed["silent_stock"]) - set(changed["stock"]):
        now, then = shop.get(f"products/{key}").json(), stocked[key]
        assert now["stock_quantity"] != then["stock_quantity"]
        assert now["date_modified_gmt"] == then["date_modified_gmt"]
    assert all(shop.get(f"products/{i}").json()["date_modified_gmt"] == "2026-06-15T09:01:00" for i in changed["stock"])
    assert shop.get(f"orders/{changed['cancelled_orders'][0]}").json()["status"] == "cancelled"
    assert shop.get(f"orders/{changed['deleted_orders'][0]}").status_code == 404
    deleted = woocommerce.admin.state()["deleted"]
    assert {str(p["id"]) for p in deleted["products"]} == set(changed["deleted_products"])
    lines = [line for order in pull(shop, "orders") for line in order["line_items"]]
    assert not {line["product_id"] for line in lines} & {int(i) for i in changed["deleted_products"]}


def test_stock_is_written_where_it_is_kept(woocommerce: Running, shop: httpx.Client) -> None:
    """Section 9: a level, never an amount; a variation is written at its parent's address."""
    state = woocommerce.admin.state()["collections"]
    simple = next(p for p in state["products"] if p["manage_stock"] is True and p["type"] == "simple")
    written = shop.put(f"products/{simple['id']}", json={"manage_stock": True, "stock_quantity": 43}).json()
    assert (written["stock_quantity"], shop.get(f"products/{simple['id']}").json()["stock_quantity"]) == (43, 43)
    shared = next(v for v in state["variations"] if v["manage_stock"] == "parent")
    parent = next(p for p in state["products"] if shared["id"] in p["variations"])
    path = f"products/{parent['id']}/variations/{shared['id']}"
    assert shop.put(f"products/{shared['id']}", json={"stock_quantity": 1}).status_code == 404
    assert shop.put(path, json={"stock_quantity": "1"}).status_code == 400
    shop.put(f"products/{parent['id']}", json={"manage_stock": True, "stock_quantity": 9})
    assert shop.get(path).json()["stock_quantity"] == 9, "its variations repeat the shelf's number"
    assert [entry["status"] for entry in woocommerce.admin.writes()] == [200, 404, 400, 200]
