"""Bring the warehouse to what this checkout says: schema, couplings, mappings. Safe to repeat."""

import os
from collections.abc import Mapping

from include.sync.configs import deploy_configs
from include.sync.dbt import Dbt
from include.warehouse.connection import connector, dsn_from_environment
from include.warehouse.migrate import migrate


def prepare(environ: Mapping[str, str]) -> None:
    """Migrate the warehouse, register the couplings, build the dbt project. Prints what is wrong in YAML files.

    A broken coupling file is no reason to stop: it is that coupling's error, and the others go on.
    """
    os.environ.update(environ)
    with connector(dsn_from_environment(), "prepare")() as connection:
        for name in migrate(connection):
            print(f"Migrated: {name}", flush=True)
        for problem in deploy_configs(connection):
            print(f"Problem: {problem}", flush=True)
    Dbt().deploy()
    print("Mappings deployed", flush=True)
