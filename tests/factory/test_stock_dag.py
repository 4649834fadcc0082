"""A coupling that is told what comes in has a DAG for it; one that is not has none."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.sdk import DAG

from include.factory.build import build_airflow_dags
from tests.spec.folders import COUPLING, WEBSHOP, write


def dags(folder: Path, settings: str) -> dict[str, DAG]:
    write(folder, acme__webshop=WEBSHOP, acme__woocommerce=COUPLING + settings)
    return build_airflow_dags("acme/woocommerce.yaml", folder)


@pytest.mark.requirement("F3", "R4")
def test_the_dag_is_there_where_the_setting_is(tmp_path: Path) -> None:
    told = dags(tmp_path / "told", "  export.stock_on_delivery: true\n")
    dag = told["acme__woocommerce__stock"]
    assert (dag.max_active_runs, dag.is_paused_upon_creation, list(dag.task_ids)) == (1, True, ["add_to_stock"])
    assert "./run cli stock list acme__woocommerce" in str(dag.doc_md)
    assert "acme__woocommerce__stock" not in dags(tmp_path / "silent", "")
