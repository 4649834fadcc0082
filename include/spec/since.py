"""How an endpoint is asked for what changed since the last successful pull."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.validate import Strict


class ByTime(Strict):
    """A parameter takes a time: the start of the last successful pull minus `overlap_seconds`, in the remote's clock.

    `field` is the record's own change time: older news never overwrites newer by it.
    """

    type: Literal["time"]
    param: str
    template: str = "{since}"
    format: Literal["iso_utc", "iso_no_zone"] = "iso_utc"
    params: dict[str, str] = {}
    field: str | None = None
    overlap_seconds: Annotated[int, pydantic.Field(ge=0)] = 300


class ByVersion(Strict):
    """A row version that only grows: the highest one seen, read from `field` of the records."""

    type: Literal["version"]
    param: str
    template: str
    field: str
    start: int = 0


class ByDay(Strict):
    """One call per calendar day, from the day of the last successful pull; at most `back_days` back."""

    type: Literal["day"]
    param: str
    back_days: Annotated[int, pydantic.Field(gt=0)]
    time_zone: str = "UTC"
    overlap_seconds: Annotated[int, pydantic.Field(ge=0)] = 3600


class Always(Strict):
    """The endpoint has no filter: every pull reads it whole."""

    type: Literal["always"]
