"""The environment is made once, completed when it works, and never emptied under somebody's feet."""

import subprocess
import sys
from pathlib import Path

import pytest

from include.local import bootstrap, environment
from include.local.errors import LocalError


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text("uv==1.0 \\\n    --hash=sha256:aa\n")
    return path


def _bare_environment(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder


def test_complete_only_with_the_stamp_of_this_lock(tmp_path: Path, lock: Path) -> None:
    folder = _bare_environment(tmp_path / "env")
    assert not bootstrap.is_complete(folder, lock)
    (folder / bootstrap.STAMP).write_text(bootstrap.stamp(folder, lock))
    assert bootstrap.is_complete(folder, lock)
    lock.write_text(lock.read_text() + "more==2.0\n")
    assert not bootstrap.is_complete(folder, lock)


def test_stamp_changes_with_the_python(tmp_path: Path, lock: Path) -> None:
    folder = _bare_environment(tmp_path / "env")
    before = bootstrap.stamp(folder, lock)
    configuration = folder / "pyvenv.cfg"
    configuration.write_text(configuration.read_text().replace("version = 3", "version = 9"))
    assert bootstrap.stamp(folder, lock) != before


def test_a_working_environment_without_pip_keeps_what_is_in_it(tmp_path: Path) -> None:
    folder = _bare_environment(tmp_path / "env")
    by_hand = folder / "lib" / "made_by_hand.py"
    by_hand.write_text("")
    bootstrap.make_environment(folder)
    assert by_hand.exists()
    assert subprocess.run([folder / "bin" / "python", "-m", "pip", "--version"], check=False).returncode == 0


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    (folder / "precious").write_text("")
    with pytest.raises(LocalError, match="in the way"):
        bootstrap.make_environment(folder)
    assert (folder / "precious").exists()


def test_an_environment_whose_python_is_gone_is_made_anew(tmp_path: Path) -> None:
    folder = _bare_environment(tmp_path / "env")
    (folder / "bin" / "python").unlink()
    bootstrap.make_environment(folder)
    assert subprocess.run([folder / "bin" / "python", "-c", "pass"], check=False).returncode == 0


def test_without_any_way_to_make_one_the_debian_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    monkeypatch.setattr(bootstrap, "_quietly", lambda _command: False)
    with pytest.raises(LocalError, match=r"apt-get install python3(\.\d+)?-venv"):
        bootstrap.make_environment(folder)


@pytest.mark.parametrize(
    ("system", "machine", "libc", "said"),
    [
        ("linux", "x86_64", ("", ""), "musl"),
        ("linux", "x86_64", ("glibc", "2.17"), "glibc 2.17"),
        ("linux", "riscv64", ("glibc", "2.39"), "riscv64"),
        ("windows", "AMD64", ("", ""), "WSL"),
    ],
)
def test_machines_without_packages_are_told_so(system: str, machine: str, libc: tuple[str, str], said: str) -> None:
    with pytest.raises(LocalError, match=said):
        environment.check_machine(system, machine, libc)


def test_machines_with_packages_pass() -> None:
    environment.check_machine("linux", "aarch64", ("glibc", "2.28"))
    environment.check_machine("darwin", "arm64", ("", ""))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="MB free"):
        environment.check_disk(tmp_path / "not" / "there", megabytes=10**9)
