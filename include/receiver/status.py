"""The status API under /v1/status: how couplings are doing, for Optiply's front end (R14). Cheap enough to poll."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal, cast

import psycopg
import pydantic
from fastapi import APIRouter, Query, Security
from fastapi.security import HTTPBearer
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from include.contract.errors import Misconfigured
from include.receiver import described
from include.receiver.described import EVERY, TEXT, UNCHANGED, UNKNOWN
from include.receiver.progress import Streams
from include.receiver.tokens import Denied, GuardedRoute, allow, connect_of
from include.warehouse import status
from include.warehouse.connection import warehouse_faults
from include.warehouse.status import CouplingStatus, Filter, ObjectStatus

State = Literal[
    "needs_auth", "failing", "late", "approval", "quota", "activating", "paused", "new", "on_time", "inactive"
]
Part = Annotated[str | None, Query(max_length=100, pattern=TEXT)]


class Progress(pydantic.BaseModel):
    """A pull that runs now; percent is null where the remote does not say how much there is."""

    mode: str
    since: datetime
    records: int
    expected: int | None
    percent: int | None


class Object(pydantic.BaseModel):
    """An object of a coupling."""

    object: str
    state: Literal["failing", "late", "quota", "pulling", "on_time", "never", "unscheduled"]
    words: str = Field(description="the state as people read it")
    last_update_at: datetime | None = Field(description="when anything of it last came, webhooks included")
    last_success_at: datetime | None = Field(description="when a scheduled or triggered pull last went well")
    next_at: datetime | None
    set_aside: int = Field(description="records that could not be used")
    progress: Progress | None


class Activation(pydantic.BaseModel):
    """An activation that is not done yet."""

    step: str
    number: int
    steps: int
    percent: float
    seconds_left: int | None
    state: str = Field(description="of the step: waiting, running, failed or done")


class Reason(pydantic.BaseModel):
    """Why a coupling is not doing well."""

    error_class: str
    text: str
    acts: str = Field(description="who acts: customer, support, developer or nobody")
    next_step: str


class Coupling(pydantic.BaseModel):
    """How a coupling is doing."""

    coupling: str
    title: str
    webshop: str
    connector: str
    state: State
    words: str = Field(description="the state as people read it")
    since: datetime | None
    until: datetime | None = Field(description="when a quota starts anew that it waits for")
    auth: Literal["ok", "refused", "unknown"] = Field(description="unknown = it was never activated")
    activation: Activation | None
    reason: Reason | None
    approvals: int = Field(description="questions about deletions that wait for a person")
    set_aside: int = Field(description="records that could not be used")
    objects: list[Object]


class Couplings(pydantic.BaseModel):
    """A page of couplings, those first that need a person most."""

    couplings: list[Coupling]
    numbers: dict[str, int] = Field(description="how many pass the filter in each state")
    total: int


class Webshop(pydantic.BaseModel):
    """A webshop: its couplings, and when each object last changed through any of them."""

    webshop: str
    state: State = Field(description="of the coupling that needs a person most")
    words: str
    last_update_at: dict[str, datetime | None]
    couplings: list[Coupling]


def router() -> APIRouter:
    """Return the routes; they find the warehouse in `request.app.state.platform`."""
    api = APIRouter(
        prefix="/v1/status",
        route_class=GuardedRoute,
        responses=EVERY,
        # For the description; the check itself is the route's.
        dependencies=[Security(HTTPBearer(auto_error=False))],
    )
    get: dict[str, Any] = {"methods": ["GET"]}
    one = get | {"responses": UNCHANGED | UNKNOWN}
    api.add_api_route(
        "/couplings", _couplings, response_model=Couplings, summary="Couplings, a page of them", **get,
        responses=UNCHANGED,
    )  # fmt: skip
    api.add_api_route("/couplings/{coupling}", _coupling, response_model=Coupling, summary="One coupling", **one)
    api.add_api_route("/webshops/{webshop}", _webshop, response_model=Webshop, summary="One webshop", **one)
    api.add_api_route(
        "/couplings/{coupling}/events", _events, summary="One coupling, each time that it changes", **get,
        response_class=StreamingResponse, responses=UNKNOWN | {200: {"content": {"text/event-stream": {}}}},
    )  # fmt: skip
    return api


def _couplings(
    request: Request,
    webshop: Part = None,
    connector: Part = None,
    state: Annotated[list[State] | None, Query(max_length=10)] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Those of the token's webshop, where it is for one. Send If-None-Match with the last ETag to poll."""
    allow(request, "status:read", webshop)
    only = webshop or request.state.grant.webshop
    found = _page(request, Filter(webshop=only, connector=connector, states=state), limit, (page - 1) * limit)
    told = Couplings(couplings=[told_of(one) for one in found.couplings], numbers=found.numbers, total=found.total)
    return _answer(request, told)


def _coupling(request: Request, coupling: described.Coupling) -> Response:
    """State in words, activation, progress and last update per object, and what is wrong."""
    allow(request, "status:read")
    return _answer(request, told_of(_known(request, coupling)))


def _webshop(request: Request, webshop: described.Webshop) -> Response:
    """All couplings of a webshop at once."""
    allow(request, "status:read")
    found = _page(request, Filter(webshop=webshop), 200, 0).couplings if _covers(request, webshop) else []
    if not found:
        raise Denied(404, f"there is no webshop {webshop} with a coupling", "Name one by its folder in dag_configs.")
    updates: dict[str, datetime | None] = {}
    for one in (one for coupling in found for one in coupling.objects):
        known = [at for at in (updates.get(one.object), one.last_update_at) if at is not None]
        updates[one.object] = max(known, default=None)
    told = Webshop(
        webshop=webshop, state=cast(State, found[0].state), words=found[0].words, last_update_at=updates,
        couplings=[told_of(one) for one in found],
    )  # fmt: skip
    return _answer(request, told)


async def _events(request: Request, coupling: described.Coupling) -> Response:
    """An event `status` at once and at each change holds what the coupling's own address answers; 15 minutes long."""
    allow(request, "status:read")
    streams = _streams(request)
    try:
        first = await streams.look(coupling)
    except Misconfigured:
        raise _unknown(coupling) from None
    if not _covers(request, Coupling.model_validate_json(first).webshop):
        raise _unknown(coupling)
    if not streams.take_place():
        raise Denied(503, "too many follow already", "Poll instead.")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(streams.follow(coupling), media_type="text/event-stream", headers=headers)


def _streams(request: Request) -> Streams:
    """Return the application's followers."""
    held = request.app.state
    if not hasattr(held, "status_streams"):
        held.status_streams = Streams(connect_of(request), _told)
        held.closing.callback(held.status_streams.close)
    found: Streams = held.status_streams
    return found


def _told(connection: psycopg.Connection, coupling: str) -> str:
    return told_of(status.coupling(connection, coupling)).model_dump_json()


def told_of(found: CouplingStatus) -> Coupling:
    """Return what the front end may know of a coupling."""
    auth = "refused" if found.state == "needs_auth" else "unknown" if found.state == "new" else "ok"
    plain = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    return Coupling.model_validate(
        {name: value for name, value in plain.items() if name in Coupling.model_fields}
        | {
            "auth": auth,
            "set_aside": found.quarantined,
            "objects": [_object(one) for one in found.objects],
            "activation": dataclasses.asdict(found.activation) if found.activation else None,
            "reason": dataclasses.asdict(found.reason) if found.reason else None,
        }
    )


def _object(found: ObjectStatus) -> dict[str, Any]:
    progress = dataclasses.asdict(found.running) if found.running else None
    plain = {name: getattr(found, name, None) for name in Object.model_fields}
    return plain | {"set_aside": found.quarantined, "progress": progress}


def _page(request: Request, wanted: Filter, limit: int, offset: int) -> status.Page:
    with warehouse_faults("looking for couplings"), connect_of(request)() as connection:
        return status.couplings(connection, wanted, limit, offset)


def _known(request: Request, coupling: str) -> CouplingStatus:
    found = _page(request, Filter(coupling=coupling), 1, 0).couplings
    if not found or not _covers(request, found[0].webshop):
        raise _unknown(coupling)
    return found[0]


def _covers(request: Request, webshop: str) -> bool:
    return bool(request.state.grant.covers(webshop))


def _unknown(coupling: str) -> Denied:
    return Denied(404, f"there is no coupling {coupling}", "Name one by its id, e.g. bralex__exact_online.")


def _answer(request: Request, told: pydantic.BaseModel) -> Response:
    body = told.model_dump_json().encode()
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:24]}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
