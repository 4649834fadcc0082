"""What the description of the desk's interface says of addresses and answers; tests hold every answer against it."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic
from fastapi import Path

# PostgreSQL knows no text with a NUL in it.
_TEXT = r"^[^\x00]*$"
Coupling = Annotated[str, Path(min_length=1, max_length=100, pattern=_TEXT, examples=["bralex__exact_online"])]


class Fault(pydantic.BaseModel):
    """The body of every answer that is no success."""

    message: str
    next_step: str


def _fault(description: str) -> dict[str, Any]:
    return {"model": Fault, "description": description}


ANSWERS: dict[int | str, dict[str, Any]] = {
    401: _fault("Nobody is logged in"),
    403: _fault("The role may not do this, or the header X-Desk is missing"),
    404: _fault("There is no such address"),
    422: _fault("Something in the request is wrong, or there is no such thing"),
    503: _fault("The database does not answer"),
}
"""Of every route."""
DEEDS: dict[int | str, dict[str, Any]] = {
    400: _fault("The body cannot be read"),
    409: _fault("Not now: something else goes first"),
}
"""Of those that change something, besides."""
