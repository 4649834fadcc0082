"""What all that the buttons do has in common: a strict body, a run that is started, a sentence for an answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any

import pydantic

from include.desk import airflow
from include.desk.security import Actor

Number = Annotated[int, pydantic.Field(ge=1, le=2**63 - 1)]
RemoteId = Annotated[
    str, pydantic.StringConstraints(min_length=1, max_length=255, strip_whitespace=True, pattern=r"^[^\x00]*$")
]
TRANSFORM = "transform"


class Given(pydantic.BaseModel):
    """A body: what it does not know it refuses."""

    model_config = pydantic.ConfigDict(extra="forbid")


@dataclasses.dataclass(frozen=True)
class Done:
    """What happened, in a sentence, and what support may do next."""

    message: str
    next_step: str = ""
    run: str | None = None
    """Where the UI shows the DAG run, where there is one."""


def started(dag: str, conf: Mapping[str, Any], user: Actor, note: str) -> str:
    """Trigger a DAG; return where the UI shows the run."""
    return airflow.run_path(dag, airflow.trigger(dag, conf, user, f"{note}, by {user.get_name()}"))
