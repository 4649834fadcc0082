"""Who may see and who may act: the only place that knows how Airflow tells people apart and what they may do."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, Header, HTTPException
from starlette.requests import Request

HEADER = "X-Desk"
_FORBIDDEN = "Your role may not do this. Ask whoever manages Airflow's users for the role 'user' or more."


_Desk = Header(alias=HEADER, description="1; no page of another server can send it", examples=["1"])


def login(_user: GetUserDep) -> None:
    """Let in who is logged in, by Airflow's cookie or a bearer token."""


def dag_of(coupling: str) -> str:
    """Return the DAG whose rights count for a coupling: who may trigger it may act on the coupling."""
    return f"{coupling}__extract"


def may_act(user: BaseUser, coupling: str) -> bool:
    """Tell whether a person may trigger and change this coupling."""
    manager, details = get_auth_manager(), DagDetails(id=dag_of(coupling))
    return bool(
        manager.is_authorized_dag(method="POST", access_entity=DagAccessEntity.RUN, details=details, user=user)
        and manager.is_authorized_dag(method="PUT", details=details, user=user)
    )


def _reader(request: Request, user: GetUserDep) -> BaseUser:
    """Let in who may see DAGs: all of them, or the one of the coupling in the address. 401 without a login."""
    coupling = request.path_params.get("coupling")
    details = DagDetails(id=dag_of(coupling)) if coupling else None
    if not get_auth_manager().is_authorized_dag(method="GET", details=details, user=user):
        raise HTTPException(403, _FORBIDDEN)
    return user


Reader = Annotated[BaseUser, Depends(_reader)]


def _actor(request: Request, user: Reader, desk: Annotated[str | None, _Desk] = None) -> BaseUser:
    """Let in who may act on the coupling in the address, from a page of this very server."""
    if desk != "1" or not _is_own(request):
        raise HTTPException(403, f"Only pages of this server may do this (header {HEADER}: 1).")
    coupling = request.path_params.get("coupling")
    if coupling is None or not may_act(user, coupling):
        raise HTTPException(403, _FORBIDDEN)
    return user


Actor = Annotated[BaseUser, Depends(_actor)]


def _is_own(request: Request) -> bool:
    """Tell whether a browser sent it from a page of ours; a program that is no browser says nothing of where it is."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
