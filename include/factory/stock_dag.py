"""The DAG that adds what came in on another system's buy orders to a shop's stock."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable

from include.spec.load import CouplingConfig
from include.spec.schedule import spread
from include.tasks.stock_operator import StockOperator

_CRON = "H/15 * * * *"
_DOC = """
## {title}

Adds to the stock in {system} what came in on buy orders of this webshop's other couplings. {system} takes a level and
adds nothing, so each product is read, added to and written at once; each receipt counts once. The first run writes
nothing: what came in before is in the stock already.

**When the task is red**, its log names products that wait for a person. `./run cli stock list {name}` tells each with
its next step; the other products were written.
"""


def stock_dag(config: CouplingConfig, configs: Path) -> DAG:
    """Return the DAG `<coupling>__stock`."""
    system = config.manifest.title
    cron = spread(_CRON, config.name)
    with DAG(
        dag_id=f"{config.name}__stock",
        dag_display_name=f"{config.title} – stock of what came in",
        description=f"What came in at {config.webshop.title}, to the stock in {system}",
        doc_md=_DOC.format(title=f"{config.title}: stock of what came in", system=system, name=config.name),
        schedule=CronTriggerTimetable(cron, timezone=config.webshop.time_zone) if config.enabled else None,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        tags=[f"webshop:{config.webshop.webshop}", f"integration:{config.connector}", f"role:{config.role}", "stock"],
        default_args={"owner": config.owner},
        render_template_as_native_obj=False,
    ) as dag:
        StockOperator(
            task_id="add_to_stock",
            task_display_name="Add what came in",
            coupling_file=config.file.partition("/")[2],
            configs=str(configs),
        )
    return dag
