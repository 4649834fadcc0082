"""What the buttons do. Each asks for the right to act, and leaves who did what in the audit log."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic
from fastapi import APIRouter, Path

from include.contract.errors import Misconfigured
from include.desk import airflow, warehouse
from include.desk.described import Coupling
from include.desk.security import Actor, dag_of
from include.spec.load import load_coupling
from include.spec.objects import ObjectName
from include.sync import approvals as deletions
from include.sync import replay
from include.sync.approvals import Decided
from include.tasks.approval_operators import DELETE, KEEP
from include.tasks.approval_runs import DAG_ID, run_id
from include.warehouse import approvals, audit, inbox
from include.warehouse import quarantine as set_aside
from include.warehouse.registry import coupling_id

router = APIRouter(prefix="/api/v1/couplings/{coupling}")
Number = Annotated[int, pydantic.Field(ge=1, le=2**63 - 1)]
TRANSFORM, ASK = "transform", "ask"
CHANGES = {
    "recheck": "the credentials are tried; where they work, what was missed is pulled at once.",
    "pause": "nothing is pulled or pushed by schedule until you resume.",
    "resume": "the schedules go on, and what was missed is pulled at once.",
    "deactivate": "webhooks are taken away, and nothing is asked of the remote any more.",
}


class Given(pydantic.BaseModel):
    """A body: what it does not know it refuses."""

    model_config = pydantic.ConfigDict(extra="forbid")


class Nothing(Given):
    """A body for what needs no more to be said."""


class Pull(Given):
    """What to pull."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"objects": ["products"], "mode": "changed"}]})
    objects: Annotated[list[ObjectName], pydantic.Field(min_length=1)]
    mode: Literal["changed", "all", "single"] = "changed"
    remote_id: (
        Annotated[
            str, pydantic.StringConstraints(min_length=1, max_length=255, strip_whitespace=True, pattern=r"^[^\x00]*$")
        ]
        | None
    ) = None


class Groups(Given):
    """Which groups of the quarantine, each named by one of its entries, and what to do with them."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"groups": [1], "deed": "dismiss"}]})
    groups: Annotated[list[Number], pydantic.Field(min_length=1, max_length=100)]
    deed: Literal["retry", "dismiss"]


class Answer(Given):
    """A person's answer about deletions."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"answer": "keep"}]})
    answer: Literal["delete", "keep"]


class Change(Given):
    """What to do with the coupling's life."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"action": "recheck"}]})
    action: Literal["recheck", "pause", "resume", "deactivate"]


@dataclasses.dataclass(frozen=True)
class Done:
    """What happened, in a sentence, and what support may do next."""

    message: str
    next_step: str = ""
    run: str | None = None
    """Where the UI shows the DAG run, where there is one."""


def _run(dag: str, conf: Mapping[str, Any], user: Actor, note: str) -> str:
    """Trigger a DAG; return where the UI shows the run."""
    return airflow.run_path(dag, airflow.trigger(dag, conf, user, f"{note}, by {user.get_name()}"))


def _known(coupling: str) -> int:
    """Return a coupling's number. Raises Misconfigured: a run about nobody would be told as started, and fail."""
    with warehouse.opened() as connection:
        return coupling_id(connection, coupling).coupling_id


@router.post("/pull")
def pull(user: Actor, coupling: Coupling, given: Pull) -> Done:
    """Start a run of the coupling's extract DAG."""
    conf = {"objects": list(given.objects), "mode": given.mode, "remote_id": given.remote_id, "since": None}
    with warehouse.opened() as connection:
        number = coupling_id(connection, coupling).coupling_id
        # A note without its run is seen at once; a run without its note would be missed.
        audit.record(connection, user.get_name(), "pull", number, **conf)
    what = ", ".join(name.replace("_", " ") for name in given.objects)
    return Done(f"The pull of {what} has been started.", run=_run(dag_of(coupling), conf, user, "pull"))


@router.post("/activate")
def activate(user: Actor, coupling: Coupling, _given: Nothing) -> Done:
    """Activate the coupling, or go on with an activation that stopped. The run leaves who wanted it in the audit."""
    _known(coupling)
    run = _run("activate", {"coupling": coupling}, user, "activate")
    return Done("The activation has been started; it shows here how far it is.", run=run)


@router.post("/change")
def change(user: Actor, coupling: Coupling, given: Change) -> Done:
    """Try the credentials, pause, resume or switch off. The run leaves who wanted it in the audit log."""
    _known(coupling)
    run = _run("change_coupling", {"coupling": coupling, "action": given.action}, user, given.action)
    return Done(f"Started: {CHANGES[given.action]}", run=run)


@router.post("/replay")
def replayed(user: Actor, coupling: Coupling, _given: Nothing) -> Done:
    """Map everything of the coupling anew from what has landed; no remote is asked."""
    with warehouse.opened() as connection, connection.transaction():
        # Only the name of a coupling becomes the name of a file.
        number = coupling_id(connection, coupling).coupling_id
        webshop, _, leaf = coupling.partition("__")
        roots = replay.replay(connection, coupling, load_coupling(f"{webshop}/{leaf}.yaml").manifest)
        audit.record(connection, user.get_name(), "replay", number, roots=roots)
    run = airflow.trigger(TRANSFORM, {}, user, f"replay of {coupling} by {user.get_name()}")
    return Done(f"{sum(roots.values())} records are mapped anew.", run=airflow.run_path(TRANSFORM, run))


@router.post("/quarantine")
def quarantine(user: Actor, coupling: Coupling, given: Groups) -> Done:
    """Map the records of some groups anew, or take them off the list."""
    deed = set_aside.map_again if given.deed == "retry" else set_aside.dismiss
    with warehouse.opened() as connection, connection.transaction():
        number = coupling_id(connection, coupling).coupling_id
        many = deed(connection, number, given.groups)
        what = f"{given.deed}_quarantine"
        audit.record(connection, user.get_name(), what, number, records=many, groups=given.groups)
    if given.deed == "dismiss":
        return Done(f"{many} entries are off the list.", "They come back when the record is mapped and still wrong.")
    if not many:
        return Done("None of these could be mapped again: they were never stored.", "Pull everything of the object.")
    run = _run(TRANSFORM, {}, user, f"retry of quarantine of {coupling}")
    return Done(f"{many} records are mapped again.", run=run)


@router.post("/webhook-events")
def webhook_events(user: Actor, coupling: Coupling, _given: Nothing) -> Done:
    """Let the webhook events that were set aside be worked on again."""
    with warehouse.opened() as connection, connection.transaction():
        number = coupling_id(connection, coupling).coupling_id
        many = inbox.replay(connection, coupling, [])
        audit.record(connection, user.get_name(), "replay_webhooks", number, events=many)
    return Done(f"{many} events are worked on again.")


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
    if airflow.answer(DAG_ID, run_id(found), ASK, option, user):
        done = f"All {found.missing} records are kept."
        if given.answer == "delete":
            done = f"Those of the {found.missing} records that did not come back are being deleted."
        return Done(done, run=airflow.run_path(DAG_ID, run_id(found)))
    # Its run is not there, or asks no more: the answer counts all the same, and the run will see that it was given.
    decided = (deletions.approve if given.answer == "delete" else deletions.refuse)(
        warehouse.connect(), number, user.get_name()
    )
    if decided.approval.state == "approved":
        _run(TRANSFORM, {}, user, f"approval {number}")
    return Done(decided.sentence())
