"""`./run check`: everything that can be said about the checkout without running the platform, two parts at a time."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from include.local import machine
from include.local.errors import LocalError
from include.local.paths import ROOT
from include.local.testing import pytest_command, test_environment

AT_ONCE = 2
SECONDS = 300


@dataclass(frozen=True)
class Part:
    """One check: a name to choose it by, a program, and the file without which it has nothing to look at."""

    name: str
    command: list[str]
    needs: str = ""


@dataclass(frozen=True)
class Result:
    """How a part went; `output` is shown only when it failed."""

    part: Part
    passed: bool
    seconds: float
    output: str


def parts(state: Path) -> list[Part]:
    """All checks, the slowest first, so that the last one to end is a short one."""
    python = sys.executable
    cache = state / "cache"
    dbt_folders = ["--project-dir", "dbt_project", "--profiles-dir", "dbt_project"]
    dbt_outputs = ["--target-path", str(cache / "dbt"), "--log-path", str(cache / "dbt")]
    return [
        Part("types", [python, "-m", "mypy", "--cache-dir", str(cache / "mypy")]),
        Part("requirements-map", pytest_command(state, ["--check-map", "--collect-only", "-qq", "-p", "no:warnings"])),
        Part("mappings", _tool("dbt", "parse", *dbt_folders, *dbt_outputs), needs="dbt_project/dbt_project.yml"),
        Part("configs", [python, "-m", "include.cli", "check"], needs="include/cli/__main__.py"),
        Part("connectors", [python, "-m", "include.cli", "connector", "check", "--all"], needs="include/kit/checks.py"),
        Part("docs", [python, "-m", "include.cli", "docs", "--check"], needs="docs/reference-yaml.md"),
        Part("imports", _tool("lint-imports", "--cache-dir", str(cache / "imports"))),
        Part("lint", [python, "-m", "ruff", "check", "--cache-dir", str(cache / "ruff"), "."]),
        Part("format", [python, "-m", "ruff", "format", "--check", "--cache-dir", str(cache / "ruff"), "."]),
        Part("files", [python, "-m", "include.local.file_rules"]),
    ]


def main(arguments: list[str]) -> int:
    """Runs the parts that the arguments name, or all. Prints a line for each, and the output of those that fail."""
    everything = parts(machine.state())
    names = [part.name for part in everything]
    if unknown := sorted(set(arguments) - set(names)):
        raise LocalError(f"There is no check '{unknown[0]}'. The checks are: {', '.join(names)}.")
    chosen = [part for part in everything if not arguments or part.name in arguments]
    results = run_all(chosen, check_environment(os.environ), _report)
    failed = [result for result in results if not result.passed]
    for result in failed:
        print(f"\n--- {result.part.name}\n{result.output.strip()}")
    print(f"\n{len(results) - len(failed)} checks passed, {len(failed)} failed")
    return 1 if failed else 0


def run_all(chosen: list[Part], environ: Mapping[str, str], report: Callable[[Result], None]) -> list[Result]:
    """Runs them two at a time; `report` gets each result as it comes."""
    results = []
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        for future in as_completed([pool.submit(run_part, part, environ) for part in chosen]):
            report(future.result())
            results.append(future.result())
    return results


def run_part(part: Part, environ: Mapping[str, str]) -> Result:
    """Runs one check from the checkout's root. A part whose subject is missing fails: nothing passes unseen."""
    began = time.monotonic()
    if part.needs and not (ROOT / part.needs).exists():
        return Result(part, False, 0.0, f"{part.needs} does not exist")
    try:
        done = subprocess.run(
            part.command, cwd=ROOT, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Result(part, False, time.monotonic() - began, f"not done after {SECONDS} s")
    return Result(part, done.returncode == 0, time.monotonic() - began, done.stdout + done.stderr)


def check_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """No check needs a database. dbt's profile wants to read these all the same; nothing listens on port 1."""
    nowhere = {
        "WAREHOUSE_HOST": "127.0.0.1", "WAREHOUSE_PORT": "1", "WAREHOUSE_USER": "nobody",
        "WAREHOUSE_PASSWORD": "none", "WAREHOUSE_DATABASE": "none",
    }  # fmt: skip
    return {**test_environment(environ), **nowhere}


def _tool(name: str, *arguments: str) -> list[str]:
    """A program that was installed beside our Python; its absence shows as a failed part."""
    beside = Path(sys.executable).with_name(name)
    return [str(beside) if beside.exists() else shutil.which(name) or name, *arguments]


def _report(result: Result) -> None:
    print(f"{'ok    ' if result.passed else 'FAILED'} {result.part.name:<18} {result.seconds:5.1f} s", flush=True)
