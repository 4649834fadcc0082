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
from include.sync import life, replay
from include.warehouse import audit
from include.warehouse.registry import coupling_id

router = APIRouter(prefix="/api/v1/couplings/{coupling}")
TRANSFORM = "transform"


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


@dataclasses.dataclass(frozen=True)
class Done:
    """What happened, in a sentence, and what support may do next."""

    message: str
    next_step: str = ""
    run: str | None = None
    """Where the UI shows the DAG run, where there is one."""


def _start(coupling: str, dag: str, conf: Mapping[str, Any], user: Actor, what: str) -> Done:
    """Trigger a DAG and note it; a run without its note would be worse than a note without its run."""
    who = user.get_name()
    with warehouse.opened() as connection:
        audit.record(connection, who, what, coupling_id(connection, coupling).coupling_id, dag=dag, **conf)
    run = airflow.trigger(dag, conf, user, f"{what} by {who}")
    return Done(f"Started: {what}.", run=airflow.run_path(dag, run))


@router.post("/pull")
def pull(user: Actor, coupling: str, given: Pull) -> Done:
    """Start a run of the coupling's extract DAG."""
    conf = {"objects": list(given.objects), "mode": given.mode, "remote_id": given.remote_id, "since": None}
    return _start(coupling, dag_of(coupling), conf, user, "pull")


@router.post("/activate")
def activate(user: Actor, coupling: str, _given: Nothing) -> Done:
    """Activate the coupling, or go on with an activation that stopped."""
    return _start(coupling, "activate", {"coupling": coupling}, user, "activate")


@router.post("/recheck")
def recheck(user: Actor, coupling: str, _given: Nothing) -> Done:
    """Try the coupling's credentials; where they work, it catches up by itself."""
    return _start(coupling, "recheck", {"coupling": coupling}, user, "recheck")


@router.post("/pause")
def pause(user: Actor, coupling: str, _given: Nothing) -> Done:
    """Switch the coupling's schedules off."""
    with warehouse.opened() as connection:
        return Done(life.pause(connection, coupling, user.get_name()).sentence())


@router.post("/resume")
def resume(user: Actor, coupling: str, _given: Nothing) -> Done:
    """Switch the coupling's schedules on again; what it missed is caught up."""
    with warehouse.opened() as connection:
        return Done(life.resume(connection, coupling, user.get_name()).sentence())


@router.post("/deactivate")
def deactivate(user: Actor, coupling: str, _given: Nothing) -> Done:
    """Switch the coupling off, also for runs by hand."""
    with warehouse.opened() as connection:
        return Done(life.deactivate(connection, coupling, user.get_name()).sentence())


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
