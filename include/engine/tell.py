"""What became of a call that changes something: accepted, refused, or unknown. It is never repeated by itself."""

from __future__ import annotations

import dataclasses
from typing import Literal

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from include.contract.errors import RemoteDown, SyncError, UnexpectedResponse
from include.engine.redact import address

Outcome = Literal["accepted", "refused", "unknown"]
# A gateway that lost patience knows no more than we do: what stands behind it may still work on the request.
_GATEWAY_TIMEOUTS = (408, 504, 522, 524)


@dataclasses.dataclass(frozen=True)
class Told:
    """What came back. `error` says in redacted words why it was not accepted, and what the run should do about it."""

    outcome: Outcome
    kind: str
    """`answer`, `not sent`, and of what is unknown: `time-out`, `cut`, `error`, `unreadable`."""
    status: int | None = None
    body: bytes = b""
    error: SyncError | None = None


def of_exception(error: requests.RequestException, url: str) -> Told:
    """Return what a call without an answer means: without a connection it was never sent, else nobody knows."""
    # The exception's own text may hold the address with its query, so only its kind is told.
    words = RemoteDown(f"{address(url)} did not answer: {type(error).__name__}")
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError) or isinstance(
        reason, NewConnectionError | ConnectTimeoutError
    ):
        return Told("refused", "not sent", error=words)
    late = isinstance(error, requests.Timeout) or isinstance(reason, ReadTimeoutError)
    return Told("unknown", "time-out" if late else "cut", error=words)


def of_answer(status: int, body: bytes, fault: SyncError | None) -> Told:
    """Return what an answer means, given what the manifest and the status make of it (None = a good one)."""
    if fault is None:
        return Told("accepted", "answer", status, body)
    if isinstance(fault, RemoteDown | UnexpectedResponse):
        return Told("unknown", "time-out" if status in _GATEWAY_TIMEOUTS else "error", status, body, fault)
    return Told("refused", "answer", status, body, fault)


def unreadable(told: Told, url: str, what: str) -> Told:
    """Return a good answer that does not say what it has to as what it is: nobody knows."""
    error = UnexpectedResponse(f"{address(url)} answered {told.status}, but {what}")
    return dataclasses.replace(told, outcome="unknown", kind="unreadable", error=error)
