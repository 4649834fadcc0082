"""The API under /v1: Optiply places, changes and cancels buy orders, sees how far they are, and asks for pulls."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pydantic
from fastapi import APIRouter, Path, Security
from fastapi.security import HTTPBearer
from pydantic import Field
from starlette.requests import Request

from include.receiver.described import EVERY, TEXT, UNKNOWN, WITH_BODY, Coupling
from include.receiver.tokens import Denied, GuardedRoute, allow, connect_of
from include.sync import ask_pull, place
from include.sync.place import OrderState, Step

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=TEXT)]
# The database takes numbers below 10^15.
Number = Annotated[int, Field(strict=True, ge=1, lt=10**15)]
Money = Annotated[Decimal, Field(ge=0, max_digits=17, decimal_places=2)]
Optiply = Annotated[int, Path(ge=1, le=2**63 - 1, description="Optiply's own number of the order", examples=[551122])]


_ORDER: dict[str, Any] = {
    "webshop": "bralex",
    "optiply_id": 551122,
    "supplier_id": 1,
    "total_value": "31.50",
    "lines": [{"optiply_id": 901, "product_id": 1, "quantity": 3, "subtotal_value": "31.50"}],
}


class Given(pydantic.BaseModel):
    """A body: what it does not know it refuses."""

    model_config = pydantic.ConfigDict(extra="forbid")


class Line(Given):
    """A line of the order."""

    optiply_id: Number = Field(description="Optiply's own number of the line")
    product_id: Number = Field(description="id in optiply.products")
    quantity: Annotated[int, Field(strict=True, ge=1, le=9_999_999)] = Field(description="pieces, not lots")
    subtotal_value: Money = Field(description="value of the whole line, without VAT")
    expected_delivery_date: pydantic.AwareDatetime | None = None


class Order(Given):
    """The whole order: a line that is left out is taken off it."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [_ORDER]})
    webshop: Name = Field(description="name of the webshop's folder")
    optiply_id: Number = Field(description="Optiply's own number of the order")
    supplier_id: Number = Field(description="id in optiply.suppliers")
    placed: pydantic.AwareDatetime | None = Field(None, description="left out = now")
    expected_delivery_date: pydantic.AwareDatetime | None = None
    total_value: Money | None = Field(None, description="checked against the lines where it is given")
    lines: Annotated[list[Line], Field(min_length=1, max_length=2000)]


class Ask(Given):
    """Which record to pull: by its id in the remote system, or a buy order by Optiply's number."""

    model_config = pydantic.ConfigDict(json_schema_extra={"examples": [{"object": "products", "remote_id": "4711"}]})
    object: Literal[
        "products",
        "suppliers",
        "supplier_products",
        "product_compositions",
        "sell_orders",
        "buy_orders",
        "receipt_lines",
    ]
    remote_id: Annotated[str, Field(min_length=1, max_length=255, pattern=TEXT)] | None = None
    optiply_id: Number | None = Field(None, description="instead of remote_id, for buy_orders")


class Asked(pydantic.BaseModel):
    """The pull waits in the inbox and is done within seconds."""

    coupling: str
    object: str
    remote_id: str
    asked_at: datetime


class Status(pydantic.BaseModel):
    """How far an order is with the remote, and each call that was made for it."""

    order: OrderState
    steps: list[Step]


def router() -> APIRouter:
    """Return the routes; they find the warehouse in `request.app.state.platform`."""
    api = APIRouter(
        prefix="/v1",
        route_class=GuardedRoute,
        responses=EVERY,
        # For the description; the check itself is the route's.
        dependencies=[Security(HTTPBearer(auto_error=False))],
    )
    post: dict[str, Any] = {"methods": ["POST"], "status_code": 202}
    about = WITH_BODY | UNKNOWN
    api.add_api_route("/buy-orders", _place, **post, responses=WITH_BODY, summary="Place or change an order")
    path = "/buy-orders/{optiply_id}"
    api.add_api_route(path, _status, methods=["GET"], responses=UNKNOWN, summary="How far an order is")
    cancel = f"{path}/cancel"
    api.add_api_route(cancel, _cancel, **post, responses=about, summary="Cancel an order")
    pull = "/couplings/{coupling}/pull"
    api.add_api_route(pull, _pull, **post, responses=about, summary="Pull one record")
    return api


def _place(request: Request, order: Order) -> OrderState:
    """Place an order, or change the one with this number; the same again changes nothing. It is sent within minutes."""
    allow(request, "orders:write", order.webshop)
    document = order.model_dump(mode="json", exclude={"webshop"}, exclude_none=True)
    place.place(connect_of(request), order.webshop, document)
    return _known(request, order.optiply_id)


def _cancel(request: Request, optiply_id: Optiply) -> OrderState:
    """Cancel an order; one that was sent is cancelled on the remote too."""
    allow(request, "orders:write")
    webshop = _known(request, optiply_id).webshop
    place.cancel(connect_of(request), webshop, optiply_id)
    return _known(request, optiply_id)


def _status(request: Request, optiply_id: Optiply) -> Status:
    """State in the ledger, the remote's number, its words and the next step, and the calls that were made."""
    allow(request, "orders:read")
    return Status(order=_known(request, optiply_id), steps=place.steps_of(connect_of(request), optiply_id))


def _pull(request: Request, coupling: Coupling, ask: Ask) -> Asked:
    """Pull one record now; with a buy order also what changed of its receipts."""
    allow(request, "pull")
    connect = connect_of(request)
    found = ask_pull.known(connect, coupling)
    if found is None or not request.state.grant.covers(found.webshop):
        raise Denied(404, f"there is no coupling {coupling}", "Name one by its id, e.g. bralex__exact_online.")
    remote_id = ask.remote_id
    if ask.optiply_id is not None and ask.object == "buy_orders" and remote_id is None:
        remote_id = ask_pull.remote_id_of(connect, found, ask.optiply_id)
        if remote_id is None:
            raise Denied(404, "the remote has not confirmed this order", "Look at its state.", "optiply_id")
    elif remote_id is None or ask.optiply_id is not None:
        raise Denied(422, "give remote_id, or for buy_orders optiply_id", None, "remote_id")
    ask_pull.ask(connect, found, ask.object, remote_id)
    return Asked(coupling=coupling, object=ask.object, remote_id=remote_id, asked_at=datetime.now().astimezone())


def _known(request: Request, optiply_id: int) -> OrderState:
    found = place.state_of(connect_of(request), optiply_id)
    if found is None or not request.state.grant.covers(found.webshop):
        raise Denied(404, f"Optiply placed no order {optiply_id}", "Place it first.", "optiply_id")
    return found
