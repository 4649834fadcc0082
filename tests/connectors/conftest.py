"""The warehouses that these tests share with others."""

from tests.sync.fixtures import clean_copy, dbt_target, keep, module_stage, stage

__all__ = ["clean_copy", "dbt_target", "keep", "module_stage", "stage"]
