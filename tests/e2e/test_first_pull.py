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
    """Every article of the remotes is an Optiply product or stands in quarantine: none is lost on the way."""
    held = {
        "exact_online": len(platform.sandbox("exact_online").records("items")),
        "woocommerce": sum(len(platform.sandbox("woocommerce").records(name)) for name in ("products", "variations")),
    }
    for name, count in held.items():
        found = platform.stage.one(
            "select count(*) from (select remote_id from optiply.products p join platform.couplings c"
            " on c.id = p.coupling_id where c.connector = %s union select remote_id from platform.quarantine q"
            " join platform.couplings c on c.id = q.coupling_id where c.connector = %s and object = 'products'"
            " and severity = 'blocked') as told",
            name,
            name,
        )
        assert found == count, f"{name}: {found} of {count} articles are accounted for"
