"""What the buttons do. Each asks for the right to act, and leaves who did what in the audit log."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic
from fastapi import APIRouter

from include.desk import airflow, warehouse
from include.desk.security import Actor, dag_of
from include.spec.load import load_coupling
from include.spec.objects import ObjectName
from include.sync import replay
from include.warehouse import audit
from include.warehouse.registry import coupling_id

router = APIRouter(prefix="/api/v1/couplings/{coupling}")
TRANSFORM = "transform"
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

    objects: Annotated[list[ObjectName], pydantic.Field(min_length=1)]
    mode: Literal["changed", "all", "single"] = "changed"
    remote_id: (
        Annotated[str, pydantic.StringConstraints(min_length=1, max_length=255, strip_whitespace=True)] | None
    ) = None


class Change(Given):
    """What to do with the coupling's life."""

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


@router.post("/pull")
def pull(user: Actor, coupling: str, given: Pull) -> Done:
    """Start a run of the coupling's extract DAG."""
    conf = {"objects": list(given.objects), "mode": given.mode, "remote_id": given.remote_id, "since": None}
    with warehouse.opened() as connection:
        number = coupling_id(connection, coupling).coupling_id
        # A note without its run is seen at once; a run without its note would be missed.
        audit.record(connection, user.get_name(), "pull", number, **conf)
    what = ", ".join(name.replace("_", " ") for name in given.objects)
    return Done(f"The pull of {what} has been started.", run=_run(dag_of(coupling), conf, user, "pull"))


@router.post("/activate")
def activate(user: Actor, coupling: str, _given: Nothing) -> Done:
    """Activate the coupling, or go on with an activation that stopped. The run leaves who wanted it in the audit."""
    run = _run("activate", {"coupling": coupling}, user, "activate")
    return Done("The activation has been started; it shows here how far it is.", run=run)


@router.post("/change")
def change(user: Actor, coupling: str, given: Change) -> Done:
    """Try the credentials, pause, resume or switch off. The run leaves who wanted it in the audit log."""
    run = _run("change_coupling", {"coupling": coupling, "action": given.action}, user, given.action)
    return Done(f"Started: {CHANGES[given.action]}", run=run)


@router.post("/replay")
def replayed(user: Actor, coupling: str, _given: Nothing) -> Done:
    """Map everything of the coupling anew from what has landed; no remote is asked."""
    webshop, _, leaf = coupling.partition("__")
    config = load_coupling(f"{webshop}/{leaf}.yaml")
    with warehouse.opened() as connection, connection.transaction():
        roots = replay.replay(connection, coupling, config.manifest)
        audit.record(connection, user.get_name(), "replay", coupling_id(connection, coupling).coupling_id, roots=roots)
    run = airflow.trigger(TRANSFORM, {}, user, f"replay of {coupling} by {user.get_name()}")
    return Done(f"{sum(roots.values())} records are mapped anew.", run=airflow.run_path(TRANSFORM, run))
