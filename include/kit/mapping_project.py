"""The dbt project in this process, bound to a database: build models, run their unit tests, tell what came out."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from include.contract.errors import Misconfigured, PlatformBug
from include.spec.problems import nearest
from include.sync.dbt import PROJECT

Listener = Callable[[Any], None]
PURE_UNION = "__mapped"


@dataclasses.dataclass(frozen=True)
class UnitTest:
    """A unit test as the project describes it; `file` is relative to the project."""

    unique_id: str
    name: str
    model: str
    file: str


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a unit test ended. `message` is empty when it passed; `diff` has one line per row, dbt's own."""

    test: UnitTest
    passed: bool
    message: str
    diff: str


@dataclasses.dataclass(frozen=True)
class MappingProject:
    """A parsed project. One invocation at a time in a process: dbt is not safe for threads."""

    manifest: Any
    folder: Path
    places: tuple[str, ...]

    def models(self) -> dict[str, Any]:
        """The models of the project by name."""
        nodes = self.manifest.nodes.values()
        return {node.name: node for node in nodes if str(node.resource_type) == "model"}

    def mappings(self) -> list[str]:
        """The names of the models that map or decide; a pure union of connectors does neither."""
        models = self.models().items()
        return sorted(name for name, node in models if node.fqn[1] == "intermediate" and not name.endswith(PURE_UNION))

    def unit_tests(self, models: Sequence[str] = ()) -> list[UnitTest]:
        """The unit tests of the named models, of all when none is named, by model and name.

        Raises Misconfigured for a model that does not exist.
        """
        known = self.models()
        for name in models:
            if name not in known:
                raise Misconfigured(f"there is no model '{name}'.{nearest(name, known)}")
        described = (
            UnitTest(test.unique_id, test.name, test.model, test.original_file_path)
            for test in self.manifest.unit_tests.values()
        )
        chosen = (test for test in described if not models or test.model in models)
        return sorted(chosen, key=lambda test: (test.model, test.name))

    def build(self, models: Sequence[str] = ()) -> None:
        """Build the named models and what they read, all when none is named. Raises PlatformBug naming what failed."""
        result = self.invoke("run", *(("--select", *(f"+{name}" for name in models)) if models else ()))
        if not result.success:
            results = getattr(result.result, "results", [])
            failed = [f"model {run.node.name}: {run.message}" for run in results if str(run.status) == "error"]
            raise PlatformBug("; ".join(failed) or f"dbt stopped: {result.exception}")

    def run(self, tests: Sequence[UnitTest], listener: Listener | None = None) -> list[Outcome]:
        """Run unit tests whose models are built; `listener` hears dbt's events. Raises PlatformBug when dbt stops."""
        if not tests:
            return []
        by_id = {test.unique_id: test for test in tests}
        selection = [f"{test.model},test_name:{test.name}" for test in tests]
        chosen = ("--select", *selection) if len(tests) < len(self.manifest.unit_tests) else ()
        result = self.invoke("test", "--resource-type", "unit_test", *chosen, listener=listener)
        if result.result is None:
            raise PlatformBug(f"dbt stopped: {result.exception}")
        ended = {run.node.unique_id: run for run in result.result.results}
        return [_outcome(test, ended.get(unique_id)) for unique_id, test in by_id.items()]

    def invoke(self, *words: str, listener: Listener | None = None) -> Any:
        """Run one command of dbt on this project; the result as dbt gives it."""
        return _invoke(self.manifest, [*words, *self.places], listener)


def parsed(folder: Path, target: Path) -> MappingProject:
    """Read the project in `folder`. Raises Misconfigured with dbt's words when it cannot be read."""
    folders = {"project-dir": folder, "profiles-dir": folder, "target-path": target, "log-path": target / "logs"}
    places = tuple(word for name, path in folders.items() for word in (f"--{name}", str(path)))
    result = _invoke(None, ["parse", *places], None)
    if not result.success:
        raise Misconfigured(f"the mappings cannot be read: {result.exception}", next_step="Run ./run check mappings.")
    return MappingProject(result.result, folder, places)


@contextlib.contextmanager
def project(dsn: str, folder: Path = PROJECT) -> Iterator[MappingProject]:
    """Yield the project, bound to a database by the variables that its profile reads."""
    target = conninfo_to_dict(dsn)
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "DATABASE": "dbname"}
    before = dict(os.environ)
    os.environ.update({f"WAREHOUSE_{name}": str(target.get(key, "")) for name, key in names.items()})
    os.environ.update(DBT_SEND_ANONYMOUS_USAGE_STATS="False", DO_NOT_TRACK="1")
    try:
        with tempfile.TemporaryDirectory(prefix="mapping-") as place:
            yield parsed(folder, Path(place))
    finally:
        os.environ.clear()
        os.environ.update(before)


def _invoke(manifest: Any, words: Sequence[str], listener: Listener | None) -> Any:
    # Imported here: it takes seconds that no other command should pay.
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    runner = dbtRunner(manifest=manifest, callbacks=[listener] if listener else [])
    return runner.invoke([*words, "--log-level", "none", "--no-use-colors", "--no-write-json"])


def _outcome(test: UnitTest, run: Any) -> Outcome:
    if run is None:
        return Outcome(test, False, "dbt did not run it", "")
    if str(run.status) == "pass":
        return Outcome(test, True, "", "")
    # A diff that dbt rendered stands in the message; an error of the fixtures or of PostgreSQL does too.
    headline, _, diff = str(run.message or run.status).strip().partition("\n")
    return Outcome(test, False, headline.strip(), diff.strip("\n"))
