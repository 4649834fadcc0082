"""Fetching ahead keeps the order, hands errors over, stays small, and ends when it is told to."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from include.engine.ahead import Ahead


def one(_: object) -> int:
    return 1


def drained(ahead: "Ahead[int]") -> list[int]:
    try:
        return [item for items in ahead for item in items]
    finally:
        ahead.close()


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_order(limit: int) -> None:
    assert drained(Ahead(iter(range(500)), one, limit)) == list(range(500))


def test_nothing() -> None:
    assert drained(Ahead(iter(()), one)) == []


@pytest.mark.requirement("R7")
def test_an_error_comes_after_the_items_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyError("from the source")

    ahead = Ahead(source(), one)
    got: list[int] = []
    with pytest.raises(KeyError, match="from the source"):
        got.extend(item for items in ahead for item in items)
    ahead.close()
    assert got == [1, 2]


class Counted:
    """Counts up for ever; `taken` is how far it got, `closed` whether it was closed and in which thread."""

    def __init__(self) -> None:
        self.taken = 0
        self.closed_in: str | None = None

    def items(self) -> Iterator[int]:
        try:
            for number in itertools.count():
                self.taken += 1
                yield number
        finally:
            self.closed_in = threading.current_thread().name


def settled(counted: Counted) -> int:
    """How far the source gets when nobody takes anything."""
    before = -1
    while counted.taken != before:
        before = counted.taken
        time.sleep(0.03)
    return before


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_no_further_ahead_than_the_limit(limit: int) -> None:
    counted = Counted()
    ahead = Ahead(counted.items(), one, limit)
    assert settled(counted) == limit
    assert next(iter(ahead)) == list(range(limit))
    assert settled(counted) == 2 * limit
    ahead.close()


def test_weight_counts_not_items() -> None:
    counted = Counted()
    ahead = Ahead(counted.items(), lambda item: 400, 1000)
    assert settled(counted) == 3
    ahead.close()


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_close_ends_a_blocked_source_and_closes_it_there(taken: int) -> None:
    """The source may hold a connection to the database; it is closed now, in the thread that used it."""
    counted = Counted()
    ahead = Ahead(counted.items(), one, 2)
    for _ in itertools.islice(ahead, taken):
        pass
    settled(counted)
    ahead.close()
    ahead.close()
    assert counted.closed_in == "fetch-ahead"
    assert not any(thread.name == "fetch-ahead" for thread in threading.enumerate())


def test_close_waits_for_a_source_in_the_middle_of_a_step() -> None:
    entered, leave = threading.Event(), threading.Event()

    def source() -> Iterator[int]:
        entered.set()
        leave.wait()
        yield 1

    ahead = Ahead(source(), one)
    entered.wait()
    threading.Timer(0.05, leave.set).start()
    ahead.close()
    assert leave.is_set()
