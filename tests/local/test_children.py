"""No program outlives the one that started it, and `down` ends only what is ours."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from include.local import children
from include.local.children import Children
from include.local.errors import LocalError

# Starts a grandchild in the same group, tells its number, and waits.
FAMILY = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
time.sleep(60)
"""


def wait_for(condition: object, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_stop_ends_grandchildren_too(tmp_path: Path) -> None:
    group = Children(tmp_path / "registry", tmp_path)
    child = group.start("family", [sys.executable, "-c", FAMILY], os.environ)
    assert wait_for(lambda: child.log.read_text().strip())
    grandchild = int(child.log.read_text())
    group.stop()
    assert child.process.poll() is not None
    assert wait_for(lambda: gone(grandchild))
    assert not (tmp_path / "registry").exists()


def test_a_program_that_ends_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    group = Children(tmp_path / "registry", tmp_path)
    code = "import sys; print('\\n'.join(map(str, range(50)))); print('the reason'); sys.exit(3)"
    child = group.start("api-server", [sys.executable, "-c", code], os.environ)
    child.process.wait()
    with pytest.raises(LocalError, match=r"api-server ended with code 3(.|\n)*the reason") as raised:
        group.check()
    assert "\n  10\n" not in str(raised.value)
    group.stop()


def test_wait_forgets_what_ended_well_and_raises_for_the_rest(tmp_path: Path) -> None:
    group = Children(tmp_path / "registry", tmp_path)
    group.wait(group.start("good", [sys.executable, "-c", "pass"], os.environ), 30)
    group.check()
    with pytest.raises(LocalError, match="bad ended with code 1"):
        group.wait(group.start("bad", [sys.executable, "-c", "raise SystemExit(1)"], os.environ), 30)
    with pytest.raises(LocalError, match="slow was not done"):
        group.wait(group.start("slow", [sys.executable, "-c", "import time; time.sleep(60)"], os.environ), 0.2)
    group.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    code = f"""
import os, sys, time
from pathlib import Path
from include.local.children import Children
here = Path({str(tmp_path)!r})
child = Children(here / "registry", here).start("x", [sys.executable, "-c", "import time; time.sleep(60)"], os.environ)
print(child.process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_for(lambda: gone(pid))


def test_down_ends_what_was_left_and_spares_reused_numbers(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    spared = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        entries = [
            {"pid": left.pid, "began": children._began(left.pid)},
            {"pid": spared.pid, "began": "1"},
        ]
        (tmp_path / "registry").write_text(json.dumps(entries))
        assert children.stop_left_over(tmp_path / "registry") == 1
        left.wait()
        assert spared.poll() is None
        assert children.stop_left_over(tmp_path / "registry") == 0
    finally:
        spared.kill()
        spared.wait()
