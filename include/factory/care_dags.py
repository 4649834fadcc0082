"""The DAGs that look after the platform itself: what people are told of, and what is let go."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from include.tasks.maintain_operator import MaintainOperator
from include.tasks.monitor_operator import MonitorOperator

_MONITOR_DOC = """
Looks at all couplings each minute: what is late by its own schedule, fails, is stuck, waits for a person, or uses up a
quota before it resets. Tells Slack and e-mail what **changed**, once, and when it is over.

Slack: an Airflow connection `slack` (type *Slack API*; password = the bot's token; extra `channel`). E-mail: the
connection `smtp_default` (extra `to`). Without them the lines stand in this task's log only. What a channel that was
down did not take, it is told later. The runbook tells more under "Alerts".
"""
_MAINTAIN_DOC = """
Lets go, once a day and in small batches, what is past its time: versions of documents that newer ones replaced, webhook
events that are done, solved problems, failing calls, alerts that are over, pages and records of old pulls.

What Optiply has and the current version of every document are never touched, so mappings can be replayed all the same.
docs/operations.md lists how long what is kept. The last line of the log says what went. Triggering it by hand does no
harm.
"""


def build_care_dags() -> dict[str, DAG]:
    """Return them by id."""
    return {dag.dag_id: dag for dag in (_monitor(), _maintain())}


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


def _maintain() -> DAG:
    with DAG(
        dag_id="maintain",
        dag_display_name="Maintain – let go what is past its time",
        doc_md=_MAINTAIN_DOC,
        schedule=CronTriggerTimetable("17 3 * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["platform"],
        default_args={"owner": "support"},
    ) as dag:
        MaintainOperator(task_id="let_go", task_display_name="Let go what is old")
    return dag
