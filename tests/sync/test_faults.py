"""What a remote does wrong ends in the right class and sentence; nothing is deleted, nothing half-landed is mapped."""

from __future__ import annotations

import dataclasses
import functools
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.contract import errors
from include.engine.client import Client
from include.sandbox import Running, serve
from tests.sync.stage import Row, Stage

SHOP, ERP = "velodrome__woocommerce", "bralex__exact_online"
OUTCOMES = ("new", "changed", "unchanged", "stale", "returned", "quarantined")
AGAIN = "The pull is tried again by itself; if"


@dataclasses.dataclass(frozen=True)
class Case:
    """A fault of the second page, and what must be told."""

    kind: str
    rest: dict[str, Any]
    error: type[errors.SyncError]
    error_class: str
    words: str
    acts: str
    next_step: str
    tries: int = 4


BAD_ANSWER = (errors.UnexpectedResponse, "unexpected response")
DOWN = (errors.RemoteDown, "remote down")
CASES = {
    "html with 200": Case("html", {}, *BAD_ANSWER, "no JSON (HTML or XML)", "nobody", AGAIN),
    "truncated json": Case("truncate", {}, *BAD_ANSWER, "truncated or broken JSON", "nobody", AGAIN),
    "empty page in the middle": Case("empty_page", {}, *BAD_ANSWER, "an empty page at offset=99", "nobody", AGAIN),
    "the page before again": Case("repeat_next", {}, *BAD_ANSWER, "the same page again at offset=99", "nobody", AGAIN),
    "cut connection": Case("cut", {}, *DOWN, "did not answer", "nobody", AGAIN),
    "500": Case("status", {"status": 500}, *DOWN, "answered 500: Er heeft zich een kritieke fout", "nobody", AGAIN),
    "403 of a firewall": Case(
        "html", {"status": 403}, *DOWN, "answered 403: Onderhoud", "nobody", "A firewall in front of the shop"
    ),
    "401": Case(
        "status", {"status": 401}, errors.AuthRefused, "auth", "answered 401", "customer", "Ask the customer", tries=1
    ),
    "400": Case(
        "status", {"status": 400}, errors.RequestRefused, "bad request", "answered 400", "developer",
        "Send this task's log to a developer", tries=1,
    ),
    "404": Case(
        "status", {"status": 404}, errors.NotThere, "bad request", "answered 404", "support",
        "Check the remote id, and the address", tries=1,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> Iterator[Running]:
    with serve("woocommerce", seed=2, size=230, orders=10) as running:
        yield running


@pytest.fixture
def stage(clean_copy: Callable[[str], Stage], shop: Running) -> Stage:
    """A warehouse without any product."""
    shop.admin.clear_faults()
    made = clean_copy("faults")
    made.coupled(SHOP, shop)
    return made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Takes the pauses out of the tries; what they would have been."""
    slept: list[float] = []
    monkeypatch.setattr("include.sync.remote.Client", functools.partial(Client, sleep=slept.append))
    return slept


def told(stage: Stage) -> Row:
    """Return the last pull's record, with no secret in any column."""
    pull = stage.last_pull()
    for credentials in stage.opened.values():
        for secret in (credentials.login, credentials.password, *credentials.extra.values()):
            assert secret not in str(pull) or len(secret) < 8
    return pull


def adds_up(stage: Stage, pull_id: int) -> int:
    """Check every stream's counts; return the records of all."""
    streams = stage.streams(pull_id)
    for name, row in streams.items():
        assert row["records"] == sum(row[outcome] for outcome in OUTCOMES), name
    return sum(row["records"] for row in streams.values())


def claimed(stage: Stage) -> int:
    """Return how many roots a transform takes."""
    return stage.transform(run_dbt=lambda _objects: None).roots


@pytest.mark.requirement("R1", "R7", "R16")
@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_and_the_next_try_goes_on(
    stage: Stage, shop: Running, impatient: list[float], caplog: pytest.LogCaptureFixture, name: str
) -> None:
    case = CASES[name]
    caplog.set_level(logging.DEBUG)
    shop.admin.fault(case.kind, "/products?", skip=1, times=None, **case.rest)
    shop.admin.forget_requests()
    with pytest.raises(case.error) as raised:
        stage.pull(SHOP, "products")
    pull = told(stage)
    assert (pull["outcome"], pull["error_class"], pull["acts"]) == ("failed", case.error_class, case.acts)
    assert case.words in pull["error_text"]
    assert pull["next_step"].startswith(case.next_step)
    assert raised.value.reason.lines()[0] == f"FAILED ({case.error_class}): {pull['error_text']}"
    assert pull["finished_at"] is not None
    assert pull["requests"] == len(shop.admin.requests()) == 1 + case.tries
    assert stage.opened[SHOP].password not in caplog.text
    assert stage.one("select count(*) from staging.woocommerce__products where gone_at is not null") == 0
    landed = adds_up(stage, pull["id"])
    assert landed == 100, "what came before the fault stays"
    assert stage.one("select count(*) from platform.news") == 100
    assert claimed(stage) == 0, "news of a failed pull is not mapped"

    shop.admin.clear_faults()
    done = stage.pull(SHOP, "products")
    assert (done.resumed, done.gone, done.guards) == (True, 0, ())
    pull = told(stage)
    assert (pull["outcome"], pull["attempts"], pull["error_class"], pull["error_text"]) == ("succeeded", 2, None, None)
    assert adds_up(stage, pull["id"]) == done.records == done.new
    assert claimed(stage) == stage.one("select count(*) from staging.woocommerce__products")


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("part", ["login", "password"])
def test_refused_credentials_say_whom_to_ask(stage: Stage, shop: Running, part: str) -> None:
    wrong = {part: "ck_" + "0f" * 20}
    stage.opened[SHOP] = dataclasses.replace(stage.opened[SHOP], **wrong)
    with pytest.raises(errors.AuthRefused):
        stage.pull(SHOP, "products")
    pull = told(stage)
    assert (pull["outcome"], pull["error_class"], pull["acts"], pull["requests"]) == ("failed", "auth", "customer", 1)
    assert "is ongeldig" in pull["error_text"]
    assert pull["next_step"].startswith("Ask the customer for a new consumer key and secret")


@pytest.mark.requirement("R6", "R7")
def test_a_short_retry_after_is_waited_for(stage: Stage, shop: Running, impatient: list[float]) -> None:
    shop.admin.fault("status", "offset=99", status=429, headers={"Retry-After": "7"}, times=2)
    done = stage.pull(SHOP, "products")
    assert [round(pause) for pause in impatient] == [7, 7]
    assert (done.records, told(stage)["error_class"]) == (done.new, None)


@pytest.mark.requirement("R6")
def test_a_long_retry_after_gives_the_worker_back(stage: Stage, shop: Running, impatient: list[float]) -> None:
    shop.admin.fault("status", "offset=99", status=429, headers={"Retry-After": "3600"}, times=1)
    with pytest.raises(errors.LimitReached) as raised:
        stage.pull(SHOP, "products")
    assert timedelta(minutes=59) < raised.value.until - datetime.now(UTC) <= timedelta(hours=1)
    assert impatient == []
    pull = told(stage)
    assert (pull["outcome"], pull["error_class"], pull["acts"]) == (None, "rate limit", "nobody")
    assert pull["next_step"] == "The pull goes on by itself when the limit resets."
    assert claimed(stage) == 0
    shop.admin.forget_requests()
    done = stage.pull(SHOP, "products")
    assert (done.resumed, done.pull_id) == (True, pull["id"])
    assert shop.admin.requests()[0]["query"]["offset"] == "99"


@pytest.mark.requirement("R1")
def test_a_repeated_next_link_is_named(clean_copy: Callable[[str], Stage], impatient: list[float]) -> None:
    limits = {"per_minute": 10**6, "per_day": 10**6, "sync_page_size": 40}
    with serve("exact_online", seed=2, size=120, orders=5, settings=limits) as company:
        stage = clean_copy("links")
        stage.coupled(ERP, company)
        company.admin.fault("repeat_next", "skiptoken", times=None)
        with pytest.raises(errors.UnexpectedResponse):
            stage.pull(ERP, "products")
        pull = told(stage)
        assert (pull["error_class"], pull["outcome"]) == ("unexpected response", "failed")
        assert "names the same next page again" in pull["error_text"]
        assert claimed(stage) == 0


@pytest.mark.requirement("R1", "R7")
def test_news_of_a_failed_pull_waits_for_a_pull_that_completes_it(
    stage: Stage, shop: Running, impatient: list[float]
) -> None:
    """A single record that came well completes nothing; a pull that found nothing new itself still has that news."""
    shop.admin.fault("status", "offset=99", status=500, times=None)
    with pytest.raises(errors.RemoteDown):
        stage.pull(SHOP, "products")
    shop.admin.clear_faults()
    key = next(row.key for row in shop.world["products"] if row.data["type"] == "simple")
    single = stage.pull(SHOP, "products", "single", remote_id=key)
    assert single.records == 1
    assert claimed(stage) <= 1

    done = stage.pull(SHOP, "products", "changed", since=datetime.now(UTC) - timedelta(hours=1))
    assert (done.resumed, done.records) == (False, 0)
    assert done.has_news, "or no transform would be triggered for what the failed pull has left"
    assert claimed(stage) >= 99


@pytest.mark.requirement("R16")
@pytest.mark.rule("B20")
def test_bad_records_are_set_aside_and_come_back(module_stage: Stage, shop: Running) -> None:
    shop.admin.clear_faults()
    stage = module_stage
    stage.coupled(SHOP, shop)
    good = [
        row.key for row in shop.world["products"]
        if row.data["type"] == "simple" and row.data["status"] == "publish" and row.data["manage_stock"] is True
    ][:5]  # fmt: skip
    nameless, stockless, nul, long, texts = good
    stage.pull(SHOP, "products")
    stage.transform()
    before = {key: stage.product(SHOP, key) for key in good}
    shop.admin.fault("bad_record", "/products?", ids=good, times=1)
    done = stage.pull(SHOP, "products")
    counts = stage.streams(done.pull_id)["products"]
    adds_up(stage, done.pull_id)
    assert (counts["quarantined"], counts["changed"], counts["new"], counts["gone"]) == (2, 3, 0, 0)
    assert "records that the remote counts" in counts["guard"]
    stage.transform()
    problems = [row for row in stage.problems(SHOP) if row["object"] != "sell_order_lines"]
    found = {(row["remote_id"], row["field"]): row for row in problems}
    unknown = next(row for row in found.values() if row["remote_id"].startswith("unknown-"))
    assert (unknown["object"], unknown["field"], unknown["reason"]) == ("products", "id", "record without id")
    assert before[nameless]["name"] in unknown["raw"]
    assert found[nul, "record"]["reason"] == "PostgreSQL cannot store it as JSON"
    assert found[stockless, "stock_level"]["severity"] == "blocked"
    assert found[long, "name"]["severity"] == "warning"
    assert len(found) == 4
    after = {key: stage.product(SHOP, key) for key in good}
    for key in (nameless, stockless, nul, texts):
        assert after[key] == before[key], "what cannot be mapped never changes the stored row"
    assert len(after[long]["name"]) in (254, 255)
    assert stage.one("select count(*) from optiply.products where deleted_at is not null") == 0

    done = stage.pull(SHOP, "products")
    assert (done.quarantined, done.gone) == (0, 0)
    stage.transform()
    assert [row for row in stage.problems(SHOP) if row["object"] == "products"] == []
    times = {"updated_at": None, "_changed_by": None}
    for key in good:
        assert stage.product(SHOP, key) | times == before[key] | times
