"""The push DAG of a coupling: sends the buy orders that Optiply placed; its form is where a person decides."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable, Param

from include.spec.coupling_check import PUSH_CRON
from include.spec.load import CouplingConfig
from include.spec.schedule import spread
from include.tasks.push_operator import PushOperator

# Runs overlap: an order is taken by one of them, and one that waits for a limit must not hold the next back.
_MAX_ACTIVE_RUNS = 8
_DOC = """
## {title}

Sends the buy orders that Optiply placed to {system}, one run after the other or side by side: no order goes out twice.
What {system} may have got without telling us is looked for by our number before anything is sent again.

**When the task is red**, the last lines of its log name the orders that wait for a person, with {system}'s own words
and the next step. The other orders were sent. Then trigger this DAG:

| What happened | Action in the form |
| --- | --- |
| rejected, and corrected in {system} or in Optiply | *Send*, with its number |
| parked, and the order **is** in {system} | *It is there*, with its number and its id in {system} |
| parked, and the order is **not** in {system} | *It is not there, send it*, with its number |
| nobody wants it any more | *Let it go*, with its number |

Each order with its calls: `./run cli push show <number>`; all that are not done: `./run cli push list {name}`.
The runbook tells more under "Buy orders out".
"""


def push_dag(config: CouplingConfig, configs: Path) -> DAG:
    """Return the DAG `<coupling>__push`."""
    system = config.manifest.title
    cron = spread(str(config.settings[PUSH_CRON]), config.name)
    with DAG(
        dag_id=f"{config.name}__push",
        dag_display_name=f"{config.title} – send buy orders",
        description=f"Buy orders of {config.webshop.title} to {system}",
        doc_md=_DOC.format(title=f"{config.title}: buy orders out", system=system, name=config.name),
        schedule=CronTriggerTimetable(cron, timezone=config.webshop.time_zone) if config.enabled else None,
        catchup=False,
        max_active_runs=_MAX_ACTIVE_RUNS,
        # The gate in its tasks holds schedules back until the coupling is activated; a DAG that is off would also keep
        # what a person triggers waiting.
        is_paused_upon_creation=False,
        allowed_run_types=["manual", "scheduled"],
        tags=[f"webshop:{config.webshop.webshop}", f"integration:{config.connector}", f"role:{config.role}", "push"],
        params=_form(system),
        default_args={"owner": config.owner},
        render_template_as_native_obj=False,
    ) as dag:
        PushOperator(
            task_id="push_buy_orders",
            task_display_name="Send buy orders",
            coupling_file=config.file.partition("/")[2],
            configs=str(configs),
        )
    return dag


def _form(system: str) -> dict[str, Param]:
    return {
        "action": Param(
            "send",
            type="string",
            title="Action",
            enum=["send", "retry", "adopt", "drop"],
            values_display={
                "send": "Send what waits (with numbers: these only, also where they were rejected)",
                "retry": f"It is not in {system}: send it (for parked orders)",
                "adopt": f"It is in {system}: fill in its id below (for parked orders)",
                "drop": "Let it go: do not send what Optiply wants of it",
            },
        ),
        "orders": Param(
            None,
            type=["null", "string"],
            pattern=r"^\s*\d{1,18}([\s,;]+\d{1,18})*\s*$",
            title="Orders",
            description="Optiply's numbers, with blanks or commas between. Empty: all that wait.",
        ),
        "remote_id": Param(
            None,
            type=["null", "string"],
            maxLength=255,
            title="Remote id",
            description=f"Only where it is in {system}: its id there.",
        ),
    }
