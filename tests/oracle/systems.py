"""The systems whose Optiply tables are computed independently: one module each, found by the connector's name."""

from __future__ import annotations

import dataclasses
import importlib
import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from include.sandbox import Running
from include.spec.load import CONFIGS, connector_names
from tests.oracle.tables import Optiply

HERE = Path(__file__).parent
COUPLINGS = HERE / "couplings"
"""Couplings that only these tests have, beside those of the demo's customers."""


class Expected(Protocol):
    """What a system's rows must become; it keeps what the platform has seen so far, and writes `optiply`."""

    def pulled_all(self, running: Running, today: date) -> None:
        """Hear that everything was pulled and mapped on `today` (UTC)."""

    def pulled_changed(self, running: Running, today: date) -> None:
        """Hear that every object was pulled by what changed since the last time, and mapped."""

    def single(self, running: Running) -> tuple[str, str]:
        """Change one record in the sandbox; return the object and the remote id that support would ask for."""

    def pulled_single(self, running: Running, today: date) -> None:
        """Hear that this record was pulled alone, and mapped."""


@dataclasses.dataclass(frozen=True)
class System:
    """A system under test: its coupling, its sandbox's world, the changes between two pulls."""

    coupling: str
    sandbox: Mapping[str, Any]
    changes: Mapping[str, int]
    expected: Callable[[Optiply, Mapping[str, Any]], Expected]
    """Called with the tables to fill and the coupling's settings."""

    @property
    def connector(self) -> str:
        """The folder in connectors/."""
        return self.coupling.partition("__")[2]


def system(connector: str) -> System:
    """Return the SYSTEM of tests/oracle/<connector>.py."""
    found: System = importlib.import_module(f"tests.oracle.{connector}").SYSTEM
    return found


def computed() -> list[str]:
    """Return the connectors that have a module here."""
    names = {path.stem for path in HERE.glob("*.py")}
    return sorted(names & set(connector_names()))


def merged(folder: Path) -> Path:
    """Fill a folder with the demo's customers and those of these tests; return it."""
    for source in (CONFIGS, COUPLINGS):
        shutil.copytree(source, folder, dirs_exist_ok=True)
    return folder
