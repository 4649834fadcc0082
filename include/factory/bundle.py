"""A DAG bundle that is a folder of coupling files: each YAML file becomes one small DAG file.

One file per coupling gives each its own import error, lets a task parse only its own coupling, and makes Airflow
re-read exactly the couplings whose text changed (decision 0003).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.base import BaseDagBundle

from include.factory.stubs import name_of, render
from include.spec.load import coupling_files


class CouplingBundle(BaseDagBundle):
    """Writes the DAG files of `configs` into `folder` and keeps them in step with the YAML files."""

    supports_versioning = False

    def __init__(self, *, configs: str, folder: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._configs = Path(configs)
        self._folder = Path(folder)

    def initialize(self) -> None:
        """Make the folder; a worker that finds a file for each coupling reads no YAML but its own coupling's.

        A worker may have a disk of its own, on which nobody refreshes: there a new coupling's file is still missing.
        """
        # Every file is read in a fork of the DAG processor, who does this: what he has loaded no fork loads again,
        # and a file costs half (decision 0003). Code of the platform that changes needs him restarted.
        import include.factory.build  # noqa: F401, PLC0415

        if not {name_of(file) for file in coupling_files(self._configs)} <= {
            path.name for path in self._folder.glob("*.py")
        }:
            self.refresh()
        super().initialize()

    def refresh(self) -> None:
        """Write what changed, remove what is gone. Safe in several processes at once."""
        self._folder.mkdir(parents=True, exist_ok=True)
        wanted = render(self._configs)
        for path in self._folder.glob("*.py"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)
        for name, text in wanted.items():
            path = self._folder / name
            if _text_of(path) != text:
                _replace(path, text)

    def get_current_version(self) -> None:
        """The folder has no versions."""
        return

    @property
    def path(self) -> Path:
        """Return the folder of generated DAG files."""
        return self._folder


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _replace(path: Path, text: str) -> None:
    """Write atomically: another process may read the file right now."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False, encoding="utf-8") as file:
        file.write(text)
    # The tasks may run as another user (run_as_user) than the DAG processor.
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
