"""How an endpoint is asked for what changed since the last successful pull."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.validate import Strict

TimeFormat = Literal["iso_utc", "iso_no_zone", "space", "day"]


class Windows(Strict):
    """The stretch of time is asked for in windows, for an endpoint that refuses deep pages or answers them slowly.

    A window with more than `most` records is halved.
    """

    param: str
    """Parameter that takes the end of a window."""
    template: str = "{until}"
    """The parameter's value; `{until}` is the end, in the format of the beginning."""
    days: Annotated[int, pydantic.Field(gt=0)]
    """Length of a window."""
    first: str
    """Where a pull of everything begins, e.g. 2015-01-01; may hold `{settings.x}`."""
    most: Annotated[int, pydantic.Field(gt=0)] | None = None
    """How many records the endpoint gives out at most; needs the paging's `total`."""


class ByTime(Strict):
    """A parameter takes a time: the start of the last successful pull minus `overlap_seconds`, in the remote's clock.

    `field` is the record's own change time: older news never overwrites newer by it.
    """

    type: Literal["time"]
    param: str
    """Parameter that takes the time; a member of the body where the stream has one."""
    template: str = "{since}"
    """The parameter's value; `{since}` is the time."""
    format: TimeFormat = "iso_utc"
    """`iso_utc` = 2026-05-20T08:00:00Z, `iso_no_zone` = the same without the Z, `space` = 2026-05-20 08:00:00, `day` =
    2026-05-20."""
    time_zone: str = "UTC"
    """The zone that the remote reads the time in, where the format has no zone."""
    windows: Windows | None = None
    """Asks stretch by stretch."""
    params: dict[str, str] = {}
    """Query parameters that are sent along with the time only."""
    field: str | None = None
    """The record's own change time: an older version never overwrites a newer one."""
    overlap_seconds: Annotated[int, pydantic.Field(ge=0)] = 300
    """How far before the last successful pull's start to look again."""


class ByVersion(Strict):
    """A row version that only grows: the highest one seen, read from `field` of the records."""

    type: Literal["version"]
    param: str
    """Query parameter that takes the version."""
    template: str
    """The parameter's value; `{since}` is the version."""
    field: str
    """The field of a record that holds its version."""
    start: int = 0
    """The version to ask from when everything is pulled."""


class ByDay(Strict):
    """One call per calendar day, from the day of the last successful pull; at most `back_days` back."""

    type: Literal["day"]
    param: str
    """Query parameter that takes the day."""
    back_days: Annotated[int, pydantic.Field(gt=0)]
    """How many days back the remote answers at all."""
    time_zone: str = "UTC"
    """The zone in which the remote's days begin."""
    overlap_seconds: Annotated[int, pydantic.Field(ge=0)] = 3600
    """As for `time`."""


class Always(Strict):
    """The endpoint has no filter: every pull reads it whole."""

    type: Literal["always"]
