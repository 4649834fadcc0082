"""A copy of the checkout, so that what the kit writes stays out of this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from include.spec.load import ROOT

_PARTS = ("connectors", "dag_configs", "dbt_project", "docs", "include", "schemas", "tests", "pyproject.toml")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "target", "logs", ".*")


def copy_to(folder: Path) -> Path:
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=_LEFT_OUT)
        else:
            shutil.copy(source, folder / part)
    return folder


def cli(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `./run cli …` in a copy."""
    return python(folder, ["-m", "include.cli", *words])


def python(
    folder: Path, words: list[str], environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **(environ or {}), "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
