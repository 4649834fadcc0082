"""What a connector must have: each finding with its file and line, good ones too."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from include.contract.errors import SyncError
from include.kit import quality
from include.kit.checkout import TABLES, Connector
from include.kit.finding import Finding
from include.kit.fixtures import fixture_fault
from include.spec.problems import ConfigError

STATED = ("key", "paging", "changed", "single")


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that is looked at, with what was found."""

    what: str
    findings: tuple[Finding, ...]

    @property
    def red(self) -> list[Finding]:
        """What has to be mended."""
        return [finding for finding in self.findings if finding.fault]


def check(connector: Connector) -> list[Check]:
    """Return every check of a connector; with a manifest that cannot be read only that one."""
    try:
        assert connector.manifest.connector
    except ConfigError as error:
        broken = [
            Finding(problem.file, problem.line, f"{problem.key}: {problem.message}") for problem in error.problems
        ]
        return [Check("the manifest is right", tuple(broken))]
    return [Check(what, tuple(look(connector))) for what, look in _CHECKS.items()]


def _manifest(connector: Connector) -> Iterator[Finding]:
    yield Finding(connector.short(connector.manifest_file), 1)


def _streams(connector: Connector) -> Iterator[Finding]:
    file = connector.short(connector.manifest_file)
    for name, stream in connector.manifest.streams.items():
        lacking = [key for key in STATED if not connector.states(name, key)]
        # A stream that says what is gone is only ever asked from its cursor on.
        lacking = [key for key in lacking if not (stream.tombstones and key == "single")]
        fault = f"stream {name} does not state {', '.join(lacking)}: say it, also where it is the default"
        yield Finding(file, connector.line("streams", name), fault if lacking else "")


def _fixtures(connector: Connector) -> Iterator[Finding]:
    for name in connector.manifest.streams:
        path = connector.fixture(name)
        if path.exists():
            yield Finding(connector.short(path), 1, fixture_fault(connector, name))
        else:
            fault = f"stream {name} has no fixture: ./run cli connector record {connector.name} {name} --sandbox"
            yield Finding(connector.short(connector.manifest_file), connector.line("streams", name), fault)


def _staging(connector: Connector) -> Iterator[Finding]:
    file = connector.short(connector.manifest_file)
    streams = connector.manifest.streams
    # Some streams are there for others: they say what is gone, or for what a child is called.
    serving = {stream.parent.stream for stream in streams.values() if stream.parent}
    read = {name for name, stream in streams.items() if not stream.tombstones}
    text = "\n".join(path.read_text("utf-8") for path in connector.models() if path.suffix == ".sql")
    for name in sorted(read):
        used = name in serving or f"source('{connector.name}', '{name}')" in text
        fault = f"no model reads stream {name}: write stg_{connector.name}__{name}.sql, or take the stream out"
        yield Finding(file, connector.line("streams", name), "" if used else fault)
    settings = connector.staging / f"stg_{connector.name}__settings.sql"
    fault = f"{settings.name} is missing: it types the settings of the couplings"
    yield Finding(connector.short(settings), 1, "" if settings.exists() else fault)


def _mappings(connector: Connector) -> Iterator[Finding]:
    for name in connector.manifest.objects:
        for table in TABLES[name]:
            path = connector.mapping(table)
            fault = "" if path.exists() else f"{name} are not mapped to {table}: write this model"
            yield Finding(connector.short(path), 1, fault)


def _unit_tests(connector: Connector) -> Iterator[Finding]:
    tested = _tested([path for path in connector.models() if path.suffix == ".yml"])
    for name in connector.manifest.objects:
        for table in TABLES[name]:
            path = connector.mapping(table)
            if path.exists():
                fault = "" if path.stem in tested else f"no unit test: write one in {path.with_suffix('.yml').name}"
                yield Finding(connector.short(path), 1, fault)


def _tested(files: list[Path]) -> set[str]:
    documents: list[dict[str, Any]] = [yaml.safe_load(path.read_text("utf-8")) or {} for path in files]
    return {test["model"] for document in documents for test in document.get("unit_tests") or []}


def _sandbox(connector: Connector) -> Iterator[Finding]:
    path = connector.folder / "sandbox" / "__init__.py"
    named = path.exists() and "REMOTE" in path.read_text("utf-8")
    fault = "there is no sandbox with REMOTE: tests, demo and try --sandbox need one"
    yield Finding(connector.short(path), 1, "" if named else fault)


_CHECKS: dict[str, Callable[[Connector], Iterator[Finding]]] = {
    "the manifest is right": _manifest,
    "each stream states key, paging, changed, single": _streams,
    "each stream has a fixture: a recorded, scrubbed answer": _fixtures,
    "each stream is read by a staging model": _staging,
    "each object is mapped to its tables": _mappings,
    "each mapping has a unit test": _unit_tests,
    "there is a sandbox": _sandbox,
    **quality.CHECKS,
}


def guarded(connector: Connector) -> list[Check]:
    """Return the checks; an error on the way becomes a red one, so that the other connectors are still looked at."""
    try:
        return check(connector)
    except (SyncError, OSError, yaml.YAMLError) as error:
        found = Finding(connector.short(connector.manifest_file), 1, f"{type(error).__name__}: {error}")
        return [Check("the connector can be read", (found,))]
