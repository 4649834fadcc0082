"""What a generated stub calls: the DAGs of one coupling."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG

from include.factory.extract_dag import extract_dag
from include.factory.push_dag import push_dag
from include.factory.stock_dag import stock_dag
from include.spec.load import CONFIGS, load_coupling


def build_airflow_dags(file: str, configs: str | Path = CONFIGS) -> dict[str, DAG]:
    """Return the DAGs of the coupling in `file` (as <webshop>/<name>.yaml), by id.

    Raises ConfigError with file, line and key: Airflow shows it as this coupling's import error and nothing else's.
    """
    folder = Path(configs)
    config = load_coupling(file, folder)
    dags = [extract_dag(config, folder)]
    if config.push is not None:
        dags.append(push_dag(config, folder))
    if config.stock_update is not None:
        dags.append(stock_dag(config, folder))
    return {dag.dag_id: dag for dag in dags}
