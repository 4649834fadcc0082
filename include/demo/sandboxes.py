"""The imitations of remote systems that the demo runs beside Airflow, and their admin side."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from include.local import ports
from include.local.children import Children
from include.local.errors import LocalError
from include.local.machine import Machine
from include.sandbox.server import Admin

SEED, SIZE, ORDERS = 7, 200, 300
# What the demo plays with unless it is told otherwise; each system more costs it half a minute.
SYSTEMS = ("exact_online", "bol_com", "woocommerce")
_FIRST_PORT = 8101
# A report that is ready at once: the minutes that Amazon takes show nothing in a demo.
_SETTINGS = {"amazon_seller": {"report_polls": 0}}
_START_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Sandbox:
    """A running imitation and its admin side."""

    connector: str
    url: str
    admin: Admin

    def kinds(self) -> list[str]:
        """Return what can change in it."""
        return self.admin.kinds()

    def change(self, **counts: int) -> dict[str, list[str]]:
        """Change its data; returns the ids per kind of change, as texts."""
        return {kind: [str(key) for key in keys] for kind, keys in self.admin.change(**counts).items()}

    def records(self, collection: str) -> list[dict[str, Any]]:
        """Return the records it has now, as its API would serve them."""
        found: list[dict[str, Any]] = self.admin.state()["collections"][collection]
        return found


@contextmanager
def started(machine: Machine, children: Children, systems: Sequence[str] = SYSTEMS) -> Iterator[dict[str, Sandbox]]:
    """Start one imitation per system; what changes in them stays for the next start."""
    folder = machine.state / "sandboxes"
    folder.mkdir(exist_ok=True)
    found = {}
    for place, name in enumerate(systems):
        port = ports.choose(machine.state, f"sandbox_{name}", _FIRST_PORT + place)
        children.start(f"sandbox-{name}", _command(name, port, folder / f"{name}.json"), machine.environ)
        url = f"http://127.0.0.1:{port}"
        found[name] = Sandbox(name, url, Admin(url))
    try:
        for sandbox in found.values():
            _wait(sandbox, children)
        yield found
    finally:
        for sandbox in found.values():
            sandbox.admin.close()


def _command(name: str, port: int, state: Path) -> list[str]:
    world = ["--seed", str(SEED), "--size", str(SIZE), "--orders", str(ORDERS), "--state", str(state)]
    settings = [f"--set={key}={value}" for key, value in _SETTINGS.get(name, {}).items()]
    return [sys.executable, "-m", "include.sandbox", name, "--port", str(port), *world, *settings]


def _wait(sandbox: Sandbox, children: Children) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        children.check()
        try:
            sandbox.admin.credentials()
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise LocalError(f"The {sandbox.connector} sandbox did not start within {_START_SECONDS} s.") from None
            time.sleep(0.1)


def connection_of(sandbox: Sandbox, name: str) -> Mapping[str, Any]:
    """Return the Airflow connection that opens the imitation."""
    held = sandbox.admin.credentials()
    return {"connection_id": name, "conn_type": "http", "host": held["host"], "login": held["login"],
            "password": held["password"], "extra": held["extra"]}  # fmt: skip
