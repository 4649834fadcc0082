"""The application below `/desk`: every route asks who is there; faults become a page or JSON with the next step."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from include.contract.errors import Misconfigured, SyncError, Wait, WarehouseDown
from include.desk import actions, assets, data, decisions, pages, security, show
from include.desk.described import ANSWERS, DEEDS, Fault


def build() -> FastAPI:
    """Return the application. It has no documentation pages of its own: those could not be guarded."""
    app = FastAPI(
        title="Support desk",
        dependencies=[Depends(security.login)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers={
            HTTPException: _refused,
            RequestValidationError: _not_understood,
            SyncError: _failed,
        },
    )
    for room in (assets, pages):
        app.include_router(room.router, include_in_schema=False)
    app.include_router(data.router, responses=ANSWERS)
    for deeds in (actions, decisions):
        app.include_router(deeds.router, responses=ANSWERS | DEEDS)
    return app


def _told(request: Request, status: int, what: str, next_step: str) -> Response:
    if "text/html" in request.headers.get("accept", "") and "/api/" not in request.url.path:
        return show.page(request, "error.html", status, tab="", what=what, next_step=next_step)
    return JSONResponse(Fault(message=what, next_step=next_step).model_dump(), status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    steps = {400: "Send a JSON object.", 401: "Log in to Airflow, then open this page again."}
    answer = _told(request, error.status_code, str(error.detail), steps.get(error.status_code, ""))
    answer.headers.update(error.headers or {})
    return answer


async def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return _told(request, 422, f"{where}: {first['msg']}", "Correct the input.")


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, SyncError)
    status = 503 if isinstance(error, WarehouseDown) else 409 if isinstance(error, Wait) else 500
    return _told(request, 422 if isinstance(error, Misconfigured) else status, error.what, error.next_step)
