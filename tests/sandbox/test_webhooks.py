"""Registrations as the systems' pages say: what they refuse, what they ask of an address, what they forget to sign."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from include.sandbox import Running
from tests.registrations.ground import Listener, until
from tests.sandbox.conftest import small

TINY = {"size": 12, "orders": 6}
MEDIA = "application/vnd.retailer.v10+json"


@contextmanager
def opened(system: str, path: str, **world: Any) -> Iterator[tuple[Running, httpx.Client]]:
    """A sandbox and a client with the login that it takes by HTTP Basic."""
    with small(system, **TINY, **world) as running:
        held = running.admin.credentials()
        auth = (held["password"], "") if system == "picqer" else (held["login"], held["password"])
        with httpx.Client(base_url=running.url + path, auth=auth, trust_env=False) as http:
            yield running, http


def test_woocommerce_checks_topic_and_address_and_pings(listener: Listener) -> None:
    with opened("woocommerce", "/wp-json/wc/v3") as (running, http):
        good = {"topic": "order.updated", "delivery_url": f"{listener.address}/here", "secret": "s"}
        assert http.post("/webhooks", json={**good, "topic": "order.shipped"}).status_code == 400
        assert http.post("/webhooks", json={**good, "delivery_url": "ftp://shop"}).status_code == 400
        assert httpx.get(f"{running.url}/wp-json/wc/v3/webhooks", trust_env=False).status_code == 401
        made = http.post("/webhooks", json=good).json()
        assert (made["status"], made["resource"], made["event"]) == ("active", "order", "updated")
        assert "secret" not in made
        (ping,) = listener.heard
        assert ping.body == f"webhook_id={made['id']}".encode()
        assert not [name for name in ping.headers if name.lower().startswith("x-wc")], "a ping is not signed"
        listener.answer = 202
        off = http.post("/webhooks", json=good).json()
        assert off["status"] == "disabled", "only 200 will do"
        assert http.put(f"/webhooks/{off['id']}", json={"status": "active"}).json()["status"] == "active"
        assert http.delete(f"/webhooks/{off['id']}").status_code == 501
        assert http.delete(f"/webhooks/{off['id']}", params={"force": "true"}).status_code == 200
        assert [each["id"] for each in http.get("/webhooks").json()] == [made["id"]]


def test_woocommerce_gives_up_after_more_than_five_failures_in_a_row(listener: Listener) -> None:
    with opened("woocommerce", "/wp-json/wc/v3") as (running, http):
        hook = http.post("/webhooks", json={"topic": "order.created", "delivery_url": listener.address}).json()
        listener.answer = 500
        running.admin.change(new_orders=5)
        until(lambda: len(running.admin.webhooks()["sent"]) == 5)
        assert http.get(f"/webhooks/{hook['id']}").json()["status"] == "active"
        running.admin.change(new_orders=1)
        until(lambda: http.get(f"/webhooks/{hook['id']}").json()["status"] == "disabled")
        numbers = {heard.headers.get("X-WC-Webhook-Delivery-ID") for heard in listener.heard[1:]}
        assert len(numbers) == 1, "the clock stands still: one second, one delivery id for six different orders"


def test_a_deletion_for_good_fires_nothing_in_woocommerce(listener: Listener) -> None:
    with opened("woocommerce", "/wp-json/wc/v3") as (running, http):
        for topic in ("product.deleted", "product.updated"):
            http.post("/webhooks", json={"topic": topic, "delivery_url": listener.address})
        listener.heard.clear()
        running.admin.change(deleted_products=1)
        running.admin.change(trashed_products=1)
        until(lambda: len(listener.heard) == 1)
        until(lambda: running.admin.webhooks()["waiting"] == 0)
        (trashed,) = listener.heard
        assert trashed.headers["X-WC-Webhook-Topic"] == "product.deleted"
        assert trashed.body.startswith(b'{"id":')
        assert trashed.body.count(b":") == 1


def test_picqer_signs_nothing_without_a_secret_and_keeps_deactivated_hooks(listener: Listener) -> None:
    with opened("picqer", "/api/v1") as (running, http):
        good = {"name": "n", "event": "orders.created", "address": listener.address}
        assert http.post("/hooks", json={**good, "event": "orders.made"}).status_code == 400
        assert http.post("/hooks", json={**good, "address": ""}).status_code == 400
        made = http.post("/hooks", json=good).json()
        running.admin.change(new_orders=1)
        until(lambda: len(listener.heard) == 1)
        assert "X-Picqer-Signature" not in listener.heard[0].headers
        assert http.delete(f"/hooks/{made['idhook']}").status_code == 200
        assert [each["active"] for each in http.get("/hooks").json()] == [False]
        assert http.post(f"/hooks/{made['idhook']}/reactivate").json()["active"] is True
        assert http.post("/hooks/99/reactivate").status_code == 404


def test_exact_asks_the_address_and_has_one_subscription_for_a_topic(listener: Listener) -> None:
    with small("exact_online", **TINY, settings={"callback_domain": "127.0.0.1"}) as running:
        held = running.admin.credentials()
        form = {"grant_type": "refresh_token", "client_id": held["login"], "client_secret": held["password"],
                "refresh_token": held["extra"]["refresh_token"]}  # fmt: skip
        access = httpx.post(f"{running.url}/api/oauth2/token", data=form, trust_env=False).json()["access_token"]
        headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
        path = "/api/v1/441609/webhooks/WebhookSubscriptions"
        with httpx.Client(base_url=running.url, headers=headers, trust_env=False) as http:
            good = {"Topic": "Items", "CallbackURL": f"{listener.address}/here", "Description": "d"}
            assert http.post(path, json={**good, "Topic": "Things"}).status_code == 400
            assert http.post(path, json={**good, "CallbackURL": "https://other.example/x"}).status_code == 400
            listener.answer = 404
            assert http.post(path, json=good).status_code == 400, "nobody there"
            listener.answer = 200
            listener.heard.clear()
            made = http.post(path, json=good)
            assert made.status_code == 201
            assert [heard.body for heard in listener.heard] == [b""], "an empty body asks whether somebody is there"
            again = http.post(path, json=good)
            assert (again.status_code, "Data already exists" in again.text) == (500, True)
            guid = made.json()["d"]["ID"]
            assert [each["ID"] for each in http.get(path).json()["d"]["results"]] == [guid]
            assert http.delete(f"{path}(guid'{guid}')").status_code == 204
            assert http.delete(f"{path}(guid'{guid}')").status_code == 404


def test_lightspeed_knows_its_groups_and_the_shops_languages(listener: Listener) -> None:
    with opened("lightspeed_ecom", "") as (_, http):
        good = {"isActive": True, "itemGroup": "orders", "itemAction": "created", "format": "json",
                "address": listener.address}  # fmt: skip
        assert http.post("/fr/webhooks.json", json={"webhook": good}).status_code == 404
        assert http.post("/nl/webhooks.json", json={"webhook": {**good, "itemAction": "deleted"}}).status_code == 400
        assert http.post("/nl/webhooks.json", json={"webhook": {**good, "address": "here"}}).status_code == 400
        made = http.post("/nl/webhooks.json", json={"webhook": good}).json()["webhook"]
        path = f"/nl/webhooks/{made['id']}.json"
        assert http.put(path, json={"webhook": {"isActive": False}}).json()["webhook"]["isActive"] is False
        assert http.delete(path).status_code == 204
        assert http.get("/nl/webhooks.json").json() == {"webhooks": []}


def test_bol_makes_a_subscription_by_a_process_and_counts_looks_at_its_keys(listener: Listener) -> None:
    with small("bol_com", **TINY) as running:
        held = running.admin.credentials()
        grant, auth = {"grant_type": "client_credentials"}, (held["login"], held["password"])
        answer = httpx.post(held["extra"]["token_url"], params=grant, auth=auth, trust_env=False)
        headers = {"Accept": MEDIA, "Authorization": f"Bearer {answer.json()['access_token']}"}
        with httpx.Client(base_url=f"{running.url}/retailer", headers=headers, trust_env=False) as http:
            good = {"resources": ["ORDER"], "url": listener.address, "subscriptionType": "WEBHOOK", "enabled": True}
            assert http.post("/subscriptions", json=good).status_code == 415, "their own media type"
            written = {"Content-Type": MEDIA}
            bad = http.post("/subscriptions", json={**good, "resources": ["ORDERS"]}, headers=written)
            assert (bad.status_code, bad.json()["violations"][0]["name"]) == (400, "resources")
            process = http.post("/subscriptions", json=good, headers=written)
            assert (process.status_code, process.json()["status"], process.json()["entityId"]) == (202, "PENDING", None)
            assert http.get("/subscriptions").json()["subscriptions"] == [], "still being made"
            (made,) = http.get("/subscriptions").json()["subscriptions"]
            assert http.post(f"/subscriptions/test/{made['id']}").status_code == 202
            until(lambda: len(listener.heard) == 1)
            asked = [http.get("/subscriptions/signature-keys").status_code for _ in range(11)]
            assert asked == [200] * 10 + [429]


def test_registrations_survive_a_restart_and_send(tmp_path: Path, listener: Listener) -> None:
    state = tmp_path / "picqer.json"
    with opened("picqer", "/api/v1", state=state) as (_, http):
        http.post("/hooks", json={"name": "n", "event": "orders.created", "address": listener.address, "secret": "s"})
    with opened("picqer", "/api/v1", state=state) as (running, http):
        assert len(http.get("/hooks").json()) == 1
        running.admin.change(new_orders=1)
        until(lambda: len(listener.heard) == 1)
        assert "X-Picqer-Signature" in listener.heard[0].headers
