"""A line to an API for one command: a coupling's live one, or the connector's sandbox started for it."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Iterator
from typing import Any

from include.contract.errors import Misconfigured
from include.engine.ports import Credentials
from include.kit.trial import Trial
from include.sandbox import Running, serve
from include.spec.load import CouplingConfig, load_all, load_manifest

SIZE, ORDERS = 60, 40
# It tells of each call to a sandbox's admin side, which is none of the remote's.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclasses.dataclass(frozen=True)
class Line:
    """An open line; `running` where it leads to a sandbox."""

    title: str
    trial: Trial
    running: Running | None = None

    def change(self) -> bool:
        """Let the sandbox's world change in every way it knows; return whether there is one."""
        if self.running is None:
            return False
        self.running.admin.change(**dict.fromkeys(self.running.remote.changes(), 2))
        return True


@contextlib.contextmanager
def to_sandbox(connector: str, **world: Any) -> Iterator[Line]:
    """Start a connector's sandbox and open a line to it; `world` as in `include.sandbox.server.assemble`."""
    manifest = load_manifest(connector)
    with serve(connector, **{"size": SIZE, "orders": ORDERS, **world}) as running:
        trial = Trial(manifest, running.remote.coupling_settings, credentials_of(running, connector))
        with contextlib.closing(trial):
            yield Line(f"{manifest.title} sandbox", trial, running)


def coupling_of(coupling: str, connector: str) -> CouplingConfig:
    """Return a coupling of this connector. Raises Misconfigured where there is none."""
    found = next((config for config in load_all()[0] if config.name == coupling), None)
    if found is None or found.connector != connector:
        message = f"there is no readable coupling '{coupling}' of {connector}"
        raise Misconfigured(message, next_step="./run cli coupling check says which there are.")
    return found


@contextlib.contextmanager
def to_coupling(config: CouplingConfig, credentials: Credentials) -> Iterator[Line]:
    """Open a line with a coupling's settings."""
    with contextlib.closing(Trial(config.manifest, config.settings, credentials)) as trial:
        yield Line(config.title, trial)


def credentials_of(running: Running, name: str) -> Credentials:
    """Return the credentials that open a sandbox, as the hook of Airflow hands them over."""
    held = running.admin.credentials()
    extra = {key: str(value) for key, value in (held.get("extra") or {}).items()}
    return Credentials(name, held.get("host", ""), held.get("login", ""), held.get("password", ""), extra)
