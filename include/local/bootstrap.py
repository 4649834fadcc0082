"""Makes the Python environment of the checkout and prints its interpreter. Runs before anything is installed.

Standard library only. Messages go to the error stream, because the caller reads the interpreter from the output.
"""

import fcntl
import hashlib
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from include.local.environment import check_disk, check_this_machine, venv_package
from include.local.errors import LocalError
from include.local.paths import ROOT, environment_folder

STAMP = ".optiply-lock"
LOCK_FILE = "requirements.lock"


def main() -> int:
    """Prints the interpreter of a complete environment; 1 and a sentence when there cannot be one."""
    try:
        print(prepare(ROOT))
    except LocalError as error:
        print(f"run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def prepare(root: Path) -> Path:
    """The interpreter of an environment that holds exactly the lock, made or completed first where it does not."""
    folder = environment_folder(root, os.environ)
    python = folder / "bin" / "python"
    if is_complete(folder, root / LOCK_FILE):
        return python
    check_this_machine()
    check_disk(folder)
    with _alone(folder):
        if not is_complete(folder, root / LOCK_FILE):
            make_environment(folder)
            install(folder, root / LOCK_FILE)
            (folder / STAMP).write_text(stamp(folder, root / LOCK_FILE))
    return python


def is_complete(folder: Path, lock: Path) -> bool:
    """Whether the environment was made from this very lock and by the Python that it names."""
    written = folder / STAMP
    return written.is_file() and (folder / "bin" / "python").exists() and written.read_text() == stamp(folder, lock)


def stamp(folder: Path, lock: Path) -> str:
    """Changes when the lock or the environment's Python changes."""
    configuration = (folder / "pyvenv.cfg").read_text()
    version = next((line for line in configuration.splitlines() if line.startswith("version")), "")
    return hashlib.sha256(lock.read_bytes() + version.encode()).hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the right to change the environment; a second call waits here and then finds it complete."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(f"The folder {folder} cannot be made ({error.strerror}).") from None
    if not os.access(folder, os.W_OK):
        raise LocalError(
            f"The environment {folder} is not up to date, and you may not change it. "
            "Call ./run once as its owner, or delete it."
        )
    # The lock is on the folder above, because making an environment anew empties the folder itself.
    handle = os.open(folder.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another ./run is installing; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def make_environment(folder: Path) -> None:
    """An environment with a working interpreter and pip or uv, by the first of several ways that this machine allows.

    An environment whose Python works is completed and never emptied, whoever made it: it may be in use, and may hold
    what somebody installed by hand. One that does not work is made anew.
    """
    python = folder / "bin" / "python"
    if _works(python, "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"):
        _complete(folder)
        return
    if any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        raise LocalError(f"{folder} is in the way: it is not empty, and no Python environment. Move it elsewhere.")
    _say(f"Making a Python {sys.version_info[0]}.{sys.version_info[1]} environment in {folder}")
    base = str(Path(getattr(sys, "_base_executable", sys.executable)))
    for attempt in (
        [base, "-m", "venv", "--clear", str(folder)],
        [base, "-m", "virtualenv", "--quiet", "--no-download", "--clear", str(folder)],
        [base, "-m", "venv", "--without-pip", "--clear", str(folder)],
    ):
        if _quietly(attempt) and _works(python, "pass") and (_pip_or_uv(folder) or _borrow_pip(base, folder)):
            return
    package = venv_package((sys.version_info[0], sys.version_info[1]))
    raise LocalError(
        f"{base} can make no environment: its modules venv and ensurepip are missing, and there is no virtualenv, pip "
        f"or uv in their place. On Debian and Ubuntu: apt-get install {package}. Then call ./run again."
    )


def _complete(folder: Path) -> None:
    """Gives a working environment the pip or uv that it lacks, as one made by `uv venv` does."""
    python = str(folder / "bin" / "python")
    base = str(Path(getattr(sys, "_base_executable", sys.executable)))
    if _pip_or_uv(folder) or _quietly([python, "-m", "ensurepip"]) or _borrow_pip(base, folder):
        return
    raise LocalError(f"The environment {folder} has neither pip nor uv, and none could be added. Add one, or move it.")


def _borrow_pip(base: str, folder: Path) -> bool:
    """Lets a pip or uv from outside put uv into an environment that has no pip of its own."""
    python = str(folder / "bin" / "python")
    requirement = _own_requirement(folder)
    outside = shutil.which("uv")
    if outside and _quietly(
        [outside, "pip", "install", "--python", python, "--require-hashes", "-r", str(requirement)]
    ):
        return True
    return _quietly([base, "-m", "pip", "--python", python, "install", "--require-hashes", "-r", str(requirement)])


def install(folder: Path, lock: Path) -> None:
    """Brings the environment to the lock: by uv in seconds, else by pip. Hashes are checked either way.

    Raises LocalError when neither can, after their own words.
    """
    python = str(folder / "bin" / "python")
    _say("Installing the packages of requirements.lock; this happens once, and again when the lock changes")
    environ = _uv_environment(folder)
    if not (folder / "bin" / "uv").exists():
        pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        _quietly([*pip, "-r", str(_own_requirement(folder))])
    arguments = ["install", "--no-deps", "--require-hashes", "-r", str(lock)]
    uv = [str(folder / "bin" / "uv"), "pip", *arguments, "--python", python, "--compile-bytecode"]
    if not _home_is_writable():
        uv.append("--no-cache")
    if (folder / "bin" / "uv").exists() and _aloud([*uv, "--quiet"], environ):
        return
    _say("uv could not do it; trying pip, which takes some minutes")
    if not _aloud([python, "-m", "pip", *arguments, "--quiet", "--compile"], environ):
        raise LocalError(
            "The packages could not be installed; the reason stands above. The package registry must be reachable: "
            "behind a proxy or with a mirror, configure pip for it (PIP_INDEX_URL, HTTPS_PROXY), then call ./run again."
        )


def _own_requirement(folder: Path) -> Path:
    """A requirements file with uv alone, cut out of the lock so that its version and hashes hold."""
    lines = (ROOT / LOCK_FILE).read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("uv=="))
    end = next(number for number in range(start, len(lines)) if not lines[number].endswith("\\"))
    place = folder / "uv-requirement.txt"
    place.write_text("\n".join(lines[start : end + 1]) + "\n")
    return place


def _uv_environment(folder: Path) -> dict[str, str]:
    """Tells uv where: it reads none of pip's settings, so pip's index and certificate are handed to it."""
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    store = ssl.get_default_verify_paths()
    if store.cafile or (store.capath and any(Path(store.capath).iterdir())):
        # A company's own certificate is in the system's store, and not in the one that uv brings along.
        environ.setdefault("UV_SYSTEM_CERTS", "true")
    if certificate := environ.get("PIP_CERT") or _pip_setting(folder, "global.cert"):
        environ.setdefault("SSL_CERT_FILE", certificate)
    if "UV_DEFAULT_INDEX" not in environ and "UV_INDEX_URL" not in environ:
        index = environ.get("PIP_INDEX_URL") or _pip_setting(folder, "global.index-url")
        if index:
            environ["UV_DEFAULT_INDEX"] = index
    return environ


def _pip_setting(folder: Path, name: str) -> str:
    """What pip's configuration files say; empty when they say nothing or there is no pip."""
    command = [str(folder / "bin" / "python"), "-m", "pip", "config", "get", name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _pip_or_uv(folder: Path) -> bool:
    return (folder / "bin" / "uv").exists() or _works(folder / "bin" / "python", "import pip")


def _works(python: Path, code: str) -> bool:
    return python.exists() and _quietly([str(python), "-c", code])


def _home_is_writable() -> bool:
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("HOME", "")
    return bool(os.environ.get("UV_CACHE_DIR")) or os.access(home, os.W_OK)


def _quietly(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0


def _aloud(command: list[str], environ: dict[str, str]) -> bool:
    """Runs it with its output on the error stream, where it does not mix with the interpreter's path."""
    return (
        subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, env=environ, check=False).returncode == 0
    )


def _say(sentence: str) -> None:
    print(f"run: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
