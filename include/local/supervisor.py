"""`./run up` and `./run down`: the whole platform on this machine, in the foreground."""

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from include.local import airflow_processes, machine, ports, postgres, receiver_process
from include.local.airflow import airflow_environment
from include.local.children import Children, stop_left_over
from include.local.errors import LocalError
from include.local.machine import Machine

PREPARE_SECONDS = 600
DOWN_SECONDS = 60
PREFERRED_PORT_VARIABLE = "OPTIPLY_AIRFLOW_PORT"
RECEIVER_VARIABLE = "OPTIPLY_RECEIVER_PORT"


def up(arguments: list[str]) -> int:
    """Starts everything, says where it is, and stays until Ctrl-C or a TERM signal."""
    if arguments:
        raise LocalError("./run up takes no options.")
    with machine.ready() as base, running_platform(base) as (running, children):
        print(welcome(running), flush=True)
        while True:
            time.sleep(0.5)
            children.check()


@contextmanager
def running_platform(base: Machine, *, with_local_remotes: bool = False) -> Iterator[tuple[Machine, Children]]:
    """A migrated warehouse, a healthy Airflow and receiver on free ports while inside; everything stopped after.

    `with_local_remotes`: the remotes are imitations on this machine, and send their webhooks to the receiver directly.
    Raises LocalError when it runs already, or with the end of a log when a process fails.
    """
    with _only_one(base.state), _signals_end_us():
        stop_left_over(base.state / "processes.json")
        port = ports.choose(base.state, "airflow", int(os.environ.get(PREFERRED_PORT_VARIABLE, machine.AIRFLOW_PORT)))
        settings = replace(base.settings, port=port)
        receiver = ports.choose(base.state, "receiver", int(os.environ.get(RECEIVER_VARIABLE, machine.RECEIVER_PORT)))
        environ = {**base.environ, **airflow_environment(settings), **receiver_process.environment(receiver)}
        if with_local_remotes:
            environ |= receiver_process.local_address(receiver)
        running = replace(base, settings=settings, environ=environ, receiver_port=receiver)
        children = Children(base.state / "processes.json", settings.home / "run")
        try:
            _start(running, children)
            yield running, children
        finally:
            print("Stopping Airflow", flush=True)
            children.stop()


def _start(running: Machine, children: Children) -> None:
    """Migrates Airflow's database while the warehouse is prepared, then starts the four processes."""
    preparation = None
    if find_spec("include.local.stack") is not None:
        print("Preparing the warehouse", flush=True)
        preparation = children.start("prepare", [sys.executable, "-m", "include.local", "prepare"], running.environ)
    if airflow_processes.needs_migration(running.server, running.settings.home):
        print("Preparing Airflow's database", flush=True)
        children.wait(airflow_processes.start_migration(children, running.environ), airflow_processes.MIGRATE_SECONDS)
        airflow_processes.note_migration(running.server, running.settings.home)
    if preparation is not None:
        children.wait(preparation, PREPARE_SECONDS)
    print("Starting Airflow", flush=True)
    began_at = time.time()
    airflow_processes.start_processes(children, running.environ)
    receiver_process.start(children, running.environ)
    airflow_processes.wait_until_healthy(running.settings, children, began_at)
    receiver_process.wait_until_healthy(running.receiver, children)


def prepare(_arguments: list[str]) -> int:
    """What `up` runs in a process of its own: migrations of the warehouse and the deployment of the mappings."""
    # dbt is loaded here and nowhere else in this package: it takes seconds and memory that `up` need not spend.
    stack = import_module("include.local.stack")
    stack.prepare(dict(os.environ))
    return 0


def welcome(running: Machine) -> str:
    """Where the UI is and how to log in. The password stays in its file when the output is not a terminal."""
    passwords = json.loads(running.settings.passwords_file.read_text())
    shown = f"password {passwords['admin']}" if sys.stdout.isatty() else "password in the file below"
    return (
        f"\nAirflow runs at {running.settings.address}\n"
        f"  log in as admin, {shown}\n"
        f"  passwords of all users: {running.settings.passwords_file}\n"
        f"  webhooks are taken at   {running.receiver}/webhooks/<token>\n"
        f"  data, logs, ports:      {running.state}\n"
        "Ctrl-C stops everything."
    )


def down(_arguments: list[str]) -> int:
    """Ends a running `up` or `demo` of this checkout, and what a killed one left behind."""
    state = machine.state()
    stopped = _end_owner(state)
    stopped |= stop_left_over(state / "processes.json") > 0
    stopped |= postgres.stop(machine.platform_cluster(state))
    stopped |= postgres.stop(machine.test_cluster(state))
    print("Stopped." if stopped else "Nothing was running.")
    return 0


def _end_owner(state: Path) -> bool:
    """Asks the process that holds up.lock to end; LocalError when it does not within 60 s."""
    with (state / "up.lock").open("a+") as handle:
        deadline = time.monotonic() + DOWN_SECONDS
        asked = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return asked
            except BlockingIOError:
                handle.seek(0)
                owner = handle.read().strip()
            if not asked and owner.isdigit():
                os.kill(int(owner), signal.SIGTERM)
                asked = True
            if time.monotonic() > deadline:
                raise LocalError(f"The running ./run (process {owner}) did not end within {DOWN_SECONDS} s.")
            time.sleep(0.1)


@contextmanager
def _only_one(state: Path) -> Iterator[None]:
    with (state / "up.lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            port = ports.remembered(state).get("airflow", machine.AIRFLOW_PORT)
            raise LocalError(
                f"The platform of this checkout runs already, at http://127.0.0.1:{port}. ./run down stops it."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextmanager
def _signals_end_us() -> Iterator[None]:
    """Makes TERM and HUP (a closed terminal) behave like Ctrl-C, so that the same cleaning up runs."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
