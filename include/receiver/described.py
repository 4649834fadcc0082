"""What the description at /openapi.json says of answers, with their headers; tests hold every answer against it."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic
from fastapi import FastAPI, Path

TEXT = r"^[^\x00]*$"
"""PostgreSQL knows no text with a NUL in it."""
Coupling = Annotated[str, Path(min_length=1, max_length=100, pattern=TEXT, examples=["bralex__exact_online"])]
Webshop = Annotated[str, Path(min_length=1, max_length=100, pattern=TEXT, examples=["bralex"])]
Answers = dict[int | str, dict[str, Any]]


class Fault(pydantic.BaseModel):
    """What is wrong, in the field that it is about; `next_step` says what to do."""

    field: str | None = None
    message: str
    next_step: str | None = None


class Faults(pydantic.BaseModel):
    """The body of every answer that is no success."""

    errors: list[Fault]


def _header(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": schema}


def _faults(description: str, **headers: dict[str, Any]) -> dict[str, Any]:
    return {"model": Faults, "description": description} | ({"headers": headers} if headers else {})


_SECONDS = _header("Seconds to wait before the request is sent again", type="string", pattern="^[0-9]+$")
_BEARER = _header("How to log in", type="string", const="Bearer")
ETAG = {"ETag": _header("Send it back as If-None-Match to poll", type="string", pattern='^"[0-9a-f]+"$')}

EVERY: Answers = {
    401: _faults("No token, or one that is not valid", **{"WWW-Authenticate": _BEARER}),
    403: _faults("The token does not allow it"),
    413: _faults("The body is too large"),
    422: _faults("Something in the request is wrong: each error names its field"),
    503: _faults("The database does not answer, or too many follow already", **{"Retry-After": _SECONDS}),
}
"""Of every route under /v1."""
WITH_BODY: Answers = {411: _faults("The length of the body is not said")}
UNKNOWN: Answers = {404: _faults("There is no such thing")}
UNCHANGED: Answers = {200: {"headers": ETAG}, 304: {"description": "Nothing changed since that ETag", "headers": ETAG}}

_WAIT = {"headers": {"Retry-After": _SECONDS}}
_WEBHOOK = {
    "summary": "An event of a coupling's remote system",
    "description": "The address is the coupling's own; body, signature and answer are as its system has them.",
    "parameters": [{"name": "token", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}],
    "requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    "responses": {
        "2XX": {"description": "The event is committed, was there already, or is one that nobody asked for"},
        "400": {"description": "The body was cut off"},
        "401": {"description": "The signature is wrong"},
        "403": {"description": "The coupling has no secret to check signatures with"},
        "404": {"description": "There is no such address"},
        "408": {"description": "The body came too slowly"},
        "413": {"description": "The body is too large"},
        "429": {"description": "The coupling sends too fast"} | _WAIT,
        "503": {"description": "The event could not be stored: send it again"} | _WAIT,
    },
}
_HEALTHY = {
    "type": "object",
    "properties": {
        "status": {"type": "string"},
        "waiting": {"type": "integer", "description": "events that wait"},
        "oldest_seconds": {"type": "number", "description": "how long the oldest of them has waited"},
        "poison": {"type": "integer", "description": "events that nobody could read"},
    },
    "required": ["status"],
}
_WATCHED = {"application/json": {"schema": _HEALTHY}}
# Routes of webhooks and of watchers stand outside the framework's own, which would cost each event time.
_PLAIN: dict[str, Any] = {
    "/webhooks/{token}": {"post": _WEBHOOK},
    "/health": {
        "get": {
            "summary": "Whether events can be stored, and how many wait",
            "responses": {
                "200": {"description": "PostgreSQL answers", "content": _WATCHED},
                "503": {"description": "PostgreSQL does not answer", "content": _WATCHED},
            },
        }
    },
    "/metrics": {
        "get": {
            "summary": "Metrics for Prometheus",
            "responses": {"200": {"description": "All of them", "content": {"text/plain": {}}}},
        }
    },
}


class Described(FastAPI):
    """An application whose description also has the routes of webhooks and of watchers."""

    def openapi(self) -> dict[str, Any]:
        """Return the description."""
        found = super().openapi()
        found["paths"] |= _PLAIN
        return found
