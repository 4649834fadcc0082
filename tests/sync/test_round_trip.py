"""Placed in Optiply, pushed, pulled back as the same row, received in parts, completed, changed, cancelled."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from include.sandbox import serve
from include.sandbox.remote import load_remote
from tests.sync.round_trip import CANCELLED, HANDLED, SYSTEMS, WHOLE, Article, Seen, Shop, write_couplings
from tests.sync.stage import Stage

OFFICE = ZoneInfo("Europe/Amsterdam")
pytestmark = [pytest.mark.requirement("F3"), pytest.mark.parametrize("system", SYSTEMS)]


@dataclasses.dataclass
class Story:
    """What Optiply held of a shop's three orders after each act."""

    articles: list[Article]
    placed: dict[int, Seen] = dataclasses.field(default_factory=dict)
    back: dict[int, Seen] = dataclasses.field(default_factory=dict)
    partly: dict[int, Seen] = dataclasses.field(default_factory=dict)
    done: dict[int, Seen] = dataclasses.field(default_factory=dict)


@pytest.fixture(scope="module")
def stories(module_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Story]]:
    """Play the story in all systems at once, one transform per act."""
    stage, folder = module_stage, tmp_path_factory.mktemp("configs")
    write_couplings(folder)
    assert stage.configure(folder) == []
    with ExitStack() as stack:
        shops = {}
        for system in SYSTEMS:
            settings = load_remote(system).tested_with
            running = stack.enter_context(serve(system, seed=5, size=60, orders=20, settings=settings))
            shop = shops[system] = Shop(system, running, stage)
            stage.coupled(shop.coupling, running)
            for name in ("suppliers", "products", "supplier_products", "buy_orders", "receipt_lines"):
                stage.pull(shop.coupling, name)
        stage.transform()
        told = {system: Story(shop.articles()) for system, shop in shops.items()}
        for system, shop in shops.items():
            _out(shop, told[system])
        _back(stage, shops)
        for system, shop in shops.items():
            told[system].back = shop.seen()
            _partly(shop, told[system])
        _back(stage, shops)
        for system, shop in shops.items():
            told[system].partly = shop.seen()
            _rest(shop)
        _back(stage, shops)
        for system, shop in shops.items():
            told[system].done = shop.seen()
        yield told


def _back(stage: Stage, shops: dict[str, Shop]) -> None:
    for shop in shops.values():
        shop.pull()
    stage.transform()


def _out(shop: Shop, story: Story) -> None:
    """Optiply places three orders."""
    first, second, _ = story.articles
    shop.place(WHOLE, {first: 4, second: 2})
    shop.place(CANCELLED, {first: 1})
    shop.place(HANDLED, {second: 3})
    assert shop.push().states == {"sent": 3}
    story.placed = shop.seen()


def _partly(shop: Shop, story: Story) -> None:
    """Half of one order comes in, then Optiply orders more of one line and a third product; another one is cancelled.

    A third one is changed by a person there.
    """
    first, second, third = story.articles
    admin = shop.running.admin
    admin.receive(shop.remote_id(WHOLE), share=0.5)
    shop.place(WHOLE, {first: 4, second: 5, third: 1})
    shop.cancel(CANCELLED)
    assert shop.push().states == {"sent": 1, "cancelled": 1}
    line = next(iter(shop.running.remote.purchases().open(shop.remote_id(HANDLED))))  # type: ignore[union-attr]
    units = 7 if shop.system == "exact_online" else 7 * second.lot
    admin.amend_order(shop.remote_id(HANDLED), line=line, quantity=units)


def _rest(shop: Shop) -> None:
    """The rest comes in; the order that people handle there is cancelled there."""
    admin = shop.running.admin
    admin.receive(shop.remote_id(WHOLE))
    admin.cancel_order(shop.remote_id(HANDLED))
    if shop.system == "logic4":
        # Nothing but closing it ends an order there.
        admin.cancel_order(shop.remote_id(WHOLE))


def is_now(system: str, moment: datetime) -> bool:
    """Whether a moment of the remote is now; Exact writes the clock of its office as if it were UTC."""
    now = datetime.now(UTC)
    ahead = now.astimezone(OFFICE).utcoffset() if system == "exact_online" else None
    return abs(moment - now - (ahead or timedelta())) < timedelta(minutes=10)


@pytest.mark.requirement("R4")
@pytest.mark.rule("B15")
def test_what_comes_back_is_the_order_that_went_out(stories: dict[str, Story], system: str) -> None:
    story = stories[system]
    for which, back in story.back.items():
        placed = story.placed[which]
        assert back.there == 1
        assert (back.order["id"], back.order["reference"]) == (placed.order["id"], placed.order["optiply_id"])
        assert back.order["remote_id"] == placed.ledger["remote_id"] == placed.order["remote_id"]
        assert back.ordered == placed.ordered
        assert [line["remote_id"] for line in back.lines] == [line["remote_id"] for line in placed.lines]
        assert None not in [line["remote_id"] for line in back.lines]
        assert back.order["total_value"] == placed.order["total_value"] == sum(back.ordered.values()) * 5 / 2
        assert (back.order["completed"], back.order["deleted_at"], back.received) == (None, None, {})
        assert back.ledger["state"] == "sent"


@pytest.mark.requirement("R4")
@pytest.mark.rule("B16")
def test_what_came_in_counts_pieces_and_leaves_the_order_open(stories: dict[str, Story], system: str) -> None:
    story = stories[system]
    (first, second, _), partly = story.articles, story.partly[WHOLE]
    lines = {line["product_id"]: line["id"] for line in partly.lines}
    assert partly.received == {lines[first.id]: 2 * first.lot, lines[second.id]: second.lot}
    assert all(is_now(system, receipt["occurred"]) for receipt in partly.receipts)
    assert (partly.order["completed"], partly.there) == (None, 1)


@pytest.mark.rule("B15")
def test_a_change_of_optiply_reaches_the_remote_and_comes_back(stories: dict[str, Story], system: str) -> None:
    story = stories[system]
    (first, second, third), partly = story.articles, story.partly[WHOLE]
    wanted = {first.id: 4 * first.lot, second.id: 5 * second.lot, third.id: third.lot}
    assert {line["product_id"]: line["quantity"] for line in partly.lines if not line["deleted_at"]} == wanted
    assert None not in [line["remote_id"] for line in partly.lines]
    assert {line["id"] for line in story.back[WHOLE].lines} < {line["id"] for line in partly.lines}


@pytest.mark.requirement("R4")
@pytest.mark.rule("B15", "B16")
def test_an_order_of_which_all_came_in_is_complete(stories: dict[str, Story], system: str) -> None:
    story = stories[system]
    done = story.done[WHOLE]
    assert done.received == done.ordered
    assert is_now(system, done.order["completed"])
    assert done.order["deleted_at"] is None
    assert {order["id"] for order in done.orders} == {story.placed[WHOLE].order["id"]}
    if system == "logic4":
        before = {receipt["id"] for receipt in story.partly[WHOLE].receipts}
        assert before < {receipt["id"] for receipt in done.receipts}, "one receipt per row, which grows (B16)"
        assert len(done.receipts) == len(done.ordered)


@pytest.mark.rule("B15")
def test_a_cancelled_order_is_cancelled_on_both_sides(stories: dict[str, Story], system: str) -> None:
    left = {"exact_online": 0, "picqer": 1, "logic4": 1}
    for seen in (stories[system].partly[CANCELLED], stories[system].done[CANCELLED]):
        assert seen.ledger["state"] == "cancelled"
        assert seen.order["deleted_at"] is not None
        assert seen.there == left[system], "Exact has no status for it and deletes, the others keep it"


@pytest.mark.requirement("R4")
@pytest.mark.rule("B15")
def test_what_people_do_there_is_in_optiply(stories: dict[str, Story], system: str) -> None:
    story = stories[system]
    amended, closed = story.partly[HANDLED], story.done[HANDLED]
    assert list(amended.ordered.values()) == [7 * story.articles[1].lot]
    assert amended.ledger["state"] == "sent", "what a person changes there is no wish of Optiply"
    # By default a cancelled order of Exact is a completed one; Logic4 tells it from no other closed one.
    ended = {"picqer": "deleted_at"}.get(system, "completed")
    assert {name for name in ("deleted_at", "completed") if closed.order[name] is not None} == {ended}
