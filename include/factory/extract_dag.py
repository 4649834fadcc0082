"""The extract DAG of a coupling: its schedules, its form, one task per object in the order of the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable, MultipleCronTriggerTimetable, Param

from include.factory.description import describe
from include.spec.load import CouplingConfig
from include.tasks.pull_operator import PullOperator

# Parents first (model reference B13). The order only shows and speeds up: a record whose parent is late waits for it.
AFTER = {
    "supplier_products": ("suppliers", "products"),
    "product_compositions": ("products",),
    "sell_orders": ("products",),
    "buy_orders": ("suppliers", "products"),
    "receipt_lines": ("buy_orders",),
}
# Runs of one coupling may overlap: a lock per object keeps them apart, so a long pull-all delays no other object.
_MAX_ACTIVE_RUNS = 16
# Airflow's own check of a time lets any text pass.
_TIME = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$"


def extract_dag(config: CouplingConfig, configs: Path) -> DAG:
    """Return the DAG `<coupling>__extract`."""
    with DAG(
        dag_id=f"{config.name}__extract",
        dag_display_name=f"{config.title} – pull",
        description=f"{config.manifest.title} for {config.webshop.title}: {_words(config.pulled_objects)}",
        doc_md=describe(config),
        schedule=_timetable(config),
        # No start date: a schedule that is switched on does not make up for the times before it.
        catchup=False,
        max_active_runs=_MAX_ACTIVE_RUNS,
        # The gate in its tasks holds schedules back until the coupling is activated; a DAG that is off would also keep
        # what a person triggers waiting.
        is_paused_upon_creation=False,
        # A backfill would repeat the same pull once per past date; "since" in the form is what a person wants then.
        allowed_run_types=["manual", "scheduled", "operator_triggered"],
        tags=[f"webshop:{config.webshop.webshop}", f"integration:{config.connector}", f"role:{config.role}", "pull"],
        params=_form(config),
        default_args={"owner": config.owner},
        render_template_as_native_obj=False,
    ) as dag:
        tasks = {
            name: PullOperator(
                task_id=f"pull_{name}",
                task_display_name=f"Pull {name.replace('_', ' ')}",
                coupling_file=config.file.partition("/")[2],
                configs=str(configs),
                pulled_object=name,
                # Another object's failure must not hold this one back.
                trigger_rule="all_done",
            )
            for name in config.pulled_objects
        }
        for name, task in tasks.items():
            for parent in AFTER.get(name, ()):
                if parent in tasks:
                    tasks[parent] >> task
        # The only leaf: without it a failed task in the middle would leave the run green.
        done = EmptyOperator(task_id="done", task_display_name="All pulled", trigger_rule="none_failed")
        list(tasks.values()) >> done
    return dag


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(names).replace("_", " ")


def _timetable(config: CouplingConfig) -> Any:
    crons = sorted({plan.cron for plan in config.plans})
    if not crons or not config.enabled:
        return None
    zone = config.webshop.time_zone
    if len(crons) == 1:
        return CronTriggerTimetable(crons[0], timezone=zone)
    return MultipleCronTriggerTimetable(*crons, timezone=zone)


def _form(config: CouplingConfig) -> dict[str, Param]:
    names = list(config.pulled_objects)
    return {
        "objects": Param(
            names,
            type="array",
            title="Objects",
            description="Which objects to pull.",
            items={"type": "string", "enum": names},
            examples=names,
            values_display={name: name.replace("_", " ") for name in names},
            minItems=min(1, len(names)),
        ),
        "mode": Param(
            "changed",
            type="string",
            title="Mode",
            enum=["changed", "all", "single"],
            values_display={
                "changed": "What changed since the last pull",
                "all": "Everything (slower; also finds deletions)",
                "single": "One record (fill in its remote id below)",
            },
            description="Everything: what the remote no longer has is disabled; if that is much, you are asked first. "
            "One record: tick one object only.",
        ),
        "since": Param(
            None,
            type=["null", "string"],
            format="date-time",
            pattern=_TIME,
            title="Since",
            description="Only for what changed: start here instead of where the last pull left off.",
        ),
        "remote_id": Param(
            None,
            type=["null", "string"],
            maxLength=255,
            title="Remote id",
            description="Only for one record: its id in the remote system.",
        ),
    }
