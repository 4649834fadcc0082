"""Slack and e-mail are told each change once; one that is down is told later, and nothing is lost."""

from __future__ import annotations

import dataclasses
import json
import smtplib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from include.sync.monitor import CannotTell, Teller, tell, watch
from include.tasks.tellers import tellers
from include.warehouse.monitor import Channel
from tests.monitor.conftest import Warehouse
from tests.monitor.test_watch import DOWN, OTHER, REFUSED, SHOP

TOKEN = "xoxb-marked-secret"
pytestmark = pytest.mark.requirement("R2")


@dataclasses.dataclass
class Standin:
    """What looks like Slack: keeps what is posted; `answers` says what the next posts get instead."""

    posts: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    answers: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)
    tokens: set[str] = dataclasses.field(default_factory=set)

    def lines(self) -> list[str]:
        """Return every line that a person saw, and forget it."""
        seen = [line for post in self.posts for line in post["text"].split("\n") if not line.startswith(" ")]
        self.posts.clear()
        return seen


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    """A local Slack, and the Airflow connection to it."""
    standin = Standin()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            standin.tokens.add(self.headers["Authorization"])
            status, answer = standin.answers.pop(0) if standin.answers else (200, b'{"ok": true, "ts": "1"}')
            if status == 200 and b'"ok": true' in answer:
                standin.posts.append(json.loads(body))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    extra = {"channel": "#support", "base_url": f"http://127.0.0.1:{server.server_port}/api/"}
    monkeypatch.setenv(
        "AIRFLOW_CONN_SLACK", json.dumps({"conn_type": "slack", "password": TOKEN, "extra": json.dumps(extra)})
    )
    try:
        yield standin
    finally:
        server.shutdown()
        server.server_close()


def turn(warehouse: Warehouse) -> list[str]:
    """What the task does each minute; return what could not be told."""
    watch(warehouse.connect)
    return tell(warehouse.connect, tellers())


def test_each_change_and_each_recovery_is_posted_once(warehouse: Warehouse, slack: Standin) -> None:
    warehouse.live(SHOP)
    warehouse.ended(warehouse.pulled(SHOP, "products"), REFUSED)
    assert turn(warehouse) == []
    post = slack.posts[0]
    assert post["channel"] == "#support"
    assert post["text"] == (
        f"NEW  {SHOP}, products: failing (bad request): {REFUSED.text}\n    Who acts: support. {REFUSED.next_step}"
    )
    assert slack.tokens == {f"Bearer {TOKEN}"}
    slack.lines()
    for _ in range(3):
        assert turn(warehouse) == []
    assert slack.lines() == [], "nothing has changed"
    warehouse.ended(warehouse.pulled(SHOP, "products"))
    turn(warehouse)
    told = slack.lines()
    assert len(told) == 1
    assert told[0].startswith(f"OVER  {SHOP}, products: failing no more, since ")
    turn(warehouse)
    assert slack.lines() == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((503, b"<html>down</html>"), "Slack"),
        ((200, b'{"ok": false, "error": "invalid_auth"}'), "Slack answered 'invalid_auth'"),
        ((429, b'{"ok": false, "error": "ratelimited"}'), "Slack answered 'ratelimited'"),
    ],
)
def test_a_slack_that_is_down_loses_nothing_and_hears_it_in_order(
    warehouse: Warehouse, slack: Standin, answer: tuple[int, bytes], words: str
) -> None:
    warehouse.live(SHOP)
    slack.answers += [answer] * 2
    warehouse.ended(warehouse.pulled(SHOP, "products"), REFUSED)
    faults = turn(warehouse)
    assert len(faults) == 1
    assert "1 messages" in faults[0]
    assert words in faults[0]
    assert TOKEN not in faults[0]
    warehouse.ended(warehouse.pulled(SHOP, "products"))
    assert "2 messages" in turn(warehouse)[0]
    assert slack.lines() == []
    assert turn(warehouse) == []
    assert [line.split()[0] for line in slack.lines()] == ["NEW", "OVER"]
    turn(warehouse)
    assert slack.lines() == []


def test_without_connections_nothing_is_sent_and_nothing_waits(warehouse: Warehouse) -> None:
    warehouse.live(SHOP)
    warehouse.ended(warehouse.pulled(SHOP, "products"), REFUSED)
    assert tellers() == {"slack": None, "email": None}
    assert turn(warehouse) == []
    assert warehouse.one("select count(*) from platform.alert_messages where slack_at is null or email_at is null") == 0


def test_many_changes_are_few_posts_and_a_remotes_words_call_nobody(warehouse: Warehouse, slack: Standin) -> None:
    for coupling in (SHOP, OTHER):
        warehouse.live(coupling)
        for name in ("products", "sell_orders", "suppliers", "buy_orders", "stock", "a", "b", "c", "d", "e", "f", "g"):
            words = dataclasses.replace(REFUSED, text="<!channel> & <https://evil.example|here>")
            warehouse.ended(warehouse.pulled(coupling, name), words)
    assert turn(warehouse) == []
    assert len(slack.posts) == 2
    assert "<" not in slack.posts[0]["text"]
    assert "&lt;!channel&gt; &amp; " in slack.posts[0]["text"]
    assert len(slack.lines()) == 24


def test_mail_is_sent_for_troubles_and_not_for_the_steps_of_an_activation(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, ...]] = []

    class Post:
        def __init__(self, **_: object) -> None: ...
        def close(self) -> None: ...
        def sendmail(self, **letter: Any) -> None:
            sent.append((letter["from_addr"], letter["to_addrs"], letter["msg"]))

    monkeypatch.setattr(smtplib, "SMTP", Post)
    extra = {"to": "support@example.com", "from_email": "optiply@example.com", "disable_ssl": True, "disable_tls": True}
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        json.dumps({"conn_type": "smtp", "host": "mail.example", "extra": json.dumps(extra)}),
    )
    warehouse.live(SHOP, "activating")
    warehouse.do("insert into platform.activation_steps (coupling_id, activation, place, step, state, started_at)"
                 " select id, 1, 1, 'pull_products', 'running', now() from platform.couplings where name = %(name)s",
                 name=SHOP)  # fmt: skip
    assert turn(warehouse) == []
    assert sent == []
    warehouse.live(OTHER)
    warehouse.ended(warehouse.pulled(OTHER, "products"), REFUSED)
    assert turn(warehouse) == []
    assert [letter[:2] for letter in sent] == [("optiply@example.com", ["support@example.com"])]
    turn(warehouse)
    assert len(sent) == 1


def test_one_channel_that_is_down_does_not_silence_the_other(warehouse: Warehouse) -> None:
    heard: list[str] = []

    class Deaf:
        def tell(self, text: str) -> None:
            raise CannotTell("no answer")

    class Hears:
        def tell(self, text: str) -> None:
            heard.append(text)

    channels: dict[Channel, Teller | None] = {"slack": Deaf(), "email": Hears()}
    warehouse.live(SHOP)
    warehouse.ended(warehouse.pulled(SHOP, "products"), DOWN)
    warehouse.do("update platform.pull_faults set at = now() - interval '1 hour'")
    for _ in range(2):
        watch(warehouse.connect)
        assert len(tell(warehouse.connect, channels)) == 1
    assert len(heard) == 1
