"""A request limit of a remote."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.validate import Name, Strict


class Budget(Strict):
    """A request limit of the remote: `requests` per `seconds`, shared by all workers; headers correct it."""

    name: Name
    """Its name in messages and in platform.budgets."""
    requests: Annotated[int, pydantic.Field(gt=0)]
    """How many requests are allowed …"""
    seconds: Annotated[int, pydantic.Field(gt=0)]
    """… in this many seconds."""
    burst: Annotated[int, pydantic.Field(gt=0)] | None = None
    """A token bucket of this size, refilled evenly: `requests` per `seconds`. Left out = a window that starts anew."""
    calendar: Literal["day", "month"] | None = None
    """The window ends with the remote's day or month, in UTC, not `seconds` after its first request."""
    scope: str = "{connection.name}"
    """Who shares the limit; may hold `{connection.host}`, `{connection.login}` and `{settings.x}`."""
    path: str = ""
    """Counts only addresses in whose path this regular expression is found; empty = all."""
    remaining_header: str | None = None
    """Header with the number of requests left."""
    limit_header: str | None = None
    """Header with the size of the limit, for a remote that grants some accounts more."""
    part: Annotated[int, pydantic.Field(ge=0)] | None = None
    """Which part of these headers is meant, where they hold several numbers with a slash between (0 = the first)."""
    reset_header: str | None = None
    """Header that says when the window ends."""
    reset_unit: Literal["seconds", "ms", "epoch_ms"] = "seconds"
    """Whether that is seconds from now, milliseconds from now, or milliseconds since 1970."""
