"""Each system's Optiply tables hold exactly what an independent computation from its sandbox's own records says.

One warehouse for all systems and one transform per step: everything is pulled, then what changed, then one record
alone, then everything again. ORACLE_SYSTEMS=picqer,logic4 limits the systems, ORACLE_SCALE=20 makes their worlds twenty
times as large: as much as an activation brings.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from include.contract.errors import SyncError
from include.sandbox import Running, serve
from tests.oracle import actual
from tests.oracle.compare import differences, of_coupling, problem_differences
from tests.oracle.systems import Expected, System, computed, merged, system
from tests.oracle.tables import Optiply
from tests.sync.stage import Stage

WANTED = [name for name in os.environ.get("ORACLE_SYSTEMS", "").split(",") if name]
NAMES = [name for name in computed() if not WANTED or name in WANTED]
SCALE = int(os.environ.get("ORACLE_SCALE", "1"))
STEPS = ("all", "changed", "single", "again")


@dataclasses.dataclass
class Shop:
    """A webshop with one system: its sandbox, what the tables must hold for it, and the error that stopped it."""

    system: System
    running: Running
    optiply: Optiply
    expected: Expected
    stopped: Exception | None = None

    def pull(self, stage: Stage, step: str) -> None:
        if step == "single":
            name, remote_id = self.expected.single(self.running)
            stage.pull(self.system.coupling, name, "single", remote_id=remote_id)
            return
        if step == "changed":
            made = self.running.admin.change(seed=3, **self.system.changes)
            nothing = sorted(name for name in self.system.changes if not made.get(name))
            assert not nothing, f"nothing was there to be changed by {nothing}"
        done = stage.pull_every("changed" if step == "changed" else "all", self.system.coupling)
        guards = {name: pulled.guards for (_, name), pulled in done.items() if pulled.guards}
        assert not guards, f"deletions were kept back: {guards}"

    def hear(self, stage: Stage, step: str) -> None:
        """Let the oracle do what the platform has done."""
        heard = {"changed": self.expected.pulled_changed, "single": self.expected.pulled_single}
        today = stage.one("select (now() at time zone 'UTC')::date")
        heard.get(step, self.expected.pulled_all)(self.running, today)

    def unless_stopped(self, deed: Callable[[], None]) -> None:
        """Keep an error for the tests of this system: it must not take the others with it."""
        try:
            if self.stopped is None:
                deed()
        except Exception as error:
            self.stopped = error


@dataclasses.dataclass
class World:
    """The shops and the warehouse that is filled from them, step by step."""

    stage: Stage
    shops: dict[str, Shop]
    found: dict[str, dict[str, list[str]]] = dataclasses.field(default_factory=dict)

    def differences(self, step: str, name: str) -> list[str]:
        """Return what is not as expected in a system's rows after `step`; raises the error that stopped it."""
        for missing in STEPS[len(self.found) : STEPS.index(step) + 1]:
            self.found[missing] = self._take(missing)
        if name not in self.found[step]:
            raise self.shops[name].stopped or AssertionError(f"{name} was not pulled")
        return self.found[step][name]

    def _take(self, step: str) -> dict[str, list[str]]:
        now = self.stage.one("select now()")
        for shop in self.shops.values():
            shop.optiply.now = now
            shop.unless_stopped(lambda shop=shop: shop.pull(self.stage, step))  # type: ignore[misc]
        self._transform()
        for shop in self.shops.values():
            shop.unless_stopped(lambda shop=shop: shop.hear(self.stage, step))  # type: ignore[misc]
        tables, deleted = actual.read(self.stage)
        problems = actual.problems(self.stage)
        found = {}
        for name, shop in self.shops.items():
            coupling = shop.system.coupling
            if shop.stopped is None:
                held = {problem for problem in problems if problem[0] == coupling}
                found[name] = differences(shop.optiply, *of_coupling(coupling, tables, deleted))
                found[name] += problem_differences(shop.optiply, held)
        return found

    def _transform(self) -> None:
        """Map what landed; of several webshops only those that cannot be mapped are named in the error."""
        try:
            self.stage.transform()
        except SyncError as error:
            for shop in self.shops.values():
                webshop = shop.system.coupling.partition("__")[0]
                if len(self.shops) == 1 or f"{webshop}: " in str(error):
                    shop.stopped = shop.stopped or error


@pytest.fixture(scope="module")
def world(module_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The tests of this file go on from one another."""
    problems = module_stage.configure(merged(tmp_path_factory.mktemp("couplings") / "dag_configs"))
    with ExitStack() as stack:
        shops = {}
        for name in NAMES:
            about = system(name)
            own = [problem for problem in problems if about.coupling.replace("__", "/") in problem.file]
            assert about.coupling in module_stage.configs, f"{about.coupling} cannot be read: {own or problems}"
            size = {key: about.sandbox[key] * SCALE for key in ("size", "orders")}
            running = stack.enter_context(serve(name, **{**about.sandbox, **size}))
            module_stage.coupled(about.coupling, running)
            optiply = Optiply()
            expected = about.expected(optiply, module_stage.configs[about.coupling].settings)
            shops[name] = Shop(about, running, optiply, expected)
        yield World(module_stage, shops)


def check(world: World, step: str, name: str) -> None:
    found = world.differences(step, name)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:40])


@pytest.mark.requirement("R5", "R10", "R11", "R19")
@pytest.mark.parametrize("name", NAMES)
def test_first_pull_all(world: World, name: str) -> None:
    check(world, "all", name)
    shop = world.shops[name]
    brought = world.stage.configs[shop.system.coupling].objects
    assert all(shop.optiply.tables[table] for table in brought), "the sandbox is too small to prove anything"


@pytest.mark.requirement("R9", "R16")
@pytest.mark.parametrize("name", NAMES)
def test_changed_since(world: World, name: str) -> None:
    check(world, "changed", name)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("name", NAMES)
def test_a_single_record(world: World, name: str) -> None:
    check(world, "single", name)


@pytest.mark.requirement("R16")
@pytest.mark.rule("B3")
@pytest.mark.parametrize("name", NAMES)
def test_pull_all_after_changes(world: World, name: str) -> None:
    check(world, "again", name)
