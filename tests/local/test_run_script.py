"""`./run` from the outside: help, unknown commands, and what it says about a Python that does not do."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "run"


def call(
    *arguments: str, path: Path | None = None, cwd: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    search = f"{path}:/usr/bin:/bin" if path else os.environ["PATH"]
    script = environ.pop("SCRIPT", str(RUN))
    return subprocess.run(
        ["bash", script, *arguments],
        cwd=cwd,
        env={**os.environ, **environ, "PATH": search},
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without an environment, so that the search for a Python is not cut short."""
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "run").write_text(RUN.read_text())
    return tmp_path / "checkout"


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_help_names_every_command(arguments: list[str]) -> None:
    shown = call(*arguments)
    assert shown.returncode == 0
    for command in ("demo", "up", "down", "test", "check", "bench", "cli", "psql", "lock"):
        assert f"\n  {command} " in shown.stdout


def test_every_command_of_the_script_has_a_function() -> None:
    from include.local.__main__ import COMMANDS  # noqa: PLC0415

    offered = next(line for line in RUN.read_text().splitlines() if line.strip().startswith("demo |"))
    assert {word.strip(" )") for word in offered.split(";;")[0].split("|")} == set(COMMANDS) - {"prepare", "init"}


def test_an_unknown_command_is_refused() -> None:
    shown = call("lunch")
    assert shown.returncode == 2
    assert "no command 'lunch'" in shown.stderr


def test_a_python_too_old_is_named(tmp_path: Path, checkout: Path) -> None:
    for name in ("python3.11", "python3.12", "python3.13", "python3", "python"):
        program(tmp_path, name, 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    shown = call("check", path=tmp_path, SCRIPT=str(checkout / "run"))
    assert shown.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13; the PATH has Python 3.9.2" in shown.stderr
    assert "apt-get install" in shown.stderr


def test_a_chosen_python_that_does_not_work_is_named(checkout: Path) -> None:
    shown = call("check", SCRIPT=str(checkout / "run"), OPTIPLY_PYTHON="/nowhere/python")
    assert shown.returncode == 1
    assert "OPTIPLY_PYTHON is /nowhere/python" in shown.stderr


def test_the_checkout_is_found_through_links_and_from_anywhere(tmp_path: Path, checkout: Path) -> None:
    program(tmp_path, "python3.12", '[ "$1" = -c ] && exit 0; echo "root=$PYTHONPATH" >&2; exit 7')
    (tmp_path / "first").symlink_to("checkout/run")
    (tmp_path / "second").symlink_to(tmp_path / "first")
    shown = call("up", path=tmp_path, cwd=Path("/"), SCRIPT=str(tmp_path / "second"))
    assert shown.returncode == 7
    assert f"root={checkout.resolve()}" in shown.stderr


def test_another_checkout_in_the_callers_folder_is_not_run(tmp_path: Path, checkout: Path) -> None:
    for place, word in ((checkout, "right"), (tmp_path / "other", "wrong")):
        package = place / "include" / "local"
        package.mkdir(parents=True)
        (package / "bootstrap.py").write_text(f"import sys; print({word!r}, file=sys.stderr); sys.exit(9)")
    shown = call("up", cwd=tmp_path / "other", SCRIPT=str(checkout / "run"), OPTIPLY_PYTHON=sys.executable)
    assert (shown.returncode, shown.stderr) == (9, "right\n")


def test_scripts_are_executable() -> None:
    for script in (RUN, ROOT / ".ci" / "run"):
        assert script.stat().st_mode & stat.S_IXUSR
