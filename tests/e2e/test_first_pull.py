"""The whole way once: three remote systems, Airflow, the landing tables, dbt, the Optiply tables; then once more."""

import pytest

from include.demo import acts
from tests.e2e.platform import Platform


@pytest.mark.requirement("R3", "R10", "R13")
def test_an_activation_fills_the_optiply_tables_and_a_repeated_pull_writes_nothing(platform: Platform) -> None:
    acts.first_act(platform.stage)
    assert platform.stage.checks.failed == 0
    _counts_agree_with_the_remotes(platform)
    acts.repeat(platform.stage)
    assert platform.stage.checks.failed == 0


def _counts_agree_with_the_remotes(platform: Platform) -> None:
    """Every record of the remotes has landed once; what the mappings make of it is tested in tests/oracle."""
    landed = {
        ("exact_online", "items"): "exact_online__items",
        ("exact_online", "orders"): "exact_online__sales_orders",
        ("woocommerce", "products"): "woocommerce__products",
        ("woocommerce", "variations"): "woocommerce__variations",
    }
    for (connector, collection), table in landed.items():
        # WooCommerce's API answers "any" status without what lies in the trash.
        remote = sum(row.get("status") != "trash" for row in platform.sandbox(connector).records(collection))
        query = f'select count(*) from staging."{table}" where superseded_at is null and gone_at is null'
        assert platform.stage.one(query) == remote, table
