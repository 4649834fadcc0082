"""What is secret is on no page and in no answer, whoever asks."""

from __future__ import annotations

import psycopg
import pytest
from airflow.models.connection import Connection
from airflow.utils.session import create_session

from tests.desk.conftest import Opened
from tests.desk.test_doors import COUPLING, doors

MARK = "planted-secret-7c1f"
pytestmark = pytest.mark.requirement("R8")


@pytest.fixture(scope="module")
def planted(opened: Opened, warehouse: psycopg.Connection) -> None:
    """Put a marked secret wherever one is kept."""
    with create_session() as session:
        extra = f'{{"client_secret": "{MARK}-extra"}}'
        session.add(Connection(COUPLING, "http", host="h", login=f"{MARK}-login", password=f"{MARK}-pw", extra=extra))
    execute = warehouse.execute
    execute("insert into platform.tokens (credential, secret) values (%s, %s)", [COUPLING, f"{MARK}-token".encode()])
    execute(
        "insert into platform.api_tokens (name, digest, scopes, expires_at)"
        " values ('front end', sha256(%s), array['status:read'], now() + interval '1 day')",
        [f"{MARK}-api".encode()],
    )
    execute(
        "insert into platform.webhook_endpoints (coupling_id, token, secret)"
        " select id, %s, %s from platform.couplings where name = %s",
        [f"{MARK}-webhook-token", f"{MARK}-webhook-secret".encode(), COUPLING],
    )
    execute(
        "insert into platform.webhook_registrations (coupling_id, topic, state, address, secret_digest)"
        " select id, 'order.created', 'registered', %s, %s from platform.couplings where name = %s",
        [f"https://hooks.example/webhooks/{MARK}-webhook-token", MARK.encode(), COUPLING],
    )
    execute(
        "insert into platform.webhook_events (coupling_id, topic, dedup, body, state, reason)"
        " select id, 'order.created', 'x', %s, 'poison', 'no id' from platform.couplings where name = %s",
        [f'{{"signature": "{MARK}-body"}}'.encode(), COUPLING],
    )


@pytest.mark.usefixtures("planted")
def test_no_page_shows_a_secret(opened: Opened) -> None:
    seen = 0
    paths = [path for method, path in doors() if method == "GET"]
    paths += [
        "/desk/coupling/" + COUPLING + "?part=more",
        f"/desk/record?webshop=velodrome&table=products&key={COUPLING}",
    ]
    for path in paths:
        for role in ("user", "admin"):
            answer = opened(role).get(path)
            assert answer.status_code in (200, 307), path
            assert MARK not in answer.text, path
            assert MARK not in str(answer.headers), path
            seen += COUPLING in answer.text
    assert seen > 4, "the pages that could have shown it were there"
    assert "order.created" in opened("user").get(f"/desk/coupling/{COUPLING}").text


@pytest.mark.usefixtures("planted")
def test_support_reads_no_connection_of_airflow(opened: Opened) -> None:
    """Support's role is `user` (include/local/airflow.py): it triggers, and neither sees nor edits credentials."""
    for path in ("/api/v2/connections", f"/api/v2/connections/{COUPLING}", "/api/v2/variables", "/api/v2/config"):
        answer = opened("user").get(path)
        assert MARK not in answer.text
        assert answer.status_code == 403 or path == "/api/v2/config"
    edited = opened("user").request("PATCH", f"/api/v2/connections/{COUPLING}", json={"password": "x"})
    assert edited.status_code in (403, 422)
