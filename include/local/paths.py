"""Where the checkout keeps what it makes at run time. Standard library only: used before anything is installed."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from include.local.accounts import can_execute, database_account
from include.local.errors import LocalError

ROOT = Path(__file__).resolve().parents[2]


def checkout_key(root: Path) -> str:
    """Twelve characters that stand for this checkout's place, so that two checkouts never share a folder."""
    return hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]


def environment_folder(root: Path, environ: Mapping[str, str]) -> Path:
    """The folder of the Python environment: `.venv`, or a private one elsewhere when the checkout is not writable."""
    place = root / ".venv"
    if (place / "bin" / "python").exists() or _writable(root):
        return place
    return _private_folder(root, environ) / "venv"


def state_folder(root: Path, environ: Mapping[str, str]) -> Path:
    """The existing folder of databases, logs, passwords and ports.

    `.local` in the checkout; `OPTIPLY_STATE_DIR` when set; for root, a folder under /var/tmp when the account that
    PostgreSQL runs as cannot reach the checkout; for others, a cache folder when the checkout is not writable.
    """
    if chosen := environ.get("OPTIPLY_STATE_DIR"):
        return _make(Path(chosen).expanduser().absolute(), 0o711)
    if not _writable(root):
        return _make(_private_folder(root, environ) / "state", 0o711)
    if os.geteuid() == 0 and not can_execute(database_account(), root):
        return _make(Path("/var/tmp") / f"optiply-{checkout_key(root)}", 0o711)
    return _make(root / ".local", 0o711)


@contextmanager
def temporary_state() -> Iterator[Path]:
    """A state folder that goes away again; for root in a place that the account of PostgreSQL can enter."""
    for place in (tempfile.gettempdir(), "/var/tmp"):
        folder = Path(tempfile.mkdtemp(prefix="optiply-state-", dir=place))
        folder.chmod(0o711)
        if os.geteuid() != 0 or can_execute(database_account(), folder):
            break
        folder.rmdir()
    else:
        raise LocalError("PostgreSQL's account can enter neither the folder for temporary files nor /var/tmp.")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _private_folder(root: Path, environ: Mapping[str, str]) -> Path:
    """A folder of this user and this checkout, outside the checkout.

    Raises LocalError when neither the cache folder nor the folder for temporary files can be written.
    """
    caches = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "/nonexistent") / ".cache")
    temporary = Path(environ.get("TMPDIR") or tempfile.gettempdir())
    for place in (
        caches / "optiply-platform" / checkout_key(root),
        temporary / f"optiply-platform-{os.geteuid()}-{checkout_key(root)}",
    ):
        try:
            place.mkdir(mode=0o711, parents=True, exist_ok=True)
        except OSError:
            continue
        if _writable(place):
            return _owned(place)
    raise LocalError(
        f"{root} is not writable for you, and neither are {caches} and {temporary}. "
        "Give yourself one of them, or set XDG_CACHE_HOME to a folder that you can write to."
    )


def _make(folder: Path, mode: int) -> Path:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(f"The folder {folder} cannot be made ({error.strerror}). Set OPTIPLY_STATE_DIR.") from None
    if not _writable(folder):
        raise LocalError(f"The folder {folder} is not writable for you. Set OPTIPLY_STATE_DIR to one that is.")
    return _owned(folder)


def _owned(folder: Path) -> Path:
    """Refuses a folder that somebody else put there: the names under /tmp can be guessed, and passwords lie inside."""
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise LocalError(f"{folder} belongs to another user, or is a link. Remove it, or set OPTIPLY_STATE_DIR.")
    return folder


def _writable(folder: Path) -> bool:
    """Tries it, because root passes every permission test and still cannot write to a read-only mount."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
