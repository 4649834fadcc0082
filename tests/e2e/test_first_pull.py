"""The whole way once: three remote systems, Airflow, the landing tables, dbt, the Optiply tables; then once more."""

import pytest

from include.demo import acts, show
from tests.e2e.platform import Platform


@pytest.mark.requirement("R3", "R8", "R10")
def test_a_first_pull_of_everything_fills_the_optiply_tables_and_a_repeat_writes_nothing(platform: Platform) -> None:
    acts.first_act(platform.stage)
    assert platform.stage.checks.failed == 0
    _counts_agree_with_the_remotes(platform)
    runs = platform.api.call("GET", "dags/transform/dagRuns?run_type=asset_triggered")["dag_runs"]
    assert runs, "no transform was started by the news of a pull"
    assert {run["state"] for run in runs} == {"success"}

    acts.repeat(platform.stage)
    assert platform.stage.checks.failed == 0


def _counts_agree_with_the_remotes(platform: Platform) -> None:
    """Each table holds rows of every webshop that has the object, as many as the sandboxes have records."""
    rows = dict(
        platform.stage.connection.execute(
            "select c.connector, count(*) from optiply.products p join platform.couplings c on c.id = p.coupling_id"
            " where p.deleted_at is null group by 1"
        ).fetchall()
    )
    items = platform.sandbox("exact_online").records("items")
    assert rows["exact_online"] == len(items), rows
