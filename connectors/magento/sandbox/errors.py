"""Errors as Magento writes them: a translated text with placeholders, and what stands in their places."""

from __future__ import annotations

from starlette.responses import Response

from include.sandbox.answers import json_answer

NO_PRODUCT = "Het opgevraagde product bestaat niet. Controleer het product en probeer het opnieuw."
NO_ENTITY = "Er is geen item met %fieldName = %fieldValue"


def error(message: str, status: int, **parameters: str) -> Response:
    """Return an error body; texts are in the store view's language, so that no client can rely on them."""
    body = {"message": message} | ({"parameters": parameters} if parameters else {})
    return json_answer(body, status)


def oauth_error(problem: str, message: str) -> Response:
    """Return a refused signature; `problem` is a code and the same in every language."""
    return json_answer({"oauth_problem": problem, "message": message}, 401)
