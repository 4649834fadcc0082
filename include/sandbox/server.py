"""Put a sandbox together and run it on 127.0.0.1."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import Response

from include.sandbox.admin import admin_router
from include.sandbox.answers import RefusedError
from include.sandbox.catalogue import Catalogue
from include.sandbox.clock import Clock
from include.sandbox.faults import Fault
from include.sandbox.gate import Gate
from include.sandbox.journal import Journal
from include.sandbox.remote import Remote, load_remote
from include.sandbox.store import Store
from include.sandbox.world import World

HOST = "127.0.0.1"


class Admin:
    """The admin API of one running sandbox as Python calls; each returns the decoded answer."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(base_url=f"{base_url}/__sandbox/", timeout=60, trust_env=False)

    def state(self) -> dict[str, Any]:
        """Every record, by collection."""
        return dict(self._call("GET", "state"))

    def credentials(self) -> dict[str, Any]:
        """What an Airflow connection holds."""
        return dict(self._call("GET", "credentials"))

    def change(self, **counts: int) -> dict[str, list[str]]:
        """Let the world change and return the ids by name of change."""
        changed: dict[str, list[str]] = self._call("POST", "change", counts)["changed"]
        return changed

    def kinds(self) -> list[str]:
        """Return what can change in this world."""
        return [str(kind) for kind in self._call("GET", "change")]

    def fault(self, kind: str, match: str = "", **rest: Any) -> None:
        """Add a fault."""
        self._call("POST", "faults", {"kind": kind, "match": match, **rest})

    def clear_faults(self) -> None:
        """Take all faults away."""
        self._call("DELETE", "faults")

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        self._call("POST", "clock", {"advance_seconds": seconds})

    def requests(self) -> list[dict[str, Any]]:
        """Return the journal, oldest first."""
        entries: list[dict[str, Any]] = self._call("GET", "requests")
        return entries

    def writes(self, match: str = "") -> list[dict[str, Any]]:
        """Return the writes in the journal whose path holds `match`, also those that a fault kept from the API."""
        return [entry for entry in self.requests() if entry["write"] and match in entry["path"]]

    def accepted(self, match: str = "") -> list[dict[str, Any]]:
        """Return the writes that the API carried out, whatever the client was told."""
        return [entry for entry in self.writes(match) if 200 <= (entry["answered"] or 0) < 300]

    def set(self, **settings: int | str) -> None:
        """Change settings of the system."""
        self._call("POST", "settings", settings)

    def receive(self, order: str, **what: Any) -> list[str]:
        """Let goods of an order come in: `share`, or `line` with `quantity`; all without. Return the lines' ids."""
        return [str(line) for line in self._call("POST", "receive", {"order": order, **what})]

    def cancel_order(self, order: str) -> None:
        """Cancel an order as a user of the system does."""
        self._call("POST", "cancel", {"order": order})

    def amend_order(self, order: str, **what: Any) -> str | None:
        """Give `line` another `quantity` (0 removes it), or add `product`; return the id of an added line."""
        added: str | None = self._call("POST", "amend", {"order": order, **what})
        return added

    def webhooks(self) -> dict[str, Any]:
        """Return what is registered, what was sent and what was answered, and how many letters wait."""
        return dict(self._call("GET", "webhooks"))

    def webhook_fault(self, kind: str, match: str = "", **rest: Any) -> None:
        """Let something go wrong with letters to come."""
        self._call("POST", "webhooks/faults", {"kind": kind, "match": match, **rest})

    def switch_off_webhook(self, hook: str) -> None:
        """Switch a registration off, as the system does after failures."""
        self._call("POST", "webhooks/off", {"hook": hook})

    def lose_webhook(self, hook: str) -> None:
        """Let a registration get lost."""
        self._call("POST", "webhooks/lose", {"hook": hook})

    def forget_requests(self) -> None:
        """Empty the journal."""
        self._call("DELETE", "requests")

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _call(self, method: str, path: str, body: object = None) -> Any:
        answer = self._http.request(method, path, json=body)
        if answer.is_error:
            raise ValueError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


@dataclasses.dataclass(frozen=True)
class Running:
    """A sandbox at `url`. `world` and `remote` live in another thread: change them between requests only."""

    url: str
    world: World
    remote: Remote
    admin: Admin


def assemble(
    connector: str,
    *,
    seed: int = 7,
    size: int = 200,
    orders: int = 300,
    state: Path | None = None,
    start: datetime | None = None,
    settings: Mapping[str, int | str] | None = None,
) -> tuple[Gate, Remote, Store]:
    """Build a sandbox from its state file, or from seed, sizes and the day on which it starts.

    `start` makes the clock stand still from that time on; without it the sandbox lives in real time.
    """
    clock, store = Clock(start), Store(state)
    world = World(clock, seed)
    restored = store.load(world)
    if restored:
        seed, size, orders = (world.facts["made_with"][key] for key in ("seed", "size", "orders"))
        world.seed, epoch = seed, datetime.fromisoformat(world.facts["made_with"]["epoch"])
    else:
        epoch = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    remote = load_remote(connector)(world, Catalogue(seed, size, orders, epoch), settings)
    if not restored:
        # The day before the oldest order's day is long past, so later row versions are also later times.
        world.facts["made_with"] = {"seed": seed, "size": size, "orders": orders, "epoch": epoch.isoformat()}
        remote.build()
        world.changed = world.session_changed = True
        store.save(world)
    return _application(remote, store), remote, store


def _application(remote: Remote, store: Store) -> Gate:
    journal, faults = Journal(), list[Fault]()
    app = FastAPI(title=f"Sandbox {type(remote).__name__}", redirect_slashes=False)
    app.include_router(admin_router(remote, journal, faults))
    app.include_router(remote.router())

    @app.exception_handler(RefusedError)
    async def refused(_request: Request, refusal: RefusedError) -> Response:
        return refusal.response

    return Gate(app, remote, store, journal, faults)


@contextlib.contextmanager
def serve(connector: str, *, port: int = 0, **world: Any) -> Iterator[Running]:
    """Run a sandbox in a thread, on a free port by default; `world` as in `assemble`."""
    app, remote, store = assemble(connector, **world)
    listener = socket.create_server((HOST, port))
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name=f"sandbox {connector}", daemon=True
    )
    thread.start()
    _wait_until(lambda: server.started, f"sandbox {connector} did not start")
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    admin = Admin(url)
    try:
        yield Running(url, remote.world, remote, admin)
    finally:
        admin.close()
        remote.post.close()
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        remote.world.session_changed = True
        store.save(remote.world)


def _wait_until(ready: Any, message: str, limit: timedelta = timedelta(seconds=20)) -> None:
    deadline = time.monotonic() + limit.total_seconds()
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(message)
        time.sleep(0.005)
