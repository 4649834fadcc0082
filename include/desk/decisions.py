"""What only a person can decide: whether missing records are deleted, and what becomes of an order."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic
from fastapi import APIRouter, Path

from include.contract.errors import Misconfigured
from include.desk import airflow, warehouse
from include.desk.deed import TRANSFORM, Done, Given, Number, RemoteId, started
from include.desk.described import Coupling
from include.desk.security import Actor
from include.sync import approvals as deletions
from include.sync.approvals import Decided
from include.tasks.approval_operators import DELETE, KEEP
from include.tasks.approval_runs import DAG_ID, run_id
from include.warehouse import approvals, push_orders
from include.warehouse.registry import coupling_id

router = APIRouter(prefix="/api/v1/couplings/{coupling}")
_ASK = "ask"
ORDERS = {
    "send": "it is being sent again.",
    "retry": "it is looked for once more, and sent where it is not found.",
    "adopt": "the one with that id is looked for on the remote, and taken for it.",
    "drop": "it is not sent any more.",
}


class Answer(Given):
    """A person's answer about deletions."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"answer": "keep"}]})
    answer: Literal["delete", "keep"]


class Order(Given):
    """What to do with a buy order that waits for a person; the remote id of one that the remote has."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"action": "retry"}]})
    action: Literal["send", "retry", "adopt", "drop"]
    remote_id: RemoteId | None = None


@router.post("/orders/{number}")
def order(user: Actor, coupling: Coupling, number: Annotated[Number, Path(examples=[1])], given: Order) -> Done:
    """Send a buy order again, say which one on the remote it is, or let it go: by a run of the coupling's push DAG."""
    with warehouse.opened() as connection:
        found = push_orders.of_number(connection, coupling_id(connection, coupling).coupling_id, str(number))
    if found is None:
        raise Misconfigured(
            f"Optiply placed no order {number} with {coupling}", next_step="Open the page of the coupling anew."
        )
    if (given.action == "adopt") != (given.remote_id is not None):
        raise Misconfigured(
            "a remote id is what an order needs that is on the remote, and no other",
            next_step="Look there, and fill in its id where the order is found.",
        )
    conf = {"action": given.action, "orders": str(number), "remote_id": given.remote_id}
    run = started(f"{coupling}__push", conf, user, f"{given.action} order {number}")
    return Done(f"Order {number}: {ORDERS[given.action]}", run=run)


@router.post("/approvals/{number}")
def approve(user: Actor, coupling: Coupling, number: Annotated[Number, Path(examples=[1])], given: Answer) -> Done:
    """Answer a question about deletions, as on its page in Airflow; it takes effect once."""
    option = DELETE if given.answer == "delete" else KEEP
    with warehouse.opened() as connection:
        found = approvals.one(connection, number)
        if found.coupling != coupling:
            raise Misconfigured(f"approval {number} is not about {coupling}", next_step="Open the page Approvals anew.")
        if found.state != "waiting":
            return Done(Decided(found, now=False).sentence())
    if airflow.answer(DAG_ID, run_id(found), _ASK, option, user):
        done = f"All {found.missing} records are kept."
        if given.answer == "delete":
            done = f"Those of the {found.missing} records that did not come back are being deleted."
        return Done(done, run=airflow.run_path(DAG_ID, run_id(found)))
    # Its run is not there, or asks no more: the answer counts all the same, and the run will see that it was given.
    decided = (deletions.approve if given.answer == "delete" else deletions.refuse)(
        warehouse.connect(), number, user.get_name()
    )
    if decided.approval.state == "approved":
        started(TRANSFORM, {}, user, f"approval {number}")
    return Done(decided.sentence())
