"""Where state lies, and that what is secret stays so."""

import os
import stat
from pathlib import Path

import pytest

from include.local import paths, ports, secret_files
from include.local.errors import LocalError


def test_chosen_state_folder_is_made(tmp_path: Path) -> None:
    chosen = tmp_path / "a" / "b"
    assert paths.state_folder(tmp_path, {"OPTIPLY_STATE_DIR": str(chosen)}) == chosen
    assert chosen.is_dir()


def test_unwritable_checkout_uses_the_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout, cache = tmp_path / "checkout", tmp_path / "cache"
    writable = paths._writable
    monkeypatch.setattr(paths, "_writable", lambda folder: folder != checkout and writable(folder))
    environ = {"XDG_CACHE_HOME": str(cache)}
    key = paths.checkout_key(checkout)
    assert paths.state_folder(checkout, environ) == cache / "optiply-platform" / key / "state"
    assert paths.environment_folder(checkout, environ) == cache / "optiply-platform" / key / "venv"


def test_unwritable_checkout_and_cache_use_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    writable = paths._writable
    monkeypatch.setattr(paths, "_writable", lambda folder: folder != checkout and writable(folder))
    (tmp_path / "file").write_text("")
    environ = {"XDG_CACHE_HOME": str(tmp_path / "file"), "TMPDIR": str(tmp_path)}
    assert paths.environment_folder(checkout, environ).is_relative_to(tmp_path)


def test_nowhere_to_write_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_writable", lambda _folder: False)
    with pytest.raises(LocalError, match="XDG_CACHE_HOME"):
        paths.environment_folder(tmp_path, {"XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path)})


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(LocalError, match="belongs to another user"):
        paths.state_folder(tmp_path, {"OPTIPLY_STATE_DIR": str(tmp_path)})


def test_secrets_are_private_and_kept(tmp_path: Path) -> None:
    first = secret_files.keep(tmp_path / "secrets", "key", secret_files.token)
    assert secret_files.keep(tmp_path / "secrets", "key", secret_files.token) == first
    assert len(first) == 64
    assert stat.S_IMODE((tmp_path / "secrets" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["key"]


def test_write_private_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("untouched")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="link"):
        secret_files.write_private(tmp_path / "link", "secret")
    assert (tmp_path / "target").read_text() == "untouched"


def test_a_taken_port_gives_the_next_free_one_and_is_remembered(tmp_path: Path) -> None:
    import socket  # noqa: PLC0415

    first = ports.choose(tmp_path, "one", 41800)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        second = ports.choose(tmp_path, "one", 41800)
    assert second > first
    assert ports.choose(tmp_path, "one", 41800) == second
    assert ports.remembered(tmp_path) == {"one": second}


def test_two_servers_never_get_one_port(tmp_path: Path) -> None:
    assert ports.choose(tmp_path, "one", 41800) != ports.choose(tmp_path, "two", 41800)


def test_a_damaged_ports_file_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{")
    assert ports.choose(tmp_path, "one", 41800) >= 41800
