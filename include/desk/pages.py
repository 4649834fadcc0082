"""The pages: they only read. Each has a part that the page's script fetches anew while somebody looks at it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import pydantic
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from include.desk import airflow, show, warehouse
from include.desk.security import Reader, may_act
from include.spec.effective import effective
from include.spec.load import CouplingConfig, coupling_files, load_coupling
from include.spec.problems import ConfigError
from include.spec.tables import TABLES
from include.sync.approvals import Decided
from include.warehouse import approvals, status, status_detail, status_problems
from include.warehouse.explain import Explanation, explain
from include.warehouse.status import Filter

router = APIRouter()
# PostgreSQL knows no text with a NUL in it.
_TEXT = r"^[^\x00]*$"
Text = Annotated[str, pydantic.StringConstraints(max_length=100, strip_whitespace=True, pattern=_TEXT)]


_TABLES = [table for tables in TABLES.values() for table in tables]
# Outcomes of every kind of operation, with their colour.
OUTCOMES = {
    "succeeded": "good", "done": "good", "right": "good", "accepted": "good", "found": "good", "changed": "busy",
    "running": "busy", "waiting": "wait", "failed": "bad", "refused": "bad", "unknown": "warn", "absent": "warn",
    "abandoned": "off", "nothing to do": "off", "dropped": "off",
}  # fmt: skip


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

    def filter(self) -> Filter:
        """Return it as the warehouse takes it."""
        return Filter(
            webshop=self.webshop or None,
            connector=self.connector or None,
            object=self.object or None,
            text=self.text or None,
            states=self.state or None,
        )


class Shown(Wanted):
    """What of the couplings the page shows, and whether only its part that changes is wanted."""

    part: bool = False

    def query(self, **changed: Any) -> str:
        """Return the address's query with something else in it; what is empty is left out."""
        values = self.model_dump(exclude={"limit", "part"}) | changed
        return urlencode({name: value for name, value in values.items() if value not in ("", [], 1)}, doseq=True)


@router.get("/")
def front(request: Request) -> Response:
    """Send to the first page."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/couplings")


@router.get("/couplings")
def couplings(request: Request, _user: Reader, wanted: Annotated[Shown, Query()]) -> Response:
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


@router.get("/coupling/{coupling}")
def coupling(request: Request, user: Reader, coupling: str, part: Literal["live", "more"] | None = None) -> Response:
    """Show all about one coupling; its parts are what changes while somebody looks."""
    with warehouse.opened() as connection:
        found = status.coupling(connection, coupling)
        detail = status_detail.detail(connection, coupling)
        asked = [one for one in approvals.latest(connection, coupling=coupling) if one.state == "waiting"]
    config, problem = (None, None) if part else _config(coupling)
    return show.page(
        request, f"coupling_{part}.html" if part else "coupling.html", tab="couplings", it=found, detail=detail,
        asked=asked, config=config, problem=problem, values=effective(config) if config else [],
        may=may_act(user, coupling), run_path=airflow.run_path, labels=OUTCOMES,
    )  # fmt: skip


def _config(coupling: str) -> tuple[CouplingConfig | None, str | None]:
    """Return a coupling's file as it is read, or what is wrong with it: its page is shown all the same."""
    webshop, _, leaf = coupling.partition("__")
    file = next((file for file in coupling_files() if file.rpartition(".")[0] == f"{webshop}/{leaf}"), None)
    if file is None:
        return None, f"There is no file of {coupling} in dag_configs any more."
    try:
        return load_coupling(file), None
    except ConfigError as error:
        return None, "; ".join(str(problem) for problem in error.problems)


@router.get("/approvals")
def deletions(request: Request, user: Reader, part: bool = False) -> Response:
    """Show the questions to a person, those that wait first, with the records that would go."""
    with warehouse.opened() as connection:
        found = approvals.latest(connection, 60)
        listed = {one.id: approvals.records(connection, one.id, 50) for one in found if one.state == "waiting"}
    return show.page(
        request, "approvals_list.html" if part else "approvals.html", tab="approvals", found=found, listed=listed,
        may={one.coupling: may_act(user, one.coupling) for one in found}, decided=lambda one: Decided(one, now=True),
    )  # fmt: skip


@router.get("/problems")
def problems(request: Request, _user: Reader, part: bool = False) -> Response:
    """Show what needs somebody, of all couplings."""
    with warehouse.opened() as connection:
        needy = status.couplings(connection, Filter(states=["needs_auth", "failing", "late"]), 100)
        found = status_problems.problems(connection)
    return show.page(
        request, "problems_list.html" if part else "problems.html", tab="problems", needy=needy, found=found,
        files=airflow.import_errors(),
    )  # fmt: skip


class Sought(pydantic.BaseModel):
    """Which record to explain; without a table, the first one in which the key is found."""

    model_config = pydantic.ConfigDict(extra="forbid")
    webshop: Text = ""
    table: Text = ""
    key: Annotated[str, pydantic.StringConstraints(max_length=255, strip_whitespace=True, pattern=_TEXT)] = ""
    coupling: Text = ""


@router.get("/record")
def record(request: Request, _user: Reader, sought: Annotated[Sought, Query()]) -> Response:
    """Explain the row that a SKU, an EAN, an order's number or a remote id means."""
    found: list[Explanation] = []
    with warehouse.opened() as connection:
        choices = status.choices(connection)
        if sought.webshop and sought.key:
            tables = [sought.table] if sought.table else _TABLES
            only = sought.coupling or None
            every = (explain(connection, sought.webshop, table, sought.key, coupling=only) for table in tables)
            found = [one for one in every if one.hits or sought.table]
    return show.page(request, "record.html", tab="record", sought=sought, found=found, choices=choices, tables=_TABLES)
