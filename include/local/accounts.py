"""Who PostgreSQL runs as. It refuses to run as root, so root lends it an account that exists on the machine."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from include.local.errors import LocalError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A system account with its own user and group id."""

    name: str
    uid: int
    gid: int


def database_account() -> Account | None:
    """The account that root starts PostgreSQL with; None when the caller is not root and runs it himself."""
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise LocalError(
                f"User id {os.geteuid()} has no name on this machine, and PostgreSQL refuses to start for it. "
                "Add it to /etc/passwd, or set DATABASE_URL to a PostgreSQL server."
            ) from None
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LocalError(
        "PostgreSQL does not run as root, and this machine has neither a user 'postgres' nor 'nobody' to run it as. "
        "Add one (useradd --system postgres), call ./run as a normal user, or set DATABASE_URL."
    )


def switch_to(account: Account | None) -> dict[str, Any]:
    """Arguments for subprocess that drop from root to `account`; empty without one."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": [], "cwd": "/"}


def can_execute(account: Account | None, path: Path) -> bool:
    """Whether the account may enter the folder, or run the file, at `path`. Asked of the kernel, not of mode bits."""
    try:
        asked = subprocess.run(["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)], check=False, **switch_to(account))
    except PermissionError:
        raise LocalError(
            f"This root may not start programs as another user ({account.name if account else 'itself'}), as in some "
            "containers, and PostgreSQL does not run as root. Call ./run as a normal user, or set DATABASE_URL."
        ) from None
    return asked.returncode == 0
