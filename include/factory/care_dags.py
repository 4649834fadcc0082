"""The DAGs that look after the platform itself: what people are told of, and what is let go."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from include.tasks.monitor_operator import MonitorOperator

_MONITOR_DOC = """
Looks at all couplings each minute: what is late by its own schedule, fails, is stuck, waits for a person, or uses up a
quota before it resets. Tells Slack and e-mail what **changed**, once, and when it is over.

Slack: an Airflow connection `slack` (type *Slack API*; password = the bot's token; extra `channel`). E-mail: the
connection `smtp_default` (extra `to`). Without them the lines stand in this task's log only. What a channel that was
down did not take, it is told later. The runbook tells more under "Alerts".
"""


def build_care_dags() -> dict[str, DAG]:
    """Return them by id."""
    return {dag.dag_id: dag for dag in (_monitor(),)}


def _monitor() -> DAG:
    with DAG(
        dag_id="monitor",
        dag_display_name="Monitor – what is wrong, and who is told",
        doc_md=_MONITOR_DOC,
        schedule=CronTriggerTimetable("* * * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(minutes=10),
        is_paused_upon_creation=False,
        tags=["platform"],
        default_args={"owner": "support"},
    ) as dag:
        MonitorOperator(task_id="look", task_display_name="Look at all couplings")
    return dag
