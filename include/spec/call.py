"""What else there is to calling an endpoint: for one record, per parent, per marketplace, through a report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from include.spec.validate import Name, Scalar, Strict


class Single(Strict):
    """The call that fetches one record by its remote id."""

    path: str
    """May hold `{remote_id}`, or `{parent.key}` to call it for each parent that this pull has seen."""
    method: Literal["GET", "POST"] = "GET"
    """POST where the remote reads by a body."""
    body: Any = None
    """What is sent as JSON with POST, as for the stream."""
    params: dict[str, str] = {}
    """Its query parameters; those of the stream are not sent."""
    records: list[str] | None = None
    """Where the record stands in the answer, where that differs from the stream's."""
    gone_when: dict[str, Scalar] = {}
    """Fields of a record that this call still answers although it is gone, e.g. `{status: trash}`."""


class Parent(Strict):
    """A stream called once per record of another stream.

    `all`: for every record in a pull-all, else for those this pull has seen; `news`: only for new and changed ones.
    """

    stream: Name
    """The stream whose records it is called for; pulled before it, with the same object."""
    where: dict[str, Scalar] | list[dict[str, Scalar]] = {}
    """Only parents whose JSON holds these values; of a list, the values of one entry."""
    batch: Annotated[int, pydantic.Field(gt=0)] | None = None
    """So many parents in one call: `{parent.keys}` in a parameter is their keys with commas between,
    `{int:parent.keys}` in a body a list of numbers."""
    only: Literal["all", "news"] = "all"
    """Which of them, see above."""

    def wanted(self) -> list[dict[str, Scalar]]:
        """Return `where` as a list of sets of values, of which one has to hold."""
        return self.where if isinstance(self.where, list) else [self.where]


class Tombstones(Strict):
    """A stream whose records say that records of other streams are gone (Exact: sync/Deleted)."""

    key: str
    """Field with the id of the record that is gone."""
    kind: str
    """Field that says what kind of record it was."""
    streams: dict[str, Name]
    """Kind -> stream; other kinds are ignored."""


class Each(Strict):
    """Called once per value of a list: marketplaces, shops, warehouses; or once per set of parameters."""

    setting: str | None = None
    """A setting that is a list; `{each}` is the value of a call."""
    calls: list[dict[str, Scalar]] | None = None
    """The parameters of each call; members of the body where the stream has one."""
    in_key: bool = False
    """Whether the key of a record gets `_` and the value of its call behind it: the same id may then come from several
    calls and mean different records. A root that is a field stays as it is."""


class Poll(Strict):
    """The call that tells how far a report is; `{report.id}` is its id."""

    path: str
    """Address, below base_url."""
    status: str
    """Where the state stands in the answer."""
    done: list[str]
    """States of a report that is ready."""
    nothing: list[str] = []
    """States of a report that will not come because there is no data."""
    failed: list[str]
    """States of a report that failed."""
    every_seconds: Annotated[int, pydantic.Field(gt=0)] = 30
    """How long to wait between two looks."""
    document: str
    """Where the id of the finished document stands in the answer."""


class Download(Strict):
    """The call that gives the document; `{report.document}` is its id."""

    path: str
    """Address, below base_url."""
    url: str | None = None
    """Where the address of the file stands in the answer; it is fetched without any proof. Left out = the answer is the
    file."""
    compression: str | None = None
    """Where the answer says how the file is packed; GZIP is the one there is."""


class Table(Strict):
    """A file of rows below a row of names; each row becomes a record whose fields are texts."""

    separator: Literal["tab", "comma", "semicolon"] = "tab"
    """What stands between two columns."""
    quoted: bool = False
    """Whether a column may stand in double quotes."""
    encoding: str = "utf-8"
    """The file's encoding."""
    must_have: list[str]
    """Columns without which it is another file than expected."""


class Report(Strict):
    """The stream's call orders a report; then it is polled, fetched and read row by row."""

    id: str
    """Where the report's id stands in the answer to the order."""
    poll: Poll
    """How to see whether it is ready."""
    download: Download
    """How to get it."""
    table: Table
    """How to read it."""
