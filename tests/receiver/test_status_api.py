"""The status API: for tokens with its scope and their webshop, cheap to poll, with events as things change (R14)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import requests

from include.warehouse import api_tokens
from tests.receiver.conftest import Serve, Served

pytestmark = pytest.mark.requirement("R14")


@pytest.fixture
def served(serve: Serve) -> Served:
    """The couplings shop__1, which is active and pulls, and shop__2, which is new; and a webshop of another."""
    found = serve()
    found.connection.execute(
        """update platform.coupling_life set state = 'active', since = now() where coupling_id = 1;
           insert into platform.ownership (webshop_id, object, coupling_id, priority)
               values (1, 'products', 1, 1), (1, 'products', 2, 2);
           insert into platform.pulls (webshop_id, coupling_id, object, mode, outcome, finished_at)
               values (1, 1, 'products', 'changed', 'succeeded', now());
           insert into platform.webshops (name, title, time_zone) values ('other', 'Other', 'UTC');
           insert into platform.couplings (webshop_id, name, connector, title, role, config_hash)
               values (2, 'other__1', 'picqer', 'Other', 'primary', '')"""
    )
    return found


def token(served: Served, *scopes: str, webshop: str | None = None) -> dict[str, str]:
    until = datetime.now(UTC) + timedelta(days=1)
    with psycopg.connect(served.dsn, autocommit=True) as connection:
        number = len(api_tokens.listed(connection))
        made = api_tokens.create(connection, f"t{number}", scopes or ("status:read",), webshop, until)
    return {"Authorization": f"Bearer {made}"}


def get(served: Served, path: str, headers: dict[str, str] | None = None, **given: Any) -> requests.Response:
    return requests.get(f"{served.url}/v1/status/{path}", headers=headers, timeout=20, **given)


def test_only_a_token_with_the_scope_opens_it(served: Served) -> None:
    for path in ("couplings", "couplings/shop__1", "couplings/shop__1/events", "webshops/shop"):
        assert get(served, path).status_code == 401
        assert get(served, path, token(served, "orders:read")).status_code == 403


def test_a_token_of_a_webshop_sees_nothing_of_another(served: Served) -> None:
    headers = token(served, webshop="shop")
    listed = get(served, "couplings", headers).json()
    assert [one["coupling"] for one in listed["couplings"]] == ["shop__2", "shop__1"]
    assert listed["total"] == 2
    assert get(served, "couplings?webshop=other", headers).status_code == 403
    for path in ("couplings/other__1", "couplings/other__1/events", "webshops/other", "couplings/none__x"):
        assert get(served, path, headers).status_code == 404
    assert get(served, "couplings", token(served)).json()["total"] == 3


def test_a_coupling_in_words_and_numbers(served: Served) -> None:
    headers = token(served)
    served.connection.execute(
        """insert into platform.pulls (webshop_id, coupling_id, object, mode) values (1, 1, 'products', 'all');
           insert into platform.pull_streams (pull_id, stream, records, expected)
               select max(id), 'products', 30, 120 from platform.pulls"""
    )
    found = get(served, "couplings/shop__1", headers).json()
    assert (found["state"], found["words"], found["auth"], found["activation"]) == ("on_time", "on time", "ok", None)
    (products,) = found["objects"]
    assert (products["state"], products["progress"]["percent"]) == ("pulling", 25)
    assert products["last_update_at"]
    assert get(served, "couplings/shop__2", headers).json()["auth"] == "unknown"
    shop = get(served, "webshops/shop", headers).json()
    assert (shop["state"], len(shop["couplings"])) == ("new", 2)
    assert shop["last_update_at"] == {"products": products["last_update_at"]}


def test_polling_costs_nothing_while_nothing_changes(served: Served) -> None:
    headers = token(served)
    first = get(served, "couplings/shop__1", headers)
    again = get(served, "couplings/shop__1", headers | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    served.connection.execute("update platform.coupling_life set state = 'paused' where coupling_id = 1")
    changed = get(served, "couplings/shop__1", headers | {"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.json()["state"]) == (200, "paused")


def test_events_tell_each_change(served: Served) -> None:
    with get(served, "couplings/shop__1/events", token(served), stream=True) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
        lines = (line for line in answer.iter_lines(decode_unicode=True) if line.startswith("data: "))
        assert json.loads(next(lines)[6:])["state"] == "on_time"
        served.connection.execute("update platform.coupling_life set state = 'paused' where coupling_id = 1")
        assert json.loads(next(lines)[6:])["state"] == "paused"
