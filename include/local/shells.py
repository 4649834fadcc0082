"""`./run psql`, `./run cli`, `./run bench` and `./run lock`: one program, with the right environment around it."""

import os
import subprocess
import sys

from include.local import machine
from include.local.database_server import AIRFLOW_DATABASE, WAREHOUSE_DATABASE
from include.local.errors import LocalError
from include.local.paths import ROOT
from include.local.postgres_binaries import packaged_folder


def psql(arguments: list[str]) -> int:
    """A SQL prompt on the warehouse, or on Airflow's database when the first argument says so."""
    database = WAREHOUSE_DATABASE
    if arguments and arguments[0] in (AIRFLOW_DATABASE, WAREHOUSE_DATABASE):
        database, arguments = arguments[0], arguments[1:]
    with machine.ready() as here:
        server = here.server
        # The password goes by the environment: arguments are visible to everybody on the machine.
        environ = {**here.environ, "PGPASSWORD": server.password, "PGHOST": server.host, "PGPORT": str(server.port)}
        command = [str(packaged_folder() / "psql"), "-U", server.user, "-d", database, *arguments]
        return subprocess.run(command, env=environ, check=False).returncode


def cli(arguments: list[str]) -> int:
    """The platform's command line, with PostgreSQL up."""
    with machine.ready() as here:
        command = [sys.executable, "-m", "include.cli", *arguments]
        return subprocess.run(command, env=dict(here.environ), check=False).returncode


def lock(arguments: list[str]) -> int:
    """Writes requirements.lock anew for Python 3.11-3.13; `--upgrade` moves everything that is not pinned.

    No addresses in the file: it must hold wherever the registry or its mirror is.
    """
    command = [
        sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
        "--override", "overrides.txt", "--no-emit-index-url", "--no-header", "--generate-hashes",
        "requirements.in", "-o", "requirements.lock", *arguments,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"}, check=False)
    if done.returncode != 0:
        raise LocalError("The lock was not written; uv's reason stands above.")
    return 0
