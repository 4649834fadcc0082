"""What all sandboxes share: seeds, state across restarts, faults, the journal and the admin API."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from include.sandbox import Running
from include.spec.load import connector_names

CONNECTORS = connector_names()


@pytest.mark.parametrize("connector", CONNECTORS)
def test_the_same_seed_makes_the_same_world(serve_small: Any, connector: str) -> None:
    states = []
    for seed in (7, 7, 8):
        with serve_small(connector, seed=seed, size=40, orders=30) as running:
            changed = running.admin.change(seed=1, **dict.fromkeys(running.remote.changes(), 1))
            states.append((changed, running.admin.state(), running.admin.credentials()["password"]))
    assert states[0] == states[1] != states[2]


@pytest.mark.parametrize("connector", CONNECTORS)
def test_the_state_survives_a_restart(serve_small: Any, connector: str, tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    with serve_small(connector, state=file) as first:
        first.admin.advance(100)
        first.admin.change(**dict.fromkeys(first.remote.changes(), 2))
        before = httpx.get(f"{first.url}/__sandbox/state", trust_env=False).text
    # Another seed and size are ignored: the file knows what the world was made with.
    with serve_small(connector, state=file, seed=99, size=5) as second:
        assert httpx.get(f"{second.url}/__sandbox/state", trust_env=False).text == before
        second.admin.change(**dict.fromkeys(second.remote.changes(), 1))


def test_a_rotated_token_is_saved_before_the_answer_leaves(serve_small: Any, tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    with serve_small("exact_online", state=file) as running:
        held = running.admin.credentials()
        written = file.stat().st_mtime_ns
        form = {
            "grant_type": "refresh_token", "refresh_token": held["extra"]["refresh_token"],
            "client_id": held["login"], "client_secret": held["password"],
        }  # fmt: skip
        answer = httpx.post(f"{running.url}/api/oauth2/token", data=form, trust_env=False).json()
        assert answer["refresh_token"] in (tmp_path / "world.json.session").read_text()
        assert file.stat().st_mtime_ns == written, "a rotation does not write the records again"
    with serve_small("exact_online", state=file) as again:
        assert again.admin.credentials()["extra"]["refresh_token"] == answer["refresh_token"]
        assert httpx.post(f"{again.url}/api/oauth2/token", data=form, trust_env=False).status_code == 401
        headers = {"Authorization": f"Bearer {answer['access_token']}", "Accept": "application/json"}
        assert httpx.get(f"{again.url}/api/v1/current/Me", headers=headers, trust_env=False).status_code == 200


def test_a_change_refuses_unknown_names(woocommerce: Running) -> None:
    with pytest.raises(ValueError, match="unknown changes"):
        woocommerce.admin.change(prises=1)
    with pytest.raises(ValueError, match="whole numbers"):
        woocommerce.admin.change(prices=-1)


def test_faults_hit_what_they_match(woocommerce: Running, shop: httpx.Client) -> None:
    admin = woocommerce.admin
    admin.fault("status", "products", status=503, headers={"Retry-After": "7"}, skip=1, times=2)
    answers = [shop.get("products") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 503, 503, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert shop.get("orders").status_code == 200
    admin.fault("html", "page=2")
    assert shop.get("products?page=1").json()
    assert "<html>" in shop.get("products?page=2").text
    admin.fault("cut")
    with pytest.raises(httpx.RemoteProtocolError):
        shop.get("products")
    admin.fault("truncate")
    with pytest.raises(ValueError, match=r"."):
        shop.get("products").json()
    admin.fault("empty_page", times=None)
    assert shop.get("products").json() == shop.get("orders").json() == []
    admin.clear_faults()
    admin.fault("slow", seconds=0.2)
    started = time.monotonic()
    assert len(shop.get("products").json()) == 10
    assert time.monotonic() - started >= 0.2
    journal = admin.requests()
    assert [e["fault"] for e in journal if e["fault"]][:3] == ["status", "status", "html"]
    assert [e["status"] for e in journal if e["fault"] == "cut"] == [None]
    admin.forget_requests()
    assert admin.requests() == []


def test_repeated_pages(woocommerce: Running, shop: httpx.Client) -> None:
    first = shop.get("products?per_page=10&offset=0")
    woocommerce.admin.fault("repeat_next", "offset=10")
    second = shop.get("products?per_page=10&offset=10")
    assert second.json() == first.json()
    assert shop.get("products?per_page=10&offset=10").json() != first.json()


def test_bad_records(woocommerce: Running, shop: httpx.Client) -> None:
    good = shop.get("products").json()
    woocommerce.admin.fault("bad_record")
    bad = shop.get("products").json()
    assert "id" not in bad[0]
    assert bad[1]["stock_quantity"] == "n.v.t."
    assert "\x00" in bad[2]["name"]
    assert len(bad[3]["name"]) == 300
    assert bad[4]["id"] == str(good[4]["id"])
    assert bad[5:] == good[5:]
    one = good[7]["id"]
    woocommerce.admin.fault("bad_record", flaws=["nul"], ids=[str(one)], times=None)
    for _ in range(2):
        assert [p["id"] for p in shop.get("products").json() if "\x00" in p["name"]] == [one]


def test_expired_token_fault(exact_online: Running) -> None:
    held = exact_online.admin.credentials()
    form = {
        "grant_type": "refresh_token", "refresh_token": held["extra"]["refresh_token"],
        "client_id": held["login"], "client_secret": held["password"],
    }  # fmt: skip
    access = httpx.post(f"{exact_online.url}/api/oauth2/token", data=form, trust_env=False).json()["access_token"]
    headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
    url = f"{exact_online.url}/api/v1/current/Me"
    exact_online.admin.fault("expired_token", skip=1)
    assert [httpx.get(url, headers=headers, trust_env=False).status_code for _ in range(2)] == [200, 401]


def test_endless_next_link(exact_online: Running) -> None:
    access = exact_online.remote.tokens.issue(600)
    headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
    url = f"{exact_online.url}/api/v1/441609/sync/Logistics/Items?$select=ID"
    exact_online.admin.fault("repeat_next")
    with httpx.Client(headers=headers, trust_env=False) as http:
        following = http.get(url).json()["d"]["__next"]
        assert http.get(following).json()["d"]["results"] == http.get(url).json()["d"]["results"]


@pytest.mark.parametrize(
    ("connector", "path", "accept", "empty"),
    [
        ("exact_online", "/api/v1/441609/logistics/Items", "application/json", {"d": {"results": []}}),
        ("bol_com", "/retailer/orders?status=ALL", "application/vnd.retailer.v10+json", {}),
    ],
)
def test_page_faults_know_the_shape_of_the_system(
    serve_small: Any, connector: str, path: str, accept: str, empty: dict[str, Any]
) -> None:
    with serve_small(connector, size=40, orders=60) as running:
        headers = {"Authorization": f"Bearer {running.remote.tokens.issue(600)}", "Accept": accept}
        url = running.url + path
        running.admin.fault("empty_page")
        assert httpx.get(url, headers=headers, trust_env=False).json() == empty
        good = running.remote.records(httpx.get(url, headers=headers, trust_env=False).json())
        running.admin.fault("bad_record", flaws=["no_id"])
        bad = running.remote.records(httpx.get(url, headers=headers, trust_env=False).json())
        assert len(good) == len(bad)
        assert bad[1:] == good[1:]
        assert set(good[0]) - set(bad[0]) <= set(running.remote.id_fields)
        assert set(good[0]) != set(bad[0])
