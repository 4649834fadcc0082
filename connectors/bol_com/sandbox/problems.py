"""The problem JSON of bol.com and its media type."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from include.sandbox.answers import RefusedError, json_answer

MEDIA = "application/vnd.retailer.v10+json"


def problem(
    status: int, detail: str, path: str, *, title: str | None = None, violations: dict[str, str] | None = None
) -> Response:
    """Return an error answer; `violations` are reasons by parameter."""
    body: dict[str, object] = {
        "type": "http://api.bol.com/problems",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "host": "Instance-001",
        "instance": f"https://api.bol.com{path}",
    }
    if violations:
        body["violations"] = [{"name": name, "reason": reason} for name, reason in violations.items()]
    return json_answer(body, status, media="application/problem+json")


def bad_parameter(path: str, name: str, reason: str) -> RefusedError:
    """Return the refusal of one parameter."""
    return RefusedError(problem(400, "Bad Request", path, violations={name: reason}))
