"""The pages: they only read. Each has a part that the page's script fetches anew while somebody looks at it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

import pydantic
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from include.desk import show, warehouse
from include.desk.security import Reader
from include.warehouse import status
from include.warehouse.status import Filter

router = APIRouter()
Text = Annotated[str, pydantic.StringConstraints(max_length=100, strip_whitespace=True)]


class Wanted(pydantic.BaseModel):
    """What of the couplings to show; empty = any."""

    model_config = pydantic.ConfigDict(extra="forbid")
    webshop: Text = ""
    connector: Text = ""
    object: Text = ""
    text: Text = ""
    state: Annotated[list[Text], pydantic.Field(max_length=20)] = []
    page: Annotated[int, pydantic.Field(ge=1, le=10_000)] = 1
    limit: Annotated[int, pydantic.Field(ge=1, le=200)] = 50
    part: bool = False

    def filter(self) -> Filter:
        """Return it as the warehouse takes it."""
        return Filter(
            webshop=self.webshop or None,
            connector=self.connector or None,
            object=self.object or None,
            text=self.text or None,
            states=self.state or None,
        )

    def query(self, **changed: Any) -> str:
        """Return the address's query with something else in it; what is empty is left out."""
        values = self.model_dump(exclude={"limit", "part"}) | changed
        return urlencode({name: value for name, value in values.items() if value not in ("", [], 1)}, doseq=True)


@router.get("/")
def front(request: Request) -> Response:
    """Send to the first page."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/couplings")


@router.get("/couplings")
def couplings(request: Request, _user: Reader, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show the couplings that pass the filter, those first that need somebody."""
    with warehouse.opened() as connection:
        found = status.couplings(connection, wanted.filter(), wanted.limit, (wanted.page - 1) * wanted.limit)
        choices = None if wanted.part else status.choices(connection)
    return show.page(
        request, "couplings_table.html" if wanted.part else "couplings.html",
        tab="couplings", found=found, wanted=wanted, choices=choices, pages=max(1, -(-found.total // wanted.limit)),
        every=sum(found.numbers.values()),
    )  # fmt: skip


@router.get("/dag/{dag_id}")
def of_dag(request: Request, dag_id: str) -> Response:
    """Send from a DAG's page to the coupling that it belongs to."""
    coupling, _, what = dag_id.rpartition("__")
    if what not in ("extract", "push") or "__" not in coupling:
        text = f"The DAG {dag_id} belongs to no coupling."
        return show.page(request, "error.html", 200, tab="", what=text, next_step="See the couplings for an overview.")
    return RedirectResponse(f"{request.scope.get('root_path', '')}/coupling/{quote(coupling, safe='')}")
