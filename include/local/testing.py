"""`./run test`: pytest on the tests, with a PostgreSQL of their own that is started for them."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from include.local import machine, postgres
from include.local.airflow import QUIET
from include.local.paths import ROOT

BESIDE = (("tests/e2e", "tests/oracle"), ("tests/dbt",), ("tests/sync", "tests/warehouse"))
"""What the rest does not wait for, about as long each: tests of a running Airflow mostly wait, those of mappings and of
the platform's operations let PostgreSQL work half of the time."""


def main(arguments: list[str]) -> int:
    """Runs the tests; the exit code is pytest's."""
    with test_server() as environ:
        if not arguments:
            return _side_by_side(environ)
        return subprocess.run(pytest_command(machine.state(), arguments), cwd=ROOT, env=environ, check=False).returncode


def _side_by_side(environ: Mapping[str, str]) -> int:
    """Runs the whole suite: the folders of BESIDE in a process each, their output after that of the rest."""
    state = machine.state()
    with ExitStack() as stack:
        beside = []
        for folders in BESIDE:
            told = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
            command = pytest_command(state / "beside" / Path(folders[0]).name, list(folders))
            running = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=told, stderr=subprocess.STDOUT)
            stack.callback(running.wait)
            beside.append((running, told))
        rest = pytest_command(state, [f"--ignore={folder}" for folders in BESIDE for folder in folders])
        codes = [subprocess.run(rest, cwd=ROOT, env=environ, check=False).returncode]
        for running, told in beside:
            codes.append(running.wait())
            told.seek(0)
            print(told.read(), flush=True)
    return next((code for code in codes if code), 0)


@contextmanager
def test_server() -> Iterator[dict[str, str]]:
    """The environment of a test run. A TEST_DATABASE_URL of the caller is kept: then no server is started."""
    environ = test_environment(os.environ)
    if "TEST_DATABASE_URL" in os.environ:
        yield environ
        return
    with postgres.running(machine.test_cluster(machine.state())) as server:
        yield {**environ, "TEST_DATABASE_URL": server.dsn("postgres")}


def test_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what would tie a test to the caller's databases, Airflow or proxies."""
    foreign = ("AIRFLOW_", "WAREHOUSE_", "DATABASE_URL", "OPTIPLY_SECRET_KEY", "PYTEST_ADDOPTS")
    kept = {name: value for name, value in environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        **QUIET,
        "PYTHONPATH": str(ROOT),
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def pytest_command(state: Path, arguments: list[str]) -> list[str]:
    """Pytest on the whole of tests/, unless the arguments name files; its cache lies with our other state."""
    paths = [] if any((ROOT / word.split("::")[0]).exists() for word in arguments) else ["tests"]
    cache = ["-o", f"cache_dir={state / 'cache' / 'pytest'}"]
    return [sys.executable, "-m", "pytest", *cache, *arguments, *paths]
