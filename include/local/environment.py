"""What the machine must offer before anything is installed. Standard library only."""

import os
import platform
import shutil
from pathlib import Path

from include.local.errors import LocalError

MACHINES = {"linux": ("x86_64", "aarch64"), "darwin": ("x86_64", "arm64")}
OLDEST_GLIBC = (2, 28)
INSTALLED_MEGABYTES = 900


def check_machine(system: str, machine: str, libc: tuple[str, str]) -> None:
    """Raises LocalError when a package of the lock has no build for this machine.

    The narrowest are the PostgreSQL binaries: Linux with glibc 2.28 or newer, and macOS.
    """
    if machine not in MACHINES.get(system, ()):
        raise LocalError(
            f"There are no PostgreSQL binaries for {system} on {machine}. Linux (x86_64, aarch64) and macOS have them; "
            "on Windows use WSL."
        )
    if system != "linux":
        return
    name, version = libc
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if name != "glibc" or numbers < OLDEST_GLIBC:
        found = f"{name} {version}".strip() or "another C library (musl, as in Alpine)"
        raise LocalError(f"The packages need glibc 2.28 or newer (Debian 10, Ubuntu 20.04, RHEL 8); this has {found}.")


def check_this_machine() -> None:
    """`check_machine` for the machine that this runs on."""
    check_machine(platform.system().lower(), platform.machine(), platform.libc_ver())


def check_disk(folder: Path, megabytes: int = INSTALLED_MEGABYTES) -> None:
    """Raises LocalError when the file system of `folder` cannot take an installation."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free // 1_000_000
    if free < megabytes:
        raise LocalError(f"{existing} has {free} MB free; the installation takes {megabytes} MB.")


def venv_package(version: tuple[int, int]) -> str:
    """The Debian package that holds the venv module of the Python that runs this."""
    in_system = os.path.realpath("/usr/bin/python3").endswith(f"python{version[0]}.{version[1]}")
    return "python3-venv" if in_system else f"python{version[0]}.{version[1]}-venv"
