"""How an endpoint pages, and how its end is recognised.

`param` and `size_param` are query parameters; in a stream with a `body` that is a mapping they are members of the body.
"""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.validate import Strict


class PageNumber(Strict):
    """`param`=1, 2, …; the end is a page count, a record count, a short page or an empty one."""

    type: Literal["page_number"]
    param: str = "page"
    """Parameter that takes the number."""
    start: int = 1
    """Number of the first page."""
    size_param: str | None = None
    """Parameter that takes `size`, where the remote has one."""
    size: Annotated[int, pydantic.Field(gt=0)]
    """Records on a full page; a page with fewer is a short one."""
    pages_header: str | None = None
    """Header with the number of pages."""
    total_header: str | None = None
    """Header with the number of records: proof that a snapshot is complete."""
    total: str | None = None
    """The same, in the answer's body: a dotted path."""
    end: Literal["header", "total", "short", "empty"] = "short"
    """How the last page is recognised: `header` (the page count; a short page where it is missing), `total` (the record
    count), `short` or `empty`."""
    again: bool = False
    """true = a list of several pages is read once more until nothing new turns up, for lists that records leave when
    they change and that tell no count."""


class Offset(Strict):
    """`param`=0, 100, 200, …: how many records to skip. Also skip and take."""

    type: Literal["offset"]
    param: str = "offset"
    """Parameter that takes the number of records to skip."""
    size_param: str | None = None
    """Parameter that takes `size`, where the remote has one."""
    size: Annotated[int, pydantic.Field(gt=0)]
    """Records on a full page; a page with fewer is a short one."""
    total_header: str | None = None
    """Header with the number of records: proof that a snapshot is complete."""
    total: str | None = None
    """The same, in the answer's body: a dotted path."""
    end: Literal["total", "short", "empty"] = "short"
    """How the last page is recognised: by the record count, by a short page, or by an empty one."""
    overlap: Annotated[int, pydantic.Field(ge=0, le=1)] = 1
    """1 = the last record of a page is asked for again, to notice rows that moved meanwhile; 0 where the remote takes
    only multiples of the page's size."""


class AfterKey(Strict):
    """Each page asks for the records after the last key of the page before: rows that come or go shift nothing."""

    type: Literal["after_key"]
    param: str
    """Parameter that takes the key."""
    template: str = "{after}"
    """The parameter's value; `{after}` is the last key seen."""
    field: str
    """Field of a record that holds the key; a whole number that the remote sorts by."""
    start: int = 0
    """The key before the first one."""
    inclusive: bool = False
    """Whether the remote counts the key itself in; then the next one is asked for."""
    size_param: str | None = None
    """Parameter that takes `size`, where the remote has one."""
    size: Annotated[int, pydantic.Field(gt=0)]
    """Records on a full page; a page with fewer is the last one."""
    total: str | None = None
    """Dotted path to the number of records that are left, this page included; where it is told, it decides the end."""
    step_over: bool = False
    """true = a page that is answered with 404 is read in smaller pieces, and the record that spoils it goes to
    quarantine, for a remote that fails the whole list because of one record."""


class Token(Strict):
    """Each answer holds a token for the next page; the end is an answer without one."""

    type: Literal["token"]
    token: str
    """Where it stands in the answer, as a dotted path."""
    param: str
    """Parameter that takes it."""
    alone: bool = False
    """Whether it is sent without the first call's other parameters."""
    size_param: str | None = None
    """Parameter that takes `size`, where the remote has one."""
    size: Annotated[int, pydantic.Field(gt=0)] | None = None
    """Records on a page."""
    total: str | None = None
    """Dotted path to the number of records."""


class NextLink(Strict):
    """Each answer names the next address; the end is an answer without one."""

    type: Literal["next_link"]
    link: str
    """Where the next address stands in the answer, as a dotted path."""


class NoPaging(Strict):
    """One answer holds everything."""

    type: Literal["none"]


Paging = Annotated[PageNumber | Offset | AfterKey | Token | NextLink | NoPaging, pydantic.Field(discriminator="type")]
