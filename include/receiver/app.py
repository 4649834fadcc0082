"""The receiver's application: webhooks, health, metrics, and the routers of further interfaces."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence

import psycopg
from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from include.contract.errors import SyncError
from include.receiver.described import Described
from include.receiver.intake import Endpoints, Intake
from include.receiver.limits import Limits
from include.receiver.metrics import Metrics
from include.receiver.store import Store
from include.receiver.tokens import no_route
from include.sync.pull import Platform
from include.warehouse import inbox
from include.warehouse.inbox import Backlog

_BACKLOG_SECONDS = 2.0


def build(
    dsn: str, platform: Platform, endpoints: Endpoints, limits: Limits, routers: Sequence[APIRouter] = ()
) -> FastAPI:
    """Return the application on the warehouse at `dsn`.

    Routers find `platform` (connections and vault), `store` (puts events into the inbox) and `closing` (what has to be
    done at the end) in `request.app.state`.
    """
    store, metrics = Store(dsn), Metrics()

    @contextlib.asynccontextmanager
    async def running(served: FastAPI) -> AsyncIterator[None]:
        async with store.running():
            with contextlib.ExitStack() as served.state.closing:
                yield

    app = Described(
        title="Optiply platform", docs_url=None, redoc_url=None, lifespan=running, redirect_slashes=False,
        exception_handlers={HTTPException: no_route},
    )  # fmt: skip
    app.state.platform, app.state.store, app.state.metrics = platform, store, metrics
    app.add_route("/webhooks/{token}", Intake(endpoints, store, limits, metrics).answer, methods=["POST"])
    watch = Watch(platform, metrics)
    app.add_route("/health", watch.health, methods=["GET"])
    app.add_route("/metrics", watch.metrics, methods=["GET"])
    for router in routers:
        app.include_router(router)
    return app


class Watch:
    """What others look at: whether events can be stored, and how many wait."""

    def __init__(self, platform: Platform, metrics: Metrics) -> None:
        self._platform, self._metrics = platform, metrics
        self._found: list[Backlog] = []
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def health(self, _request: Request) -> Response:
        """200 with the backlog while PostgreSQL answers, else 503."""
        try:
            found = await self._backlog()
        except (psycopg.Error, SyncError, TimeoutError):
            return JSONResponse({"status": "PostgreSQL does not answer"}, 503)
        oldest = max((coupling.oldest_seconds for coupling in found), default=0.0)
        waiting, poison = sum(c.waiting for c in found), sum(c.poison for c in found)
        return JSONResponse({"status": "healthy", "waiting": waiting, "oldest_seconds": oldest, "poison": poison})

    async def metrics(self, _request: Request) -> Response:
        """The metrics; without PostgreSQL those of this process alone."""
        try:
            found = await self._backlog()
        except (psycopg.Error, SyncError, TimeoutError):
            found = []
        return PlainTextResponse(self._metrics.text(found), media_type="text/plain; version=0.0.4")

    async def _backlog(self) -> list[Backlog]:
        """Ask PostgreSQL at most each two seconds, however many look."""
        async with self._looking:
            if time.monotonic() - self._looked_at > _BACKLOG_SECONDS:
                async with asyncio.timeout(5):
                    self._found = await asyncio.to_thread(self._ask)
                self._looked_at = time.monotonic()
            return self._found

    def _ask(self) -> list[Backlog]:
        with self._platform.connect() as connection:
            return inbox.backlog(connection)
