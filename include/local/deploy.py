"""What a deployment does once before its processes start: databases, migrations, mappings, users' passwords.

docker-compose's `init` service and a Helm hook run `python -m include.local init`. It may be repeated at any time.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from include.local import secret_files
from include.local.airflow import USERS
from include.local.airflow_processes import airflow_command
from include.local.database_server import AIRFLOW_DATABASE, DatabaseServer, ensure_databases
from include.local.errors import LocalError


def init(_arguments: list[str]) -> int:
    """Brings database and passwords to what this version of the code needs. Raises LocalError when a part fails."""
    ensure_databases(warehouse_server(os.environ), (AIRFLOW_DATABASE, os.environ["WAREHOUSE_DATABASE"]))
    if subprocess.run(airflow_command("db", "migrate"), check=False).returncode != 0:
        raise LocalError("Airflow's database was not migrated; the reason stands above.")
    import_module("include.local.stack").prepare(dict(os.environ))
    write_passwords(os.environ)
    return 0


def warehouse_server(environ: Mapping[str, str]) -> DatabaseServer:
    """The server that WAREHOUSE_* names. Raises LocalError for a missing variable."""
    try:
        return DatabaseServer(
            host=environ["WAREHOUSE_HOST"],
            port=int(environ["WAREHOUSE_PORT"]),
            user=environ["WAREHOUSE_USER"],
            password=environ["WAREHOUSE_PASSWORD"],
        )
    except KeyError as error:
        raise LocalError(f"The variable {error.args[0]} must be set.") from None


def write_passwords(environ: Mapping[str, str]) -> None:
    """The passwords of AIRFLOW_PASSWORD_<USER>, in the file that Airflow's simple auth manager reads.

    It opens the file for writing, so that a read-only secret in its place would not do.
    """
    path = Path(environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    missing = [user for user in USERS if not environ.get(f"AIRFLOW_PASSWORD_{user.upper()}")]
    if missing:
        raise LocalError(f"The variable AIRFLOW_PASSWORD_{missing[0].upper()} must be set.")
    passwords = {user: environ[f"AIRFLOW_PASSWORD_{user.upper()}"] for user in USERS}
    secret_files.write_private(path, json.dumps(passwords))
