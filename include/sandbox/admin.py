"""The admin API under /__sandbox/: the independent truth for tests, and the levers of the demo."""

from __future__ import annotations

import random
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from include.sandbox.answers import json_answer
from include.sandbox.faults import Fault
from include.sandbox.journal import Journal
from include.sandbox.post_admin import post_router
from include.sandbox.purchases import purchases_router
from include.sandbox.remote import Remote


class Advance(BaseModel):
    """How far the clock moves on."""

    model_config = ConfigDict(extra="forbid")
    advance_seconds: float


def admin_router(remote: Remote, journal: Journal, faults: list[Fault]) -> APIRouter:
    """Return the admin routes over this sandbox's parts."""
    router = APIRouter(prefix="/__sandbox", tags=["sandbox"])
    router.include_router(purchases_router(remote.purchases))
    router.include_router(_journal_router(journal))
    router.include_router(post_router(remote.post))

    @router.get("/state")
    async def state() -> Response:
        """Every record as the API would serve it, by collection; deleted ones apart."""
        return json_answer(_state(remote))

    @router.get("/credentials")
    async def credentials(request: Request) -> Response:
        """What an Airflow connection to this sandbox has to hold."""
        return json_answer(remote.credentials(str(request.base_url).rstrip("/")))

    @router.get("/change")
    async def kinds() -> Response:
        """What can change in this world."""
        return json_answer(list(remote.changes()))

    @router.post("/change")
    async def change(request: Request) -> Response:
        """Let the world change by counts and answer what changed, by id."""
        return json_answer(apply_change(remote, await request.json()))

    @router.post("/settings")
    async def settings(request: Request) -> Response:
        """Change settings of this system while it runs; answer all of them."""
        return json_answer(_set(remote, await request.json()))

    @router.post("/faults")
    async def add_fault(fault: Fault) -> Response:
        faults.append(fault)
        return json_answer({"faults": len(faults)})

    @router.delete("/faults")
    async def clear_faults() -> Response:
        faults.clear()
        return json_answer({"faults": 0})

    @router.post("/clock")
    async def clock(by: Advance) -> Response:
        remote.world.session_changed = True
        return json_answer({"now": remote.world.clock.advance(by.advance_seconds).isoformat()})

    return router


def _journal_router(journal: Journal) -> APIRouter:
    router = APIRouter()

    @router.get("/requests")
    async def requests() -> Response:
        return json_answer(list(journal.entries))

    @router.delete("/requests")
    async def forget_requests() -> Response:
        journal.entries.clear()
        return json_answer([])

    return router


def apply_change(remote: Remote, body: Any) -> dict[str, Any]:
    """Carry out `{"seed": 1, "prices": 5, …}` and return `{"now", "changed": {name: [ids]}}`.

    An unknown name is refused with 422 and the names that this system has.
    """
    table = remote.changes()
    counts = dict(body)
    chance = random.Random(f"change:{counts.pop('seed', remote.world.version)}")
    unknown = sorted(set(counts) - set(table))
    if unknown:
        raise HTTPException(422, f"unknown changes {unknown}; there are {sorted(table)}")
    bad = sorted(name for name, count in counts.items() if type(count) is not int or count < 0)
    if bad:
        raise HTTPException(422, f"counts must be whole numbers from 0: {bad}")
    # The table's order holds, not the body's: a shipment cannot come before the order that is made in the same call.
    changed = {name: table[name](chance, counts[name]) for name in table if counts.get(name)}
    return {"now": remote.world.clock.now().isoformat(), "changed": changed}


def _set(remote: Remote, body: Any) -> dict[str, Any]:
    unknown = sorted(set(body) - set(remote.settings))
    if unknown:
        raise HTTPException(422, f"unknown settings {unknown}; there are {sorted(remote.settings)}")
    remote.set.update(body)
    return remote.set


def _state(remote: Remote) -> dict[str, Any]:
    collections = remote.world.collections
    return {
        "now": remote.world.clock.now().isoformat(),
        "collections": {name: [row.data for row in collection] for name, collection in collections.items()},
        "deleted": {name: [row.data for row in collection.gone.values()] for name, collection in collections.items()},
    }
