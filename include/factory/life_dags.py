"""The DAGs by which support brings a coupling to life, stops it and lets it go on."""

from __future__ import annotations

from airflow.sdk import DAG, Param

from include.sync.activation import STAGES
from include.tasks.activation_operators import DEACTIVATE, PAUSE, RECHECK, RESUME, ActivateOperator, LifeOperator

_ACTIVATE_DOC = """
Brings a coupling from nothing to its schedules: are its credentials accepted? Then products and what belongs to them,
their mapping, sell orders, buy orders and receipts, their mapping, the webhooks, and at last its schedules are on.

**When a task is red**, the last lines of its log say why, who acts and the next step. Then trigger this DAG again with
the same coupling: it goes on at the step that failed. Triggering it for a coupling that is active does nothing.

`./run cli coupling life <coupling>` shows where it stands. The runbook tells more under "Activate a coupling".
"""
_CHANGE_DOC = """
| Action | What it does |
| --- | --- |
| Try the credentials | Asks the remote one thing. Works: the coupling goes on, and what was missed is pulled at once |
| Pause | Its schedules pull and push nothing, webhooks wait; by hand it goes on working |
| Resume | Its schedules go on, and what was missed is pulled at once |
| Switch off | Webhooks are taken away, and nothing is asked of the remote any more; *activate* is the way back |

It happens in the coupling's state: Airflow's own switches are left on. Who did what stands in `platform.audit`.
"""
_TITLES = {
    "check_credentials": "Check the credentials",
    "products": "Pull products and what belongs to them",
    "map_products": "Map them",
    "orders": "Pull orders",
    "map_orders": "Map orders",
    "webhooks": "Register webhooks",
    "schedules": "Switch the schedules on",
}
_ACTIVE_RUNS = 16


def build_life_dags() -> dict[str, DAG]:
    """Return them by id."""
    return {dag.dag_id: dag for dag in (_activate(), _change())}


def _coupling() -> Param:
    return Param(
        type="string",
        pattern=r"^\s*[a-z0-9_]+\s*$",
        title="Coupling",
        description="Its name, such as velodrome__woocommerce.",
    )


def _activate() -> DAG:
    with DAG(
        dag_id="activate",
        dag_display_name="Activate a coupling",
        doc_md=_ACTIVATE_DOC,
        schedule=None,
        catchup=False,
        max_active_runs=_ACTIVE_RUNS,
        is_paused_upon_creation=False,
        tags=["platform"],
        params={"coupling": _coupling()},
        default_args={"owner": "support"},
    ) as dag:
        before: ActivateOperator | None = None
        for stage in STAGES:
            task = ActivateOperator(task_id=stage, task_display_name=_TITLES[stage], stage=stage)
            if before is not None:
                before >> task
            before = task
    return dag


def _change() -> DAG:
    with DAG(
        dag_id="change_coupling",
        dag_display_name="Change a coupling – pause, resume, switch off, try credentials",
        doc_md=_CHANGE_DOC,
        schedule=None,
        catchup=False,
        max_active_runs=_ACTIVE_RUNS,
        is_paused_upon_creation=False,
        tags=["platform"],
        params={
            "coupling": _coupling(),
            "action": Param(
                RECHECK,
                type="string",
                title="Action",
                enum=[RECHECK, PAUSE, RESUME, DEACTIVATE],
                values_display={
                    RECHECK: "Try the credentials",
                    PAUSE: "Pause",
                    RESUME: "Resume",
                    DEACTIVATE: "Switch off",
                },
            ),
        },
        default_args={"owner": "support"},
    ) as dag:
        LifeOperator(task_id="change", task_display_name="Change it")
    return dag
