"""The crash matrix: a worker dies by SIGKILL at every moment of a push, and the remote does its worst besides.

Always exactly one order on the remote, the ledger true, and the next run finishes without a person.
"""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from include.contract.errors import SyncError
from include.kit.scratch import scratch, server
from include.sandbox import Running, serve
from include.sync.push_answers import retry
from tests.sync.fixtures import SECRET
from tests.sync.push_stage import Desk, ours, with_patience
from tests.sync.push_worker import MOMENTS, join, push_and_die, started

TIMEOUT, SETTLE = 1, 2
CREATE = {"match": "/purchaseorders?", "method": "POST", "times": None}
REMOTES: dict[str, dict[str, Any] | None] = {
    "answers": None,
    "hangs": {"kind": "slow", "after": True, "seconds": 3},
    "takes it late": {"kind": "slow", "seconds": 2},
    "cuts after it": {"kind": "cut", "after": True},
    "500 after it": {"kind": "status", "status": 500, "after": True},
    "loses it": {"kind": "lost"},
    "429": {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
}
RELEASE = "answers (release)"


@dataclasses.dataclass
class Cell:
    """One way to die at one kind of remote: the order, and what was seen."""

    moment: str | None
    remote: str
    number: int
    before: int = 0
    ledger: str = ""
    after: int = 0
    steps: str = ""

    def line(self) -> str:
        """Return the cell as a row of the table."""
        died = self.moment or "nowhere"
        return f"| {died} | {self.remote} | {self.before} | {self.ledger} | {self.after} | {self.steps} |"


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[dict[str, Running]]:
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(serve("picqer", seed=5, size=10, orders=2, settings={"per_minute": 10**6}))
            for name in [*REMOTES, RELEASE]
        }


@pytest.fixture(scope="module")
def desk(sandboxes: dict[str, Running], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with scratch(server(), "push_crashes") as dsn:
        made = Desk(dsn, tmp_path_factory.mktemp("configs"))
        for place, name in enumerate(sandboxes):
            made.couple(f"shop{place}", sandboxes[name], timeout=TIMEOUT, settle=SETTLE)
        yield made
        made.close()


def coupling_of(sandboxes: dict[str, Running], remote: str) -> str:
    return f"shop{list(sandboxes).index(remote)}__picqer"


def recover(desk: Desk, rounds: int) -> None:
    """Do what the next run of each coupling does: push, come back when what is unknown is to be looked for."""
    for _ in range(rounds):
        looks = []
        for coupling in desk.configs:
            with contextlib.suppress(SyncError):
                looks.append(desk.push(coupling).next_look)
        until = max((look for look in looks if look is not None), default=None)
        if until is None:
            return
        time.sleep(max((until - datetime.now(UTC)).total_seconds(), 0) + 0.05)


def story(desk: Desk, number: int) -> str:
    return ", ".join(f"{step} {outcome}" for step, outcome in desk.steps(number)) or "no step"


def told(desk: Desk, number: int) -> str:
    return f"{desk.order(number)['state']}: {story(desk, number).replace(' None', ' intended')}"


@pytest.mark.requirement("F3", "R7", "R1")
def test_whatever_dies_and_whatever_the_remote_does_there_is_one_order(
    desk: Desk, sandboxes: dict[str, Running], capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [Cell(moment, remote, 0) for remote in REMOTES for moment in (None, *MOMENTS)]
    cells += [Cell(moment, RELEASE, 0) for moment in MOMENTS]
    for place, cell in enumerate(cells):
        cell.number = 5000 + place
        desk.place(coupling_of(sandboxes, cell.remote), cell.number, (0, 12, "474.00"), (1, 6, "60.00"))
    for remote, fault in REMOTES.items():
        if fault is not None:
            sandboxes[remote].admin.fault(**CREATE | fault)

    for batch in (cells[start : start + 14] for start in range(0, len(cells), 14)):
        workers = [
            started(
                push_and_die, desk.dsn, SECRET, desk.configs[coupling := coupling_of(sandboxes, cell.remote)],
                desk.opened[coupling], str(cell.number), cell.moment, 2 if cell.remote == RELEASE else 1,
            )
            for cell in batch
        ]  # fmt: skip
        ended = join(workers, 40)
        assert ended == [0 if cell.moment is None else -signal.SIGKILL for cell in batch]
    for cell in cells:
        cell.before, cell.ledger = len(ours(sandboxes[cell.remote], cell.number)), told(desk, cell.number)

    for sandbox in sandboxes.values():
        sandbox.admin.clear_faults()
    recover(desk, rounds=4)

    for cell in cells:
        cell.after, cell.steps = len(ours(sandboxes[cell.remote], cell.number)), told(desk, cell.number)
    with capsys.disabled():
        print("\n| died | the remote | orders there | ledger | orders after the next run | ledger after it |")
        print("|---|---|---|---|---|---|")
        print("\n".join(cell.line() for cell in cells))
    for cell in cells:
        check(desk, sandboxes[cell.remote], cell)


def check(desk: Desk, sandbox: Running, cell: Cell) -> None:
    orders = ours(sandbox, cell.number)
    assert len(orders) == 1, cell
    (made,), ledger = orders, desk.order(cell.number)
    assert (ledger["state"], ledger["remote_id"]) == ("sent", str(made["idpurchaseorder"])), cell
    assert ledger["sent_version"] == ledger["wanted_version"]
    assert made["status"] == "purchased", cell
    assert len(made["products"]) == 2
    assert (
        desk.one("select remote_id from optiply.buy_orders where optiply_id = %s", cell.number) == ledger["remote_id"]
    )
    names = desk.rows("select remote_id from optiply.buy_order_lines where buy_order_id = %s", ledger["buy_order_id"])
    assert {row["remote_id"] for row in names} == {str(line["idpurchaseorder_product"]) for line in made["products"]}
    steps = desk.steps(cell.number)
    assert all(outcome is not None for _, outcome in steps), "nothing is left intended"
    created = [outcome for step, outcome in steps if step == "create" and outcome in ("accepted", "found")]
    assert len(created) == 1, steps
    assert desk.steps(cell.number)[-1][0] == "mark_as_purchased"


@pytest.mark.requirement("F3", "R7")
def test_what_only_a_person_can_know_is_parked_and_never_sent_again_blindly(
    desk: Desk, sandboxes: dict[str, Running]
) -> None:
    sandbox, coupling = sandboxes["answers"], coupling_of(sandboxes, "answers")
    desk.configs[coupling] = with_patience(desk.configs[coupling], timeout=1, settle=1)
    desk.place(coupling, 6001)
    # Accepted long after the time in which an order that was made has to be seen.
    sandbox.admin.fault("slow", "/purchaseorders?", method="POST", seconds=5)
    assert desk.push(coupling).states == {"unknown": 1}
    time.sleep(1.1)
    assert desk.push(coupling).states == {"unknown": 1}, "absent once is not absent"
    time.sleep(1.1)
    (stuck,) = desk.push(coupling).stuck
    assert stuck.state == "parked"
    assert "it may still be working on it" in stuck.what
    assert "Look for 'OP 6001' in Picqer" in stuck.next_step
    assert ours(sandbox, 6001) == []
    assert desk.push(coupling).sentence() == "nothing to send", "a parked order waits for a person"
    deadline = time.monotonic() + 20
    while not ours(sandbox, 6001):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    # The person did not see it and says: send it. It is looked for once more, and found.
    assert retry(desk.platform.connect, coupling, ["6001"], "support") == ["6001"]
    assert desk.push(coupling).sentence() == "1 sent"
    assert len(ours(sandbox, 6001)) == 1
    assert desk.order(6001)["decided_by"] == "support: send again"
