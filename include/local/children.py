"""Child processes that never outlive their parent: own process groups, a death signal, and a list for `./run down`."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from include.local.errors import LocalError

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 20
LOG_LINES = 15


@dataclass(frozen=True)
class Child:
    """A running program, its log, and when it was started (seconds since the epoch)."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    began_at: int


class Children:
    """The programs that one `./run up` has started, by name."""

    def __init__(self, registry: Path, logs: Path) -> None:
        """`registry` is the file that lists them for a later `down`; `logs` the folder of their output."""
        self._registry = registry
        self._logs = logs
        self._children: list[Child] = []

    def start(self, name: str, command: list[str], environ: Mapping[str, str]) -> Child:
        """Starts the program in a process group of its own, with its output in `<logs>/<name>.log`."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=_die_with(os.getpid()),
            )  # fmt: skip
        child = Child(name, process, log, int(time.time()))
        self._children.append(child)
        self._write_registry()
        return child

    def check(self) -> None:
        """Raises LocalError with the end of its log when one of them has ended."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise LocalError(
                    f"{child.name} ended with code {code}. The last lines of {child.log}:\n{log_end(child.log)}"
                )

    def wait(self, child: Child, seconds: float) -> None:
        """Waits until the program ends well, and forgets it; LocalError when it fails or takes longer."""
        deadline = time.monotonic() + seconds
        while child.process.poll() is None:
            if time.monotonic() > deadline:
                raise LocalError(f"{child.name} was not done after {seconds:.0f} s. Its log: {child.log}")
            time.sleep(0.05)
        if child.process.returncode != 0:
            self.check()
        self._children.remove(child)
        self._write_registry()

    def stop(self) -> None:
        """Asks all to end, waits 20 s, then ends their process groups whatever they are doing."""
        stop_groups([child.process.pid for child in self._children])
        for child in self._children:
            child.process.wait()
        self._children.clear()
        self._registry.unlink(missing_ok=True)

    def _write_registry(self) -> None:
        listed = [{"pid": child.process.pid, "began": _began(child.process.pid)} for child in self._children]
        self._registry.write_text(json.dumps(listed))


def stop_left_over(registry: Path) -> int:
    """Ends what a killed `./run up` left behind; the count of process groups that were still there."""
    try:
        listed = json.loads(registry.read_text())
    except (OSError, ValueError):
        return 0
    # A number that now belongs to another program has another start time.
    alive = [int(entry["pid"]) for entry in listed if entry["began"] and _began(int(entry["pid"])) == entry["began"]]
    stop_groups(alive)
    registry.unlink(missing_ok=True)
    return len(alive)


def stop_groups(leaders: Iterable[int]) -> None:
    """Terminates process groups: TERM to the leader, who tells its own children, and KILL to the group at the end."""
    groups = list(leaders)
    for leader in groups:
        _signal(os.kill, leader, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while any(is_running(leader) for leader in groups) and time.monotonic() < deadline:
        time.sleep(0.1)
    for leader in groups:
        _signal(os.killpg, leader, signal.SIGKILL)


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie (a child of ours that has ended and was not waited for)."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    return _signal(os.kill, pid, 0)


def log_end(log: Path) -> str:
    """The last lines of a log, indented; they are shown to a person."""
    lines = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    return "\n".join(f"  {line}" for line in lines) or "  (the log is empty)"


def _signal(send: Callable[[int, int], None], target: int, number: int) -> bool:
    try:
        send(target, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _began(pid: int) -> str:
    """The start time in the kernel's own unit; with the number it names one process for good."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def _die_with(parent: int) -> Callable[[], None] | None:
    """What the child runs before the program: on Linux the kernel will tell it to end when we are gone."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return ask_for_signal
