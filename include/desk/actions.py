"""What the buttons do. Each asks for the right to act, and leaves who did what in the audit log."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic
from fastapi import APIRouter

from include.desk import airflow, warehouse
from include.desk.deed import TRANSFORM, Done, Given, Number, RemoteId, started
from include.desk.described import Coupling
from include.desk.security import Actor, dag_of
from include.spec.load import load_coupling
from include.spec.objects import ObjectName
from include.sync import replay
from include.warehouse import audit, inbox
from include.warehouse import quarantine as set_aside
from include.warehouse.registry import coupling_id

router = APIRouter(prefix="/api/v1/couplings/{coupling}")
CHANGES = {
    "recheck": "the credentials are tried; where they work, what was missed is pulled at once.",
    "pause": "nothing is pulled or pushed by schedule until you resume.",
    "resume": "the schedules go on, and what was missed is pulled at once.",
    "deactivate": "webhooks are taken away, and nothing is asked of the remote any more.",
}


class Nothing(Given):
    """A body for what needs no more to be said."""


class Pull(Given):
    """What to pull."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"objects": ["products"], "mode": "changed"}]})
    objects: Annotated[list[ObjectName], pydantic.Field(min_length=1)]
    mode: Literal["changed", "all", "single"] = "changed"
    remote_id: RemoteId | None = None


class Groups(Given):
    """Which groups of the quarantine, each named by one of its entries, and what to do with them."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"groups": [1], "deed": "dismiss"}]})
    groups: Annotated[list[Number], pydantic.Field(min_length=1, max_length=100)]
    deed: Literal["retry", "dismiss"]


class Change(Given):
    """What to do with the coupling's life."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"action": "recheck"}]})
    action: Literal["recheck", "pause", "resume", "deactivate"]


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
    return Done(f"The pull of {what} has been started.", run=started(dag_of(coupling), conf, user, "pull"))


@router.post("/activate")
def activate(user: Actor, coupling: Coupling, _given: Nothing) -> Done:
    """Activate the coupling, or go on with an activation that stopped. The run leaves who wanted it in the audit."""
    _known(coupling)
    run = started("activate", {"coupling": coupling}, user, "activate")
    return Done("The activation has been started; it shows here how far it is.", run=run)


@router.post("/change")
def change(user: Actor, coupling: Coupling, given: Change) -> Done:
    """Try the credentials, pause, resume or switch off. The run leaves who wanted it in the audit log."""
    _known(coupling)
    run = started("change_coupling", {"coupling": coupling, "action": given.action}, user, given.action)
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
    run = started(TRANSFORM, {}, user, f"retry of quarantine of {coupling}")
    return Done(f"{many} records are mapped again.", run=run)


@router.post("/webhook-events")
def webhook_events(user: Actor, coupling: Coupling, _given: Nothing) -> Done:
    """Let the webhook events that were set aside be worked on again."""
    with warehouse.opened() as connection, connection.transaction():
        number = coupling_id(connection, coupling).coupling_id
        many = inbox.replay(connection, coupling, [])
        audit.record(connection, user.get_name(), "replay_webhooks", number, events=many)
    return Done(f"{many} events are worked on again.")
