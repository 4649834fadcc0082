"""The Optiply tables hold exactly what an independent computation from the sandboxes' own records says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import pytest

from include.sandbox import Running, serve
from tests.oracle import actual
from tests.oracle.bralex import BOL, EXACT, Company, Marketplace
from tests.oracle.compare import differences, problem_differences
from tests.oracle.tables import Optiply
from tests.oracle.velodrome import NAME as WOO
from tests.oracle.velodrome import Velodrome
from tests.sync.stage import Stage

UNLIMITED = {"per_minute": 1_000_000, "per_day": 1_000_000}
CHANGES = {
    WOO: {"new_products": 3, "renamed": 3, "prices": 6, "stock": 8, "silent_stock": 4, "drafted_products": 2,
          "trashed_products": 2, "deleted_products": 3, "new_orders": 6, "completed_orders": 5, "cancelled_orders": 4},
    EXACT: {"new_products": 3, "new_suppliers": 1, "renamed": 4, "ended_products": 2, "deleted_products": 3,
            "prices": 5, "stock": 8, "supplier_prices": 5, "deleted_supplier_items": 3, "renamed_suppliers": 2,
            "lapsed_suppliers": 1, "new_orders": 6, "delivered_orders": 4, "cancelled_orders": 3, "deleted_orders": 2,
            "new_buy_orders": 4, "received_buy_orders": 3, "cancelled_buy_orders": 1, "reopened_buy_orders": 2,
            "deleted_buy_orders": 1, "deleted_buy_order_lines": 2, "sent_back": 2, "deleted_receipts": 2},
    BOL: {"new_orders": 5, "shipped_orders": 2, "cancelled_orders": 2, "cancellation_requests": 1},
}  # fmt: skip


@dataclasses.dataclass
class World:
    """The sandboxes, the warehouse that was filled from them, and what it must hold."""

    stage: Stage
    remotes: dict[str, Running]
    optiply: Optiply
    shop: Velodrome
    company: Company
    market: Marketplace

    def sync(self, mode: str) -> None:
        """Pull everything and map it, and let the oracle do the same."""
        self.optiply.now = self.stage.one("select now()")
        self.stage.pull_every(mode)
        self.hear(mode)

    def hear(self, mode: str) -> None:
        """Map what was pulled, and let the oracle do what the platform has done."""
        self.stage.transform()
        today: date = self.stage.one("select (now() at time zone 'UTC')::date")
        if mode == "all":
            self.shop.pulled_all(self.remotes[WOO])
            self.company.pulled_all(self.remotes[EXACT], today)
        else:
            self.shop.pulled_changed(self.remotes[WOO])
            self.company.pulled_changed(self.remotes[EXACT], today)
        self.market.pulled(self.remotes[BOL])

    def differences(self) -> list[str]:
        """Return every field of every row, and every problem, that is not as expected."""
        found = differences(self.optiply, *actual.read(self.stage))
        return found + problem_differences(self.optiply, actual.problems(self.stage))


@pytest.fixture(scope="module")
def world(module_stage: Stage) -> Iterator[World]:
    """Two webshops; the tests of this file go on from one another."""
    with ExitStack() as stack:
        remotes = {
            WOO: stack.enter_context(serve("woocommerce", seed=11, size=240, orders=260)),
            EXACT: stack.enter_context(serve("exact_online", seed=5, size=240, orders=260, settings=UNLIMITED)),
            BOL: stack.enter_context(
                serve(
                    "bol_com",
                    seed=5,
                    size=240,
                    orders=70,
                    settings={"orders_per_minute": 10**6, "order_per_second": 10**6},
                )
            ),
        }
        for coupling, running in remotes.items():
            module_stage.coupled(coupling, running)
        optiply = Optiply()
        settings: Any = {name: config.settings for name, config in module_stage.configs.items()}
        yield World(
            module_stage,
            remotes,
            optiply,
            Velodrome(optiply),
            Company(optiply, settings[EXACT]),
            Marketplace(optiply, settings[BOL]),
        )


def check(world: World) -> None:
    found = world.differences()
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:40])


@pytest.mark.requirement("R5", "R10", "R11", "R19")
@pytest.mark.rule("B1", "B2", "B4", "B5", "B6", "B7", "B8", "B10", "B11", "B12", "B14", "B17", "B18", "B20")
@pytest.mark.example(1, 2, 3, 4, 30, 31, 33, 35, 36)
def test_first_pull_all(world: World) -> None:
    world.sync("all")
    check(world)
    assert all(len(rows) > 15 for rows in world.optiply.tables.values()), (
        "the sandboxes are too small to prove anything"
    )


@pytest.mark.requirement("R9", "R16")
@pytest.mark.rule("B3", "B4", "B6", "B14", "B19")
@pytest.mark.example(5, 7, 32)
def test_changed_since(world: World) -> None:
    for coupling, running in world.remotes.items():
        assert all(running.admin.change(seed=3, **CHANGES[coupling]).values()), "nothing was there to be changed"
    world.sync("changed")
    check(world)


@pytest.mark.requirement("R8")
def test_single_records(world: World) -> None:
    """One record of each changes and is pulled alone."""
    world.optiply.now = world.stage.one("select now()")
    for coupling, name, kind in (
        (WOO, "products", "renamed"),
        (WOO, "sell_orders", "completed_orders"),
        (EXACT, "products", "renamed"),
        (BOL, "sell_orders", "shipped_orders"),
    ):
        (key,) = world.remotes[coupling].admin.change(seed=9, **{kind: 1})[kind]
        assert world.stage.pull(coupling, name, "single", remote_id=key).changed
    world.hear("changed")
    check(world)


@pytest.mark.requirement("R16")
@pytest.mark.rule("B3")
def test_pull_all_after_changes(world: World) -> None:
    world.sync("all")
    check(world)
    assert world.optiply.deleted["products"], "nothing was deleted"


@pytest.mark.requirement("R16")
@pytest.mark.rule("B3", "B4", "B6", "B14", "B19")
def test_a_second_round_of_changes_found_by_pull_all_alone(world: World) -> None:
    for coupling, running in world.remotes.items():
        running.admin.change(seed=4, **CHANGES[coupling])
    world.sync("all")
    check(world)
