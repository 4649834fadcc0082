"""What `./run up`, `./run demo` and the containers' init do before Airflow starts."""

import logging
import os
from collections.abc import Mapping

from include.sync.dbt import Dbt
from include.sync.deploy import deploy
from include.warehouse.connection import connector, dsn_from_environment


def prepare(environ: Mapping[str, str]) -> None:
    """Deploy into the warehouse that WAREHOUSE_... names. Prints what was done, and what is wrong in YAML files."""
    os.environ.update(environ)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for problem in deploy(connector(dsn_from_environment(), "prepare"), Dbt()):
        print(f"Problem: {problem}", flush=True)
