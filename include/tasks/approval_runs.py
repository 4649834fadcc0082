"""From a pull that has to ask to the DAG run in which a person answers."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import TriggerDagRun

from include.warehouse.approvals import Approval

log = logging.getLogger(__name__)
DAG_ID = "approve_deletions"


def start_runs(asked: Sequence[Approval], overtaken: Sequence[Approval]) -> None:
    """Start a run for each approval that waits, and let the runs of those that do not wait any more end.

    The run's id is made of the approval's number, so that a task that is tried again starts no second one. This is
    the message of Airflow's own TriggerDagRunOperator, which can send it only once and as the last thing of a task.
    """
    for found in asked:
        _send(found, again=False)
        log.info("A person is asked: DAG %s, run %s. %s", DAG_ID, run_id(found), found.headline())
    for found in overtaken:
        # Cleared, its task that waits looks again, finds that the question is gone, and ends.
        _send(found, again=True)
        log.info("Approval %d is overtaken by this pull.", found.id)


def run_id(found: Approval) -> str:
    """Return the id of the run that carries an approval."""
    return f"approval_{found.id}"


def _send(found: Approval, *, again: bool) -> None:
    task_runner.SUPERVISOR_COMMS.send(
        TriggerDagRun(
            dag_id=DAG_ID,
            run_id=run_id(found),
            conf={"approval": found.id},
            reset_dag_run=again,
            note=found.headline(),
        )
    )
