"""Secrets of this machine: generated once, kept in files that only their owner can read."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def token() -> str:
    """64 characters without any that a URL, a shell or a configuration file would read as its own."""
    return secrets.token_hex(32)


def password() -> str:
    """A password that a person can type: 16 characters of 32 that cannot be taken for one another."""
    return "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(16))


def fernet_key() -> str:
    """32 random bytes in the form that cryptography.fernet asks for."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def keep(folder: Path, name: str, make: Callable[[], str]) -> str:
    """The secret in the file `name`, made and written at the first call. Safe against a second process at once."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        draft = folder / f".{name}.{os.getpid()}"
        write_private(draft, make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # Another process was first; its secret is the one that counts.
        finally:
            draft.unlink()
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Replaces the file by `text`, at no moment readable for others."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
