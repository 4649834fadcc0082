"""From a coupling that may go on to the run that pulls what changed since it was stopped."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun

from include.spec.load import find_coupling
from include.warehouse.life import ACTIVATING, Life

log = logging.getLogger(__name__)


def start_catch_up(revived: Sequence[Life]) -> None:
    """Start what each coupling owes: a pull of what changed, or the rest of its activation.

    Its schedules would pull a little later. The run's id is made of the time at which the coupling came back, so that a
    task that is tried again starts no second one. About the message: see approval_runs.
    """
    for found in revived:
        at = f"{found.since:%Y-%m-%dT%H:%M:%S}"
        if found.state == ACTIVATING:
            _send("activate", f"{found.coupling}_{at}", {"coupling": found.coupling})
        elif found.catch_up:
            objects = list(find_coupling(found.coupling).pulled_objects)
            _send(f"{found.coupling}__extract", f"catch_up_{at}", {"objects": objects, "mode": "changed"})


def _send(dag_id: str, run_id: str, conf: dict[str, Any]) -> None:
    answer = task_runner.SUPERVISOR_COMMS.send(
        TriggerDagRun(
            dag_id=dag_id,
            run_id=run_id,
            conf=conf,
            reset_dag_run=False,
            note="The credentials work again, or the coupling was resumed: what was missed",
        )
    )
    if isinstance(answer, ErrorResponse) and answer.error is not ErrorType.DAGRUN_ALREADY_EXISTS:
        log.warning(
            "Airflow did not start %s (%s): trigger it by hand, or wait for its schedule.", dag_id, answer.error
        )
        return
    log.info("What was missed is caught up by run %s of %s.", run_id, dag_id)
