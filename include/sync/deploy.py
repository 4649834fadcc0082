"""Bring a warehouse to what this checkout says: schema, couplings, mappings. Safe to repeat."""

from __future__ import annotations

import logging

from include.spec.problems import Problem
from include.sync.configs import deploy_configs
from include.sync.dbt import Dbt
from include.warehouse import batch
from include.warehouse.connection import Connect
from include.warehouse.migrate import migrate

log = logging.getLogger(__name__)


def deploy(connect: Connect, dbt: Dbt) -> list[Problem]:
    """Migrate, register the couplings, build the dbt project; return what is wrong in YAML files.

    A broken coupling file is no reason to stop: it is that coupling's error, and the others go on. Raises an error of
    the tree when the schema or a mapping cannot be built.
    """
    with connect() as connection:
        for name in migrate(connection):
            log.info("Migrated: %s", name)
        problems = deploy_configs(connection)
        # dbt builds a view anew by dropping the old one: a transform that runs meanwhile would lose its ground.
        with batch.held(connection):
            dbt.deploy()
    log.info("Mappings deployed")
    return problems
