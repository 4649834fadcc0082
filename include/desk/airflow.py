"""What the desk asks of Airflow, in the api-server's own process: the only place that touches its database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from airflow.api.common.trigger_dag import trigger_dag
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
from airflow.exceptions import DagNotFound
from airflow.models.dag import DagModel
from airflow.models.errors import ParseImportError
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from fastapi import HTTPException
from sqlalchemy import select

from include.contract.errors import Misconfigured


def trigger(dag_id: str, conf: Mapping[str, Any], user: BaseUser, note: str) -> str:
    """Start a run with its form filled in, and switch the DAG on where it is off; return the run's id.

    Raises Misconfigured where there is no such DAG, or the form refuses what was filled in.
    """
    with create_session() as session:
        found = session.get(DagModel, dag_id)
        if found is None or found.is_stale:
            raise Misconfigured(f"Airflow has no DAG '{dag_id}'", next_step="Look at the DAG import errors.")
        # A run of a DAG that is off stays queued: nobody would see why nothing happens.
        found.is_paused = False
    try:
        run = trigger_dag(
            dag_id,
            triggered_by=DagRunTriggeredByType.UI,
            triggering_user_name=user.get_name(),
            conf=dict(conf),
            note=note,
        )
    except (DagNotFound, ValueError) as error:
        raise Misconfigured(f"Airflow refused to start '{dag_id}': {error}", next_step="Correct the input.") from None
    return str(run.run_id) if run else ""


def answer(dag_id: str, run_id: str, task_id: str, option: str, user: BaseUser) -> bool:
    """Answer a question that a task waits with; return False where none waits (yet, or any more)."""
    payload = UpdateHITLDetailPayload(chosen_options=[option])
    try:
        with create_session() as session:
            update_hitl_detail(dag_id, run_id, task_id, payload, user, session)
    except HTTPException as error:
        if error.status_code in (404, 409):
            return False
        raise
    return True


def import_errors() -> list[tuple[str, str]]:
    """Return the files that Airflow cannot read, with what is wrong in them."""
    with create_session() as session:
        rows = session.execute(select(ParseImportError.filename, ParseImportError.stacktrace)).all()
    return [(str(name).rpartition("/")[2].removesuffix(".py"), str(text).strip()) for name, text in rows]


def run_path(dag_id: str, run_id: str, task_id: str | None = None) -> str:
    """Return where the UI shows a run, or the log of a task of it."""
    path = f"/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
    return f"{path}/tasks/{quote(task_id, safe='')}" if task_id else path
