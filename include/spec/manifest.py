"""What a system is: the model of connectors/<system>/manifest.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from include.spec.auth import Auth
from include.spec.budget import Budget
from include.spec.call import Each, Parent, Report, Single, Tombstones
from include.spec.objects import OBJECTS, ObjectName
from include.spec.paging import NoPaging, Paging
from include.spec.push import Push
from include.spec.since import Always, ByDay, ByTime, ByVersion
from include.spec.stock_update import StockUpdate
from include.spec.validate import Name, Scalar, Strict
from include.spec.webhooks import Webhooks


class Setting(Strict):
    """One thing a coupling may set; the key is canonical (model reference, section C)."""

    type: Literal["string", "integer", "number", "boolean", "list", "mapping"]
    """What the value must be; a mapping's keys are texts."""
    values: Literal["string", "number"] = "string"
    """With type `mapping`: what its values must be; numbers must be above zero."""
    default: Scalar | list[str] | dict[str, Scalar] = None
    """The value where a coupling gives none."""
    required: bool = False
    """Whether every coupling must give it."""
    choices: list[str] | None = None
    """The values that are allowed; of a mapping, the values of its keys."""
    help: str
    """One sentence; support reads it in the DAG's documentation."""


class ConnectionFields(Strict):
    """Which fields of the coupling's Airflow connection hold what, as support reads it."""

    host: str | None = None
    """What belongs into the host."""
    login: str | None = None
    """What belongs into the login."""
    password: str | None = None
    """What belongs into the password."""
    extra: dict[str, str] = {}
    """Further fields of the connection's extra, each with what belongs into it. None of them is required."""


class ErrorRule(Strict):
    """What an answer of this remote means, where the status alone does not say it."""

    status: list[int]
    """The HTTP statuses it is about; 200 may be among them."""
    body: str = ""
    """Only where the answer holds this text; empty = any answer."""
    path: str = ""
    """Only addresses in whose path this regular expression is found; empty = all."""
    renew: bool = False
    """With class `auth`: the token has ended, so a new one is fetched and the call made once more."""
    error_class: Literal["auth", "rate limit", "remote down", "bad request", "unexpected response", "configuration"]
    """What the answer means; decides who acts and whether it is tried again."""
    next_step: str | None = None
    """The sentence support reads, in place of the class's own."""


class Client(Strict):
    """How to talk to the system."""

    base_url: str
    """What stands before each path; may hold `{connection.host}` and `{settings.x}`."""
    auth: Auth
    """How requests prove who we are."""
    headers: dict[str, str] = {}
    """Sent with every request."""
    budgets: list[Budget] = []
    """Limits shared by all workers; without one, only the remote's 429 slows us down."""
    errors: list[ErrorRule] = []
    """Answers whose status alone does not say what they mean; the first rule that fits holds."""
    refusal: str | None = None
    """Where a good status may hide a refusal: a dotted path to a text or list that is empty when all is well."""
    timeout: Annotated[int, pydantic.Field(gt=0)] = 120
    """Seconds to wait for an answer."""


class Stream(Strict):
    """One endpoint: where, how to page, what a record is called, how to ask for changes only."""

    path: str
    """Below base_url; may hold `{settings.x}`, `{parent.key}` and `{each}`."""
    method: Literal["GET", "POST"] = "GET"
    """POST where the remote reads by a body."""
    body: Any = None
    """What is sent as JSON with POST. A text that is `{int:parent.key}` and nothing else becomes a number. Where it is
    a mapping, the parameters of `paging` and `changed` become members of it."""
    params: dict[str, str] = {}
    """Query parameters of every call, except one for a single record."""
    headers: dict[str, str] = {}
    """Headers of this stream only."""
    records: list[str] = [""]
    """Where the records stand in the answer: dotted paths, the first that is there counts; empty text = the answer
    itself."""
    key: list[str]
    """Field or fields (dotted paths) that identify a record; several are joined by `_`. `parent` = the parent's key."""
    root: str | None = None
    """Field (dotted path) with the id of the record that this one belongs to, or `parent`; left out = the record is its
    own root."""
    paging: Paging = NoPaging(type="none")
    """How to get the next page."""
    changed: Annotated[ByTime | ByVersion | ByDay | Always, pydantic.Field(discriminator="type")] = Always(
        type="always"
    )
    """How to ask for what changed since the last pull."""
    single: Single | Literal["changed", "none"] = "none"
    """The call for one record; `changed` = catch up instead, `none` = the stream has no part in such a pull."""
    parent: Parent | None = None
    """Called once per record of another stream."""
    when: dict[str, list[Scalar]] = {}
    """Pulled only where each of these settings has one of the values named."""
    each: Each | None = None
    """Called once per marketplace, shop or the like."""
    report: Report | None = None
    """The call orders a report, which is waited for and fetched."""
    reread: list[dict[str, Scalar]] = []
    """Records landed before that hold all values of one of these are asked for again one by one when changes are
    pulled: for endpoints that tell what was created and not what changed."""
    deletions: Literal["snapshot", "none"] = "none"
    """`snapshot` = what a complete pull of everything did not meet is gone."""
    tombstones: Tombstones | None = None
    """Its records say that records of other streams are gone."""
    hash_without: list[str] = []
    """Fields that change all the time and make no change, such as a view counter."""
    gone_status: list[int] = []
    """Statuses that mean that the parent vanished between two calls, or has none of these: no records, no failure."""
    empty_status: list[int] = []
    """Statuses that mean that there is nothing, where a remote answers an empty list without a body: 204."""
    gone_tries: Annotated[int, pydantic.Field(gt=0)] = 1
    """How often such an answer is asked for before it is believed, for a remote whose new records take a moment."""

    @property
    def is_keyed_by_each(self) -> bool:
        """Whether the keys of its records end with the marketplace or the like of their call."""
        return self.each is not None and self.each.in_key


class ObjectStreams(Strict):
    """An object of the model: the streams that are pulled with it, in order, and those it reads besides.

    A stream is pulled with one object only; `reads` names streams pulled with another object whose records
    (by the same root) also make this one.
    """

    streams: list[Name] = []
    """Pulled with this object, in this order."""
    reads: list[Name] = []
    """Pulled with another object, and part of this one's mapping."""


class Manifest(Strict):
    """A system: settings, client, streams, and the objects built from them."""

    connector: Name
    """The name of its folder."""
    title: str
    """The system's name as people write it."""
    docs: str
    """Address of the API's documentation."""
    connection: ConnectionFields
    """What the coupling's Airflow connection must hold."""
    settings: dict[str, Setting] = {}
    """What a coupling may set."""
    client: Client
    """How to talk to the system."""
    streams: dict[Name, Stream]
    """Its endpoints, by name; the name becomes the landing table's."""
    objects: dict[ObjectName, ObjectStreams]
    """What of the Optiply model it can bring, and from which streams."""
    webhooks: Webhooks | None = None
    """What it sends by itself; left out = nothing, it is asked for changes only."""
    push: Push | None = None
    """What Optiply may write to it; left out = nothing."""
    stock_update: StockUpdate | None = None
    """How what came in is added to its stock; left out = never."""

    def feeds(self, stream: str) -> list[str]:
        """Return the objects that are made of `stream`, in the model's order."""
        return [
            name
            for name in OBJECTS
            if name in self.objects and stream in self.objects[name].streams + self.objects[name].reads
        ]

    def pulled_with(self, name: str) -> tuple[str, ...]:
        """Return the objects whose pull brings the streams of `name`, where it pulls none itself."""
        made = self.objects[name]  # type: ignore[index]
        brings = (
            other for other in OBJECTS if other in self.objects and set(self.objects[other].streams) & set(made.reads)
        )
        return () if made.streams else tuple(brings)

    def with_defaults(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of a coupling with the manifest's defaults filled in."""
        return {key: given.get(key, setting.default) for key, setting in sorted(self.settings.items())}
