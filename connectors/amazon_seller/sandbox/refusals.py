"""Amazon's error bodies, and what every operation checks of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from include.sandbox.answers import RefusedError, json_answer

CODES = {
    400: ("InvalidInput", "Request has missing or invalid parameters and cannot be parsed."),
    403: ("Unauthorized", "Access to requested resource is denied."),
    404: ("NotFound", "The resource specified does not exist."),
    429: ("QuotaExceeded", "You exceeded your quota for the requested resource."),
    500: ("InternalFailure", "We encountered an internal error. Please try again."),
}


def refused(status: int, details: str = "", message: str | None = None) -> Response:
    """Return an error answer; the same form for every API of Amazon's."""
    code, text = CODES.get(status, CODES[500])
    return json_answer({"errors": [{"code": code, "message": message or text, "details": details}]}, status)


def invalid(message: str) -> RefusedError:
    """Return the refusal of a parameter."""
    return RefusedError(refused(400, message=message))


def listed(request: Request, name: str, most: int | None = None, allowed: Sequence[str] = ()) -> list[str]:
    """Return a list parameter: its values stand with commas between."""
    values = [value for text in request.query_params.getlist(name) for value in text.split(",") if value]
    if most is not None and len(values) > most:
        raise invalid(f"{name} takes at most {most} values.")
    if allowed and not set(values) <= set(allowed):
        raise invalid(f"Invalid {name}; allowed are {', '.join(allowed)}.")
    return values


def required(request: Request, name: str, most: int | None = None) -> list[str]:
    """Return a list parameter that must be there."""
    values = listed(request, name, most)
    if not values:
        raise invalid(f"Missing required parameter: {name}.")
    return values


def number(request: Request, name: str, default: int, most: int) -> int:
    """Return a page size."""
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid(f"{name} must be between 1 and {most}.")
    return int(text)


def moment(request: Request, name: str) -> datetime | None:
    """Return a time parameter; one without an offset is refused."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name} is not a valid ISO 8601 date.") from None
    if at.tzinfo is None:
        raise invalid(f"{name} is not a valid ISO 8601 date.")
    return at.astimezone(UTC)


def iso(at: datetime) -> str:
    """Return a time as Amazon writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
