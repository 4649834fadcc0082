"""How an endpoint pages, and how its end is recognised."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.validate import Strict


class PageNumber(Strict):
    """`param`=1, 2, …; the end is the page count of a header, or a short page, or an empty one."""

    type: Literal["page_number"]
    param: str = "page"
    """Query parameter that takes the number."""
    start: int = 1
    """Number of the first page."""
    size_param: str | None = None
    """Query parameter that takes `size`, where the remote has one."""
    size: Annotated[int, pydantic.Field(gt=0)]
    """Records on a full page; a page with fewer is a short one."""
    pages_header: str | None = None
    """Header with the number of pages."""
    total_header: str | None = None
    """Header with the number of records: proof that a snapshot is complete."""
    end: Literal["header", "short", "empty"] = "short"
    """How the last page is recognised: `header` (a short page where the header is missing), `short` or `empty`."""


class NextLink(Strict):
    """Each answer names the next address; the end is an answer without one."""

    type: Literal["next_link"]
    link: str
    """Where the next address stands in the answer, as a dotted path."""


class NoPaging(Strict):
    """One answer holds everything."""

    type: Literal["none"]
