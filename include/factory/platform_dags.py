"""The DAGs that belong to no coupling: transform, approvals of deletions, webhooks registered and webhooks arrived."""

from __future__ import annotations

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, Param

from include.factory.care_dags import build_care_dags
from include.factory.life_dags import build_life_dags
from include.tasks.approval_operators import AnswerOperator, AskOperator
from include.tasks.approval_runs import DAG_ID
from include.tasks.asset import ARRIVED, LANDED
from include.tasks.drain_operator import DrainOperator
from include.tasks.transform_operator import TransformOperator
from include.tasks.webhook_operators import RETRYING, WebhookCheckOperator, WebhookCouplingsOperator

_TRANSFORM_DOC = """
Maps everything that landed since the last transform into the Optiply tables, for all couplings at once.

Starts by itself when a pull brought news, and looks every quarter of an hour for what is left. Records that wait for
another one are tried again with the next news of their webshop. One webshop's failure
does not hold another's back: the log names the webshop and the model. Triggering it by hand does no harm.
"""

_DRAIN_DOC = """
Works on what remote systems sent by themselves: a record that came with its event is landed, one that was only named is
pulled, all events of a record with one call. What was landed is mapped by the DAG `transform` right after.

Starts by itself within a second or two of an event, and looks each minute for what was put off. A remote that does not
answer is left alone for a while, with all its events; an event that fails three times is set aside. `./run cli webhooks
status` shows what waits, `./run cli webhooks events --state poison` what was set aside, and why. The runbook tells more
under "Webhooks". Triggering it by hand does no harm.
"""

_APPROVE_DOC = """
One run = one question: a pull of everything missed so many records that it deleted none of them. **Ask a person** shows
which and waits; answer on its page *Required Actions*, or with `./run cli approvals approve <number>` or `refuse`.
**Do it** then deletes exactly the listed records, but for those that came back meanwhile, or keeps them all: it is pink
when nothing was deleted, and the last line of its log says why.

Pulls start these runs by themselves. The runbook tells more under "A deletion waits for approval".
"""
_WEBHOOKS_DOC = """
Looks each hour at what is registered at the remotes, so that they go on sending what changes. What is lost is
registered again, what was switched off is switched on, what is not wanted any more is taken away. One task for each
coupling; one that fails holds no other back, and the last lines of its log say who acts.

`./run cli webhooks list` shows all topics. A coupling has webhooks from `./run cli webhooks register <coupling>` until
`remove`. Triggering this by hand does no harm.
"""
_CHECKS_AT_ONCE = 4
# Each run that waits is an active one, and one coupling's question must not hold another's back.
_MOST_QUESTIONS = 10_000


def build_platform_dags() -> dict[str, DAG]:
    """Return the platform's DAGs by id."""
    found = (_transform(), _drain_webhooks(), _approve_deletions(), _check_webhooks())
    return {dag.dag_id: dag for dag in found} | build_life_dags() | build_care_dags()


def _approve_deletions() -> DAG:
    with DAG(
        dag_id=DAG_ID,
        dag_display_name="Approve deletions – a person decides",
        doc_md=_APPROVE_DOC,
        schedule=None,
        catchup=False,
        max_active_runs=_MOST_QUESTIONS,
        is_paused_upon_creation=False,
        tags=["platform"],
        params={"approval": Param(type="integer", minimum=1, title="Approval", description="Its number.")},
        default_args={"owner": "support"},
    ) as dag:
        ask = AskOperator(task_id="ask", task_display_name="Ask a person")
        answer = AnswerOperator(task_id="answer", task_display_name="Do it", asked_by=ask.task_id)
        ask >> answer
    return dag


def _drain_webhooks() -> DAG:
    with DAG(
        dag_id="drain_webhooks",
        dag_display_name="Webhooks – work on what arrived",
        doc_md=_DRAIN_DOC,
        schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("* * * * *", timezone="UTC"), assets=[ARRIVED]),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["platform"],
        default_args={"owner": "support"},
    ) as dag:
        DrainOperator(task_id="drain", task_display_name="Empty the inbox")
    return dag


def _transform() -> DAG:
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
    ) as dag:
        TransformOperator(task_id="transform", task_display_name="Map the news")
    return dag


def _check_webhooks() -> DAG:
    with DAG(
        dag_id="check_webhooks",
        dag_display_name="Check webhooks – what is registered at the remotes",
        doc_md=_WEBHOOKS_DOC,
        schedule=CronTriggerTimetable("23 * * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["platform"],
        default_args={"owner": "support"},
    ) as dag:
        couplings = WebhookCouplingsOperator(task_id="couplings", task_display_name="Which couplings", **RETRYING)
        WebhookCheckOperator.partial(
            task_id="check",
            task_display_name="Look and put right",
            map_index_template="{{ task.coupling_file }}",
            max_active_tis_per_dagrun=_CHECKS_AT_ONCE,
            **RETRYING,
        ).expand(coupling_file=couplings.output)
    return dag
