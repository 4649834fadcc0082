"""What the pages show, as JSON for people's own programs; Airflow's login opens it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query
from starlette.requests import Request

from include.desk import warehouse
from include.desk.described import Coupling
from include.desk.pages import Wanted
from include.desk.security import Reader
from include.warehouse import status
from include.warehouse.status import CouplingStatus, Page

router = APIRouter(prefix="/api/v1")


@router.get("/openapi.json", include_in_schema=False)
def described(request: Request, _user: Reader) -> dict[str, Any]:
    """Return the description of all of this; the framework's own address of it would be open to anybody."""
    app: FastAPI = request.app
    return app.openapi() | {"servers": [{"url": request.scope.get("root_path", "")}]}


@router.get("/couplings")
def couplings(_user: Reader, wanted: Annotated[Wanted, Query()]) -> Page:
    """Return a page of couplings, those first that need somebody, and how many there are in each state."""
    with warehouse.opened() as connection:
        return status.couplings(connection, wanted.filter(), wanted.limit, (wanted.page - 1) * wanted.limit)


@router.get("/couplings/{coupling}")
def coupling(_user: Reader, coupling: Coupling) -> CouplingStatus:
    """Return how one coupling is doing."""
    with warehouse.opened() as connection:
        return status.coupling(connection, coupling)
