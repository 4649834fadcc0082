"""How an endpoint pages, and how its end is recognised."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.validate import Strict


class PageNumber(Strict):
    """`param`=1, 2, …; the end is the page count of a header, or a short page, or an empty one."""

    type: Literal["page_number"]
    param: str = "page"
    start: int = 1
    size_param: str | None = None
    size: Annotated[int, pydantic.Field(gt=0)]
    pages_header: str | None = None
    total_header: str | None = None
    end: Literal["header", "short", "empty"] = "short"


class NextLink(Strict):
    """Each answer names the next address; the end is an answer without one."""

    type: Literal["next_link"]
    link: str


class NoPaging(Strict):
    """One answer holds everything."""

    type: Literal["none"]
