"""The Exact Online sandbox behaves as reference page "Exact Online (REST API v1, OData v2)" says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from tests.sandbox.conftest import small

DIVISION = "/api/v1/441609"
SYNC = {
    "sync/Logistics/Items": "items", "sync/Inventory/StockPositions": "stock_positions",
    "sync/Logistics/SalesItemPrices": "prices", "sync/CRM/Accounts": "accounts",
    "sync/Logistics/SupplierItem": "supplier_items", "sync/SalesOrder/SalesOrderHeaders": "orders",
    "sync/SalesOrder/SalesOrderLines": "order_lines", "sync/SalesInvoice/SalesInvoices": "invoices",
    "sync/PurchaseOrder/PurchaseOrders": "purchases", "sync/Manufacturing/BillOfMaterialVersions": "bom_versions",
    "sync/Manufacturing/BillOfMaterialMaterials": "version_materials", "sync/Manufacturing/ShopOrders": "shop_orders",
    "sync/Logistics/PurchaseItemPrices": "purchase_prices", "sync/Sales/SalesPriceListVolumeDiscounts": "list_prices",
}  # fmt: skip
NORMAL = {
    "logistics/Items": "items", "crm/Accounts": "accounts", "logistics/SalesItemPrices": "prices",
    "logistics/SupplierItem": "supplier_items", "salesorder/SalesOrders": "orders",
    "salesorder/SalesOrderLines": "order_lines", "inventory/AssemblyBillOfMaterialHeader": "boms",
    "inventory/AssemblyBillOfMaterialMaterials": "bom_materials", "inventory/Warehouses": "warehouses",
    "purchaseorder/PurchaseReturnLines": "sent_back", "sales/SalesPriceListPeriods": "price_periods",
    "inventory/AssemblyOrders": "assembly_orders", "manufacturing/ShopOrders": "shop_orders",
}  # fmt: skip


class Exact:
    """A client that asks one token and pulls."""

    def __init__(self, running: Running) -> None:
        self.running, self.held = running, running.admin.credentials()
        self.http = httpx.Client(base_url=running.url, headers={"Accept": "application/json"}, trust_env=False)
        self.refresh_token = self.held["extra"]["refresh_token"]

    def refresh(self, **changed: str) -> httpx.Response:
        form = {
            "grant_type": "refresh_token", "refresh_token": self.refresh_token,
            "client_id": self.held["login"], "client_secret": self.held["password"], **changed,
        }  # fmt: skip
        answer = self.http.post("/api/oauth2/token", data=form)
        if answer.status_code == 200:
            self.refresh_token = answer.json()["refresh_token"]
            self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(f"{DIVISION}/{path}", headers=headers)

    def pull(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        url: str | None = f"{DIVISION}/{path}"
        while url:
            answer = self.http.get(url).raise_for_status()
            body = json.loads(answer.text, parse_float=Decimal)["d"]
            found, url = found + body["results"], body.get("__next")
        return found


@pytest.fixture
def exact(exact_online: Running) -> Iterator[Exact]:
    client = Exact(exact_online)
    assert client.refresh().status_code == 200
    exact_online.remote.set["per_minute"] = 1000
    yield client
    client.http.close()


@pytest.fixture(scope="module")
def unchanged() -> Iterator[Exact]:
    """A company for the tests that only read, with small pages and without an error quota."""
    settings = {"per_minute": 10_000, "errors_per_hour": 10_000, "sync_page_size": 50}
    with small("exact_online", settings=settings) as running:
        client = Exact(running)
        client.refresh()
        yield client
        client.http.close()


def bare(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in ("__metadata", "Timestamp", "SalesOrderLines")}


def test_tokens_rotate_and_expire(exact: Exact) -> None:
    admin, first = exact.running.admin, exact.refresh_token
    too_early = exact.refresh()
    assert too_early.status_code == 400
    assert too_early.headers["Reason"] == "TooEarlyToRefreshTokens"
    assert too_early.json()["error_description"] == "Rate limit exceeded: access_token not expired"
    admin.advance(569)
    assert exact.refresh().status_code == 400
    assert exact.refresh_token == first
    assert exact.get("crm/Accounts").status_code == 200
    admin.advance(31)
    assert exact.get("crm/Accounts").status_code == 401
    answer = exact.refresh()
    assert answer.json()["expires_in"] == "600"
    assert exact.refresh_token != first
    assert exact.get("crm/Accounts").status_code == 200
    admin.advance(600)
    assert exact.refresh(refresh_token=first).status_code == 401
    assert exact.refresh(refresh_token="never").json()["error"] == "invalid_grant"
    assert exact.refresh(client_secret="wrong").status_code == 401
    assert exact.refresh(grant_type="client_credentials").status_code == 400
    admin.advance(31 * 86400)
    assert exact.refresh().json()["error"] == "invalid_grant"


def test_token_body_must_be_a_form(exact_online: Running) -> None:
    refresh_token = exact_online.admin.credentials()["extra"]["refresh_token"]
    body = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = httpx.post(f"{exact_online.url}/api/oauth2/token", json=body, trust_env=False)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert exact_online.admin.credentials()["extra"]["refresh_token"] == refresh_token


def test_xml_without_accept(exact: Exact) -> None:
    answer = exact.get("crm/Accounts?$top=2", Accept="*/*")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert answer.text.count("<d:Code>") == 2


def test_shapes_of_d(unchanged: Exact) -> None:
    me = unchanged.http.get("/api/v1/current/Me?$select=CurrentDivision")
    assert me.json() == {"d": {"results": [{"CurrentDivision": 441609}]}}
    some = unchanged.get("crm/Accounts?$top=2&$select=ID,Code").json()["d"]
    assert isinstance(some, list)
    assert len(some) == 2
    assert all(len(a["Code"]) == 18 for a in some)
    one = unchanged.get(f"crm/Accounts(guid'{some[0]['ID']}')").json()["d"]
    assert one["Code"] == some[0]["Code"]
    assert unchanged.get("crm/Accounts(guid'00000000-0000-4000-8000-000000000000')").status_code == 404
    assert unchanged.get("crm/Accounts('x')").status_code == 400
    capped = unchanged.get("logistics/SalesItemPrices?$top=70").json()["d"]
    assert len(capped["results"]) == 60
    assert "$top=10&" in capped["__next"]
    assert unchanged.get("crm/Accounts?$top=1&$inlinecount=allpages").status_code == 200


@pytest.mark.parametrize("path", SYNC)
def test_sync_pages_by_row_version(unchanged: Exact, path: str) -> None:
    truth = {r["ID"]: r for r in json_state(unchanged)[SYNC[path]]}
    assert unchanged.get(path).status_code == 400, "$select is mandatory"
    fields = ",".join(["Timestamp", *next(iter(truth.values()))])
    pulled = unchanged.pull(f"{path}?$select={fields}&$filter=Timestamp gt 1")
    versions = [r["Timestamp"] for r in pulled]
    assert versions == sorted(set(versions))
    assert {r["ID"]: bare(r) for r in pulled} == truth
    rest = unchanged.pull(f"{path}?$filter=Timestamp gt {versions[-3]}L&$select=Timestamp")
    assert [r["Timestamp"] for r in rest] == versions[-2:]
    next_link = unchanged.get(f"{path}?$select=ID").json()["d"].get("__next", "none")
    assert re.search(r"\$select=ID&\$skiptoken=\d+L$", next_link) or len(truth) <= 50


@pytest.mark.parametrize("path", NORMAL)
def test_normal_endpoints_page_by_guid(unchanged: Exact, path: str) -> None:
    truth = json_state(unchanged)[NORMAL[path]]
    pulled = unchanged.pull(path)
    key = "OrderID" if path == "salesorder/SalesOrders" else "ID"
    assert {r[key]: r for r in map(bare, pulled)} == {
        r[key]: {n: v for n, v in r.items() if key == "ID" or n != "ID"} for r in truth
    }
    body = unchanged.get(path).json()["d"]
    if len(truth) > 60:
        assert len(body["results"]) == 60
        assert re.search(r"\$skiptoken=guid'[0-9a-f-]{36}'$", body["__next"])
    assert all(re.fullmatch(r"/Date\(\d+\)/", r["Modified"]) for r in pulled if "Modified" in r)


def json_state(exact: Exact) -> dict[str, list[dict[str, Any]]]:
    text = httpx.get(f"{exact.running.url}/__sandbox/state", trust_env=False).text
    collections: dict[str, list[dict[str, Any]]] = json.loads(text, parse_float=Decimal)["collections"]
    return collections


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("crm/Accounts?$filter=Nonsense eq true", 400),
        ("crm/Accounts?$filter=IsSupplier eq 'yes'", 400),
        ("crm/Accounts?$filter=IsSupplier eq", 400),
        ("crm/Accounts?$filter=Modified gt datetime'soon'", 400),
        ("crm/Accounts?$select=ID,Nonsense", 400),
        ("crm/Accounts?limit=10", 400),
        ("sync/CRM/Accounts?$select=ID&$filter=IsSupplier eq true", 400),
        ("crm/Accounts?$skiptoken=12L", 400),
        ("crm/Accounts?$expand=GoodsReceiptLines", 400),
        ("purchaseorder/GoodsReceipts?$expand=Lines", 400),
        ("crm/Nothing", 404),
    ],
)
def test_bad_queries_are_refused(unchanged: Exact, path: str, status: int) -> None:
    answer = unchanged.get(path)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]["value"]


def test_filters(exact: Exact) -> None:
    truth = json_state(exact)
    suppliers = exact.pull("crm/Accounts?$filter=IsSupplier eq true")
    assert {a["ID"] for a in suppliers} == {a["ID"] for a in truth["accounts"] if a["IsSupplier"]}
    item = truth["prices"][0]["Item"]
    assert {p["Item"] for p in exact.pull(f"logistics/SalesItemPrices?$filter=Item eq guid'{item.upper()}'")} == {item}
    picked = exact.pull("salesorder/SalesOrders?$filter=(Status eq 12 or Status eq 20) and WarehouseCode eq '1'")
    assert {o["OrderID"] for o in picked} == {o["ID"] for o in truth["orders"] if o["Status"] in (12, 20)}
    exact.running.admin.advance(3600)
    exact.refresh()
    changed = exact.running.admin.change(renamed=2)["renamed"]
    # 10:00 UTC is 12:00 office time: the filter and the milliseconds both speak office time.
    newer = exact.pull("logistics/Items?$filter=Modified gt datetime'2026-06-15T11:59:59'&$select=ID,Modified")
    assert {i["ID"] for i in newer} == set(changed)
    assert {i["Modified"] for i in newer} == {"/Date(1781524800000)/"}
    assert exact.pull("logistics/Items?$filter=Modified gt datetime'2026-06-15T12:00:00'") == []


def test_division_and_limits(exact: Exact) -> None:
    exact.running.remote.set.update(per_minute=3, per_day=8)
    assert exact.http.get("/api/v1/1/crm/Accounts").status_code == 403
    answers = [exact.get("crm/Accounts?$top=1") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    first, breach = answers[0].headers, answers[3].headers
    assert (first["X-RateLimit-Minutely-Limit"], first["X-RateLimit-Minutely-Remaining"]) == ("3", "2")
    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("8", "7")
    assert int(first["X-RateLimit-Minutely-Reset"]) == 1781514060000
    assert len(first["X-RateLimit-Reset"]) == 13
    assert answers[3].content == b""
    assert "Retry-After" not in breach
    assert "X-RateLimit-Minutely-Reset" in breach
    assert "X-RateLimit-Limit" not in breach
    exact.running.admin.advance(60)
    assert [exact.get("crm/Accounts?$top=1").status_code for _ in range(3)] == [200, 200, 200]
    exact.running.admin.advance(60)
    last = [exact.get("crm/Accounts?$top=1") for _ in range(3)]
    assert [a.status_code for a in last] == [200, 200, 429]
    assert last[2].headers["X-RateLimit-Remaining"] == "0"
    assert "X-RateLimit-Minutely-Limit" not in last[2].headers


def test_error_quota_blocks_the_endpoint_for_an_hour(exact: Exact) -> None:
    assert {exact.get("crm/Accounts?x=1").status_code for _ in range(11)} == {400}
    assert exact.get("crm/Accounts").status_code == 429
    assert exact.get("logistics/Items").status_code == 200
    exact.running.admin.advance(3599)
    assert exact.get("crm/Accounts").status_code == 429
    exact.running.admin.advance(1)
    exact.refresh()
    assert exact.get("crm/Accounts").status_code == 200


def test_kinds_of_records(unchanged: Exact) -> None:
    truth = json_state(unchanged)
    items = truth["items"]
    assert any(i["EndDate"] for i in items)
    assert any(not i["IsPurchaseItem"] for i in items)
    made = {i["ID"] for i in items if i["IsMakeItem"]}
    assert {b["ID"] for b in truth["boms"]} <= made
    assert {m["AssembledItem"] for m in truth["bom_materials"]} <= made
    assert {b["BatchQuantity"] for b in truth["boms"]} == {1, 10}
    assert {len(i["Barcode"]) for i in items if i["Barcode"]} == {12, 13, 14}
    assert any(not i["Barcode"] for i in items)
    assert {s["WarehouseCode"] for s in truth["stock_positions"]} == {"1", "2", "3"}
    assert any(s["PlanningOut"] for s in truth["stock_positions"])
    prices = truth["prices"]
    assert any(p["Account"] for p in prices)
    assert any(p["Quantity"] == 10 for p in prices)
    assert any(p["EndDate"] for p in prices)
    assert {s["MainSupplier"] for s in truth["supplier_items"]} == {True, False}
    assert {s["PurchaseUnitFactor"] for s in truth["supplier_items"]} == {1, 6, 12}
    assert {o["Status"] for o in truth["orders"]} == {12, 20, 21, 45}
    assert any(a["IsSupplier"] and a["IsSales"] for a in truth["accounts"])


def test_receipts_show_their_lines_when_asked(unchanged: Exact) -> None:
    truth = {r["ID"]: r["GoodsReceiptLines"] for r in json_state(unchanged)["receipts"]}
    path = "purchaseorder/GoodsReceipts"
    assert all("__deferred" in record["GoodsReceiptLines"] for record in unchanged.pull(path))
    shown = {r["ID"]: r["GoodsReceiptLines"]["results"] for r in unchanged.pull(f"{path}?$expand=GoodsReceiptLines")}
    assert shown == truth
    # A line that was put away in two places stands there twice, the second time without a location.
    split = [lines for lines in truth.values() if len({line["ID"] for line in lines}) < len(lines)]
    assert split
    assert {line["Location"] is None for lines in split for line in lines} == {True, False}


def test_kinds_of_buying(unchanged: Exact) -> None:
    truth = json_state(unchanged)
    rows = truth["purchases"]
    assert {row["ReceiptStatus"] for row in rows} == {10, 20, 30, 40}
    assert all(row["AmountDC"] == row["NetPrice"] * row["QuantityInPurchaseUnits"] for row in rows)
    assert any(row["Quantity"] > row["QuantityInPurchaseUnits"] for row in rows)
    assert {(row["Description"] or "")[:8] for row in rows} == {"", "Optiply "}
    orders = [(row["PurchaseOrderID"], row["Item"]) for row in rows]
    assert len(set(orders)) < len(orders), "an article may stand twice on an order"
    assert any(row["Item"] is None for row in truth["invoices"])
    assert {row["SalesOrderNumber"] is None for row in truth["invoices"]} == {True, False}


def test_deleted_purchase_order_is_in_the_feed_line_by_line(exact: Exact) -> None:
    rows = json_state(exact)["purchases"]
    (key,) = exact.running.admin.change(seed=1, deleted_buy_orders=1)["deleted_buy_orders"]
    feed = exact.pull("sync/Deleted?$select=Timestamp,EntityKey,EntityType&$filter=Timestamp gt 1L")
    assert {(r["EntityKey"], r["EntityType"]) for r in feed} == {
        (row["ID"], 22) for row in rows if row["PurchaseOrderID"] == key
    }


def test_deletions_and_changes(exact: Exact) -> None:
    admin, select = exact.running.admin, "$select=Timestamp,ID,Modified"
    before = max(r["Timestamp"] for r in exact.pull("sync/Logistics/Items?$select=Timestamp"))
    high = exact.running.world.version
    assert exact.pull("sync/Deleted?$select=Timestamp") == []
    changed = admin.change(seed=1, deleted_products=2, renamed=2, prices=3, stock=4, new_products=2, cancelled_orders=1)
    feed = exact.pull("sync/Deleted?$select=Timestamp,EntityKey,EntityType&$filter=Timestamp gt 1L")
    assert {r["EntityKey"] for r in feed if r["EntityType"] == 9} == set(changed["deleted_products"])
    assert {r["EntityType"] for r in feed} >= {9, 15}
    newer = exact.pull(f"sync/Logistics/Items?{select}&$filter=Timestamp gt {before}L")
    assert {r["ID"] for r in newer} == set(changed["renamed"]) - set(changed["deleted_products"]) | set(
        changed["new_products"]
    )
    prices = exact.pull(f"sync/Logistics/SalesItemPrices?$select=ID,Item&$filter=Timestamp gt {high}L")
    assert {p["ID"] for p in prices if p["Item"] not in changed["new_products"]} == set(changed["prices"])
    order = exact.get(f"salesorder/SalesOrders(guid'{changed['cancelled_orders'][0]}')").json()["d"]
    assert order["Status"] == 45


def test_what_the_licence_lacks_is_refused(exact: Exact) -> None:
    shop_orders = "sync/Manufacturing/ShopOrders?$select=ID,Item,Timestamp"
    assert exact.get(shop_orders).status_code == 200
    exact.running.remote.set["manufacturing"] = 0
    assert exact.get(shop_orders).status_code == 403
    assert exact.get("manufacturing/ShopOrders").status_code == 403
    assert exact.get("inventory/AssemblyOrders").status_code == 200


def test_prices_and_made_orders_come_in_every_kind_that_the_mapping_tells_apart(unchanged: Exact) -> None:
    truth = json_state(unchanged)
    assert {row["EntryMethod"] for row in truth["list_prices"]} == {1, 2}
    assert {row["PriceListCode"] for row in truth["list_prices"]} == {"B2B", "VIP"}
    assert {row["BasePrice"] is None for row in truth["list_prices"] if row["EntryMethod"] == 1} == {True, False}
    assert {row["Quantity"] for row in truth["purchase_prices"]} == {1, 10}
    assert {row["OrderStatus"] for row in truth["assembly_orders"]} == {30, 50}
    assert {row["Status"] for row in truth["shop_orders"]} == {20, 30, 40}
    assert {row["Unit"] for row in truth["items"]} == {"pc", "gal", "dz"}
