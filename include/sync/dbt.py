"""Run the dbt project in this process: starting dbt costs seconds, so it is paid once per batch, not per coupling."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from include.contract.errors import PlatformBug
from include.sync.selection import models_of

log = logging.getLogger(__name__)
PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
_DATABASE = "WAREHOUSE_DATABASE"


class Dbt:
    """The project, bound to the warehouse that WAREHOUSE_… in the environment names, or to a `database` beside it.

    One invocation at a time in a process: dbt is not safe for threads.
    """

    def __init__(self, target: Path | None = None, project: Path = PROJECT, database: str | None = None) -> None:
        self._project, self._database = project, database
        # What dbt has parsed holds the database's name: a folder for each spares parsing everything anew.
        folder = "optiply-dbt" if database is None else f"optiply-dbt-{database}"
        self._target = target or Path(os.environ.get("DBT_TARGET_FOLDER") or tempfile.gettempdir()) / folder

    def transform(self, objects: Sequence[str]) -> None:
        """Run the models that a batch with news of these objects needs. Raises PlatformBug naming what failed."""
        self.run("--select", *models_of(objects))

    def deploy(self) -> None:
        """Build every view and table that the project has. Raises PlatformBug naming what failed."""
        self.run()

    def run(self, *words: str) -> None:
        """Run `dbt run` with these options. Raises PlatformBug naming what failed."""
        # dbt leaves its semaphores to the end of the process; a warning about them would be the log's last line.
        os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker")
        with _pointed_to(self._database):
            _run(("run", *words), self._places(), _parsed(self._places()))

    def _places(self) -> tuple[str, ...]:
        folder, target = str(self._project), str(self._target)
        logs = f"{target}/logs"
        return ("--project-dir", folder, "--profiles-dir", folder, "--target-path", target, "--log-path", logs)


@contextlib.contextmanager
def _pointed_to(database: str | None) -> Iterator[None]:
    """Name another database in the environment, which is where dbt's profile looks, for as long as it lasts."""
    if database is None:
        yield
        return
    usual = os.environ.get(_DATABASE)
    os.environ[_DATABASE] = database
    try:
        yield
    finally:
        if usual is None:
            del os.environ[_DATABASE]
        else:
            os.environ[_DATABASE] = usual


@functools.cache
def _parsed(places: tuple[str, ...]) -> Any:
    """Return the project as dbt understands it; a process that runs it several times reads it once."""
    try:
        return _run(("parse",), places).result
    except PlatformBug:
        # What dbt kept of the last deployment can be at odds with files that moved since: "two schema.yml entries".
        return _run(("parse", "--no-partial-parse"), places).result


def _run(words: Sequence[str], places: Sequence[str], manifest: Any = None) -> Any:
    # Imported here: it takes seconds that no other task should pay.
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    result = dbtRunner(manifest=manifest).invoke([*words, *places, "--quiet", "--no-use-colors", "--no-write-json"])
    if not result.success:
        raise PlatformBug(_what_failed(result), next_step="Send this log to the analyst who last changed the mapping.")
    return result


def _what_failed(result: Any) -> str:
    if result.result is not None and hasattr(result.result, "results"):
        failed = [run for run in result.result.results if str(run.status) in ("error", "fail", "runtime error")]
        if failed:
            return "; ".join(f"model {run.node.name}: {_first_lines(run.message)}" for run in failed)
    return f"dbt stopped: {_first_lines(str(result.exception or 'unknown cause'))}"


def _first_lines(text: str | None) -> str:
    # PostgreSQL's DETAIL quotes the row, which may be personal.
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return " ".join(line for line in lines[:3] if not line.startswith("DETAIL"))
