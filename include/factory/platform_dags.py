"""The DAGs that belong to no coupling: transform."""

from __future__ import annotations

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable

from include.tasks.pull_operator import LANDED
from include.tasks.transform_operator import TransformOperator

_TRANSFORM_DOC = """
Maps everything that landed since the last transform into the Optiply tables, for all couplings at once.

Starts by itself when a pull brought news, and looks every quarter of an hour for what is left. Records that wait for
another one are tried again with the next news of their webshop. One webshop's failure
does not hold another's back: the log names the webshop and the model. Triggering it by hand does no harm.
"""


def build_platform_dags() -> dict[str, DAG]:
    """Return the platform's DAGs by id."""
    with DAG(
        dag_id="transform",
        dag_display_name="Transform – map what landed",
        doc_md=_TRANSFORM_DOC,
        schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("*/15 * * * *", timezone="UTC"), assets=[LANDED]),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["platform"],
        default_args={"owner": "analysts"},
    ) as transform:
        TransformOperator(task_id="transform", task_display_name="Map the news")
    return {transform.dag_id: transform}
