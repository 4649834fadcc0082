"""One buy order being pushed: what is wanted, what was done, and a call to the remote with its place in the ledger."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from include.contract.errors import AuthRefused, NotThere, RemoteDown, SyncError, TryAgain, Wait
from include.engine import own_order
from include.engine.client import Client
from include.engine.compose import JSON, compose
from include.engine.tell import Told
from include.engine.template import fill
from include.spec.push import BuyOrderPush, Write
from include.sync import push_words as words
from include.warehouse import push_ledger as ledger
from include.warehouse.push_ledger import Intent, Order, Outcome, Step
from include.warehouse.push_wanted import Wanted

MOST_UNKNOWN = 3


@dataclasses.dataclass
class Case:
    """An order whose lock is held, with everything that is needed to bring it to the remote."""

    connection: psycopg.Connection
    client: Client
    push: BuyOrderPush
    kind: str
    title: str
    timeout: timedelta
    order: Order
    wanted: Wanted

    def values(self, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what the manifest's templates may name."""
        own = {"reference": self.order.reference, "remote_id": self.order.remote_id}
        return {**self.client.values, **self.wanted.values, **own, **(more or {})}

    def reload(self) -> None:
        """Read the order's row again; the version that is worked on stays the same."""
        fresh = ledger.load(self.connection, self.order.id)
        self.order = dataclasses.replace(fresh, wanted_version=self.order.wanted_version)

    def steps(self, name: str, line_id: int | None = None) -> list[Step]:
        """Return the steps of one name, for one line, oldest first."""
        known = ledger.steps(self.connection, self.order.id)
        return [step for step in known if (step.step, step.buy_order_line_id) == (name, line_id)]

    @property
    def settle(self) -> timedelta:
        """How long after a call ended without an answer its effect can be seen."""
        return timedelta(seconds=self.push.settle_seconds)


def send(case: Case, call: Write, values: Mapping[str, Any], intend: Callable[[str | None], int]) -> tuple[int, Told]:
    """Make a call: everything that may fail before it, then the intent, then the call; return the step and its outcome.

    Raises Stops where the call was not made.
    """
    body = compose(call.body, values) if call.body is not None else None
    return send_body(case, call, values, body, intend)


def send_body(
    case: Case, call: Write, values: Mapping[str, Any], body: Any, intend: Callable[[str | None], int]
) -> tuple[int, Told]:
    """Make a call whose body is made already."""
    path = fill(call.path, values, in_path=True)
    params = {name: fill(value, values) for name, value in call.params.items()}
    headers = {name: fill(value, values) for name, value in call.headers.items()}
    try:
        ready = case.client.ready(call.method, path, params, headers, body)
    except SyncError as error:
        # Budget, token or address: nothing of this order.
        raise words.Stops(error) from None
    step_id = intend(None if body is None else JSON.encode(body).decode())
    return step_id, case.client.tell(ready)


def judge(case: Case, step_id: int, told: Told, *, park_after: int | None = None) -> None:
    """Write down what was not accepted, and end the order for now; returns only where the call was accepted.

    What is no fault of this order (limit, credentials, no connection) stops the run. Raises Ends, Stops.
    """
    if told.outcome == "accepted":
        return
    error = told.error or RemoteDown("nothing came back")
    ledger.finish(case.connection, step_id, Outcome(told.outcome, told.kind, told.status, error.what))
    if told.outcome == "unknown":
        if park_after is not None and park_after >= MOST_UNKNOWN:
            raise words.parked(
                f"{MOST_UNKNOWN} calls without a clear answer; the last: {error.what}", case.title, case.order.reference
            )
        raise words.again(error, datetime.now(UTC) + case.settle)
    if isinstance(error, Wait | AuthRefused | TryAgain):
        raise words.Stops(error)
    raise words.refused(error, case.title, str(case.wanted.values["order.reference"]))


def repeat(
    case: Case,
    name: str,
    call: Write,
    *,
    done: Mapping[str, list[Any]] | None = None,
    values: Mapping[str, Any] | None = None,
    line_id: int | None = None,
    gone_is_done: bool = False,
) -> None:
    """Make a call that does no harm when it is made twice; `done` says by the remote's record that it need not be.

    `gone_is_done`: it takes something away, and what is not there is taken away.
    """
    before = list(itertools.takewhile(lambda step: step.is_open, reversed(case.steps(name, line_id))))
    for step in before:
        outcome = Outcome("found") if _says(case, done) else Outcome("unknown", step.kind or "crash")
        ledger.finish(case.connection, step.id, outcome)
        if outcome.outcome == "found":
            return
    filled = case.values(values)
    step_id, told = send(
        case, call, filled, lambda body: ledger.intend(case.connection, case.order, Intent(name, body, line_id))
    )
    if told.outcome == "refused" and _was_done(case, told.error, done, gone_is_done=gone_is_done):
        ledger.finish(case.connection, step_id, Outcome("found", told.kind, told.status, str(told.error)))
        return
    judge(case, step_id, told, park_after=len(before) + 1)
    ledger.finish(case.connection, step_id, Outcome("accepted", told.kind, told.status))


def _was_done(case: Case, error: SyncError | None, done: Mapping[str, list[Any]] | None, *, gone_is_done: bool) -> bool:
    if isinstance(error, Wait | AuthRefused | TryAgain):
        return False
    return (gone_is_done and isinstance(error, NotThere)) or _says(case, done)


def _says(case: Case, done: Mapping[str, list[Any]] | None) -> bool:
    if not done:
        return False
    record = own_order.read(case.client, case.push, case.values())
    return record is not None and record.says(done)


def still_open(case: Case, step: Step, unknown: int) -> None:
    """Decide about a step of which nobody knows, when the remote was asked and does not have it.

    It returns where the call never arrived and may be made again: the remote was asked twice, the second time so long
    after the call ended that its effect would show. A call that the remote may still be working on is left to a person,
    and so is the third in a row. Raises Ends.
    """
    if step.outcome == "absent":
        return
    first_absent, now = ledger.absent(case.connection, step.id)
    # Of a process that died nobody knows when its call ended, only when it would have given up.
    ended = step.finished_at or step.intended_at + case.timeout
    until = max(ended, first_absent) + case.settle
    if now < until:
        error = RemoteDown(f"nobody knows what became of '{step.step}' ({step.kind or 'crash'})")
        raise words.again(error, until)
    if step.kind == "time-out":
        raise words.parked(
            "the remote did not answer in time and does not have it: it may still be working on it",
            case.title,
            case.order.reference,
        )
    if unknown >= MOST_UNKNOWN:
        raise words.parked(
            f"sent {unknown} times without a clear answer, and never there", case.title, case.order.reference
        )
    ledger.finish(case.connection, step.id, Outcome("absent"))
