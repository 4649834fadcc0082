"""What a system is: the model of connectors/<system>/manifest.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from include.spec.auth import Auth
from include.spec.paging import NextLink, NoPaging, PageNumber
from include.spec.since import Always, ByDay, ByTime, ByVersion
from include.spec.validate import Strict

OBJECTS = (
    "suppliers",
    "products",
    "supplier_products",
    "product_compositions",
    "sell_orders",
    "buy_orders",
    "receipt_lines",
)
ObjectName = Literal[
    "suppliers",
    "products",
    "supplier_products",
    "product_compositions",
    "sell_orders",
    "buy_orders",
    "receipt_lines",
]
Name = Annotated[str, pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")]
Scalar = str | int | float | bool | None


class Setting(Strict):
    """One thing a coupling may set; the key is canonical (model reference, section C)."""

    type: Literal["string", "integer", "number", "boolean", "list"]
    default: Scalar | list[str] = None
    required: bool = False
    choices: list[str] | None = None
    help: str


class ConnectionFields(Strict):
    """Which fields of the coupling's Airflow connection hold what, as support reads it."""

    host: str | None = None
    login: str | None = None
    password: str | None = None
    extra: dict[str, str] = {}


class Budget(Strict):
    """A request limit of the remote: `requests` per `seconds`; `headers` feed it from each answer."""

    name: Name
    requests: Annotated[int, pydantic.Field(gt=0)]
    seconds: Annotated[int, pydantic.Field(gt=0)]
    path: str = ""
    remaining_header: str | None = None
    reset_header: str | None = None
    reset_unit: Literal["seconds", "epoch_ms"] = "seconds"


class ErrorRule(Strict):
    """What an answer of this remote means, where the status alone does not say it."""

    status: list[int]
    body: str = ""
    error_class: Literal["auth", "rate limit", "remote down", "bad request", "unexpected response", "configuration"]
    next_step: str | None = None


class Client(Strict):
    """How to talk to the system."""

    base_url: str
    auth: Auth
    headers: dict[str, str] = {}
    budgets: list[Budget] = []
    errors: list[ErrorRule] = []
    timeout: Annotated[int, pydantic.Field(gt=0)] = 120


class Single(Strict):
    """The call that fetches one record by its remote id."""

    path: str
    params: dict[str, str] = {}
    records: list[str] | None = None


class Parent(Strict):
    """A stream called once per record of another stream.

    `all`: for every record in a pull-all, else for those this pull has seen; `news`: only for new and changed ones.
    """

    stream: Name
    where: dict[str, Scalar] = {}
    only: Literal["all", "news"] = "all"


class Tombstones(Strict):
    """A stream whose records say that records of other streams are gone (Exact: sync/Deleted)."""

    key: str
    kind: str
    streams: dict[str, Name]


class Stream(Strict):
    """One endpoint: where, how to page, what a record is called, how to ask for changes only."""

    title: str = ""
    path: str
    params: dict[str, str] = {}
    headers: dict[str, str] = {}
    records: list[str] = [""]
    key: list[str]
    root: str | None = None
    paging: Annotated[PageNumber | NextLink | NoPaging, pydantic.Field(discriminator="type")] = NoPaging(type="none")
    changed: Annotated[ByTime | ByVersion | ByDay | Always, pydantic.Field(discriminator="type")] = Always(
        type="always"
    )
    single: Single | Literal["changed", "none"] = "none"
    parent: Parent | None = None
    deletions: Literal["snapshot", "none"] = "none"
    tombstones: Tombstones | None = None
    hash_without: list[str] = []
    gone_status: list[int] = []


class ObjectStreams(Strict):
    """An object of the model: the streams that are pulled with it, in order, and those it reads besides.

    A stream is pulled with one object only; `reads` names streams pulled with another object whose records
    (by the same root) also make this one.
    """

    streams: Annotated[list[Name], pydantic.Field(min_length=1)]
    reads: list[Name] = []


class Manifest(Strict):
    """A system: settings, client, streams, and the objects built from them."""

    connector: Name
    title: str
    docs: str
    connection: ConnectionFields
    settings: dict[str, Setting] = {}
    client: Client
    streams: dict[Name, Stream]
    objects: dict[ObjectName, ObjectStreams]

    def feeds(self, stream: str) -> list[str]:
        """Return the objects that are made of `stream`, in the model's order."""
        return [
            name
            for name in OBJECTS
            if name in self.objects and stream in self.objects[name].streams + self.objects[name].reads
        ]

    def with_defaults(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of a coupling with the manifest's defaults filled in."""
        return {key: given.get(key, setting.default) for key, setting in sorted(self.settings.items())}
