"""From a coupling that may go on to the run that pulls what changed since it was stopped."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import TriggerDagRun

from include.spec.load import find_coupling
from include.warehouse.life import Life

log = logging.getLogger(__name__)


def start_catch_up(revived: Sequence[Life]) -> None:
    """Start a run of each coupling that owes a pull of what changed; its schedules do the same a little later.

    The run's id is made of the time at which the coupling came back, so that a task that is tried again starts no
    second one. About the message: see approval_runs.
    """
    for found in revived:
        if not found.catch_up:
            continue
        objects = list(find_coupling(found.coupling).pulled_objects)
        dag_id, run_id = f"{found.coupling}__extract", f"catch_up_{found.since:%Y-%m-%dT%H:%M:%S}"
        task_runner.SUPERVISOR_COMMS.send(
            TriggerDagRun(
                dag_id=dag_id,
                run_id=run_id,
                conf={"objects": objects, "mode": "changed"},
                reset_dag_run=False,
                note="Catches up with what changed while the coupling was stopped",
            )
        )
        log.info("What was missed is caught up by run %s of %s.", run_id, dag_id)
