"""The imitations of remote systems that the demo runs beside Airflow, and their admin side."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from include.local import ports
from include.local.children import Children
from include.local.errors import LocalError
from include.local.machine import Machine

SEED, SIZE, ORDERS = 7, 200, 300
PREFERRED_PORTS = {"exact_online": 8101, "bol_com": 8102, "woocommerce": 8103}
_START_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Sandbox:
    """A running imitation."""

    connector: str
    url: str

    def ask(self, path: str) -> Any:
        """GET from its admin side."""
        return _json(requests.get(f"{self.url}/__sandbox/{path}", timeout=30))

    def change(self, **counts: int) -> dict[str, list[str]]:
        """Change its data; returns the ids per kind of change."""
        changed: dict[str, list[Any]] = _json(requests.post(f"{self.url}/__sandbox/change", json=counts, timeout=60))[
            "changed"
        ]
        return {kind: [str(key) for key in keys] for kind, keys in changed.items()}

    def records(self, collection: str) -> list[dict[str, Any]]:
        """Return the records it has now, as its API would serve them."""
        found: list[dict[str, Any]] = self.ask("state")["collections"][collection]
        return found


def start(machine: Machine, children: Children) -> dict[str, Sandbox]:
    """Start one imitation per system; what changes in them stays for the next start."""
    folder = machine.state / "sandboxes"
    folder.mkdir(exist_ok=True)
    found = {}
    for name, preferred in PREFERRED_PORTS.items():
        port = ports.choose(machine.state, f"sandbox_{name}", preferred)
        children.start(f"sandbox-{name}", _command(name, port, folder / f"{name}.json"), machine.environ)
        found[name] = Sandbox(name, f"http://127.0.0.1:{port}")
    for sandbox in found.values():
        _wait(sandbox, children)
    return found


def _command(name: str, port: int, state: Path) -> list[str]:
    world = ["--seed", str(SEED), "--size", str(SIZE), "--orders", str(ORDERS), "--state", str(state)]
    return [sys.executable, "-m", "include.sandbox", name, "--port", str(port), *world]


def _wait(sandbox: Sandbox, children: Children) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        children.check()
        try:
            sandbox.ask("credentials")
            return
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise LocalError(f"The {sandbox.connector} sandbox did not start within {_START_SECONDS} s.") from None
            time.sleep(0.1)


def _json(answer: requests.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def connection_of(sandbox: Sandbox, name: str) -> Mapping[str, Any]:
    """Return the Airflow connection that opens the imitation."""
    held = sandbox.ask("credentials")
    return {"connection_id": name, "conn_type": "http", "host": held["host"], "login": held["login"],
            "password": held["password"], "extra": held["extra"]}  # fmt: skip
