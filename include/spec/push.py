"""How buy orders are written to a system: the `push` section of connectors/<system>/manifest.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic

from include.spec.paging import NoPaging, Paging
from include.spec.since import ByTime
from include.spec.validate import Name, Scalar, Strict

Settings = dict[str, list[Scalar]]
PLAIN = "buy_orders"


class Write(Strict):
    """A call that changes something on the remote. It is made once: what nobody knows of is looked up, not repeated."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    """The HTTP method."""
    path: str
    """Below base_url; may hold `{remote_id}` and `{line.remote_id}`."""
    params: dict[str, str] = {}
    """Query parameters."""
    headers: dict[str, str] = {}
    """Headers of this call only."""
    body: Any = None
    """What is sent as JSON. A text that is one field and nothing else becomes a number as `{int:order.x}` or
    `{number:line.x}`; a member whose field is empty is left out. `{each: lines, of: …}` is a list with one entry per
    line, `{when: {setting: [values]}, is: …}` a part for couplings with these settings only. Where an order is its only
    line, that list stands under the empty name, and the line's members become the body's."""


class Creation(Write):
    """The call that makes the order, with its lines."""

    record: list[str] = [""]
    """Where the order stands in the answer: dotted paths, the first that is there counts; empty text = the answer
    itself."""


class Addition(Write):
    """The call that adds a line to an order that was sent."""

    id: str | None = None
    """Where the new line's id stands in the answer; left out = it is read from the order afterwards."""


class Step(Write):
    """A call after the order was made, such as the one that releases it."""

    name: Name
    """What the ledger calls it."""
    when: Settings = {}
    """Made only where each of these settings has one of the values named."""
    done: dict[str, list[Scalar]] = {}
    """Values of the order, as `read` answers it, that say that this was done already."""


class Cancellation(Write):
    """The call that takes an order back."""

    done: dict[str, list[Scalar]] = {}
    """Values of the order, as `read` answers it, that say that it is cancelled."""


class Reading(Strict):
    """A call that reads; it may be repeated."""

    path: str
    """Below base_url; may hold `{remote_id}`."""
    method: Literal["GET", "POST"] = "GET"
    """POST where the remote reads by a body."""
    params: dict[str, str] = {}
    """Query parameters."""
    headers: dict[str, str] = {}
    """Headers of this call only."""
    body: Any = None
    """What is sent as JSON with POST, written as for a call that changes something."""
    records: list[str] = [""]
    """Where the records stand in the answer: dotted paths, the first that is there counts; empty text = the answer
    itself."""
    paging: Paging = NoPaging(type="none")
    """How to get the next page."""


class Find(Reading):
    """How an order of ours is found on the remote when nobody knows whether it arrived."""

    match: str
    """Field (dotted path) that has to hold exactly our reference; may be a setting: `{settings.x}`."""
    since: ByTime | None = None
    """A parameter that takes a time: asks only for what was made or changed since the first try."""
    first: bool = False
    """Look also before the very first try: for remotes that filter by our reference, where it costs one small call."""


class Lines(Strict):
    """The lines of an order as the remote tells them: how theirs and ours are the same."""

    at: str | None = None
    """Where they stand in the order, a dotted path; empty text = the order is its own line; left out = they have a call
    of their own."""
    call: Reading | None = None
    """The call that answers the lines of the order `{remote_id}`."""
    id: str
    """Field of a line with its id; several, joined by plus signs, are put together with underscores, as mapped."""
    product: str
    """Field of a line with the id of its product."""
    pieces: str | None = None
    """Field of a line with how many pieces it orders, where a line counts something else, such as boxes: an order that
    came out as another one is told to a person."""
    pieces_when: Settings = {}
    """Compared only where each of these settings has one of the values named."""


class Read(Reading):
    """The call that answers one order by its remote id."""

    lines: Lines
    """Its lines."""


class Change(Strict):
    """The calls that change an order that was sent. What has no call is refused, with words for support."""

    header: Write | None = None
    """Changes the order itself."""
    fixed: list[str] = []
    """Members of the body of `create` that the remote never changes afterwards."""
    add_line: Addition | None = None
    """Adds a line; `{line.x}` are the line's values."""
    change_line: Write | None = None
    """Sets a line's values anew; repeating it must do no harm."""
    remove_line: Write | None = None
    """Takes a line off; repeating it must do no harm."""


class BuyOrderPush(Strict):
    """How a buy order is made, found again, changed and cancelled on the remote."""

    needs: Settings = {}
    """Settings without which no order is sent: each must have one of the values named; an empty list = any value."""
    reference: str
    """The text that stands in the remote's record; holds `{order.reference}`, Optiply's number, or is a setting with
    `{{buy_order_id}}` in it."""
    longest: Annotated[int, pydantic.Field(gt=0)] = 50
    """How many characters the remote keeps of it; a longer one is refused, or it would not be found again."""
    settle_seconds: Annotated[int, pydantic.Field(gt=0)] = 30
    """So long after a call ended without an answer, an order that it made can be seen."""
    id: str
    """Field of an order with its id."""
    number: str | None = None
    """Field of an order with the number that people know it by."""
    listed: bool = False
    """The remote refuses a product that it does not list under the order's supplier: such a line is not even sent."""
    merge_lines: bool = False
    """Several lines of one product are sent as one."""
    create: Creation
    """Makes the order."""
    find: Find
    """Finds it by our reference."""
    read: Read
    """Reads it by its id."""
    then: list[Step] = []
    """What has to follow, in this order."""
    change: Change = Change()
    """Changes of an order that was sent."""
    cancel: Cancellation | None = None
    """Takes it back; left out = people cancel it there."""


class Variant(Strict):
    """Buy orders that are something else on the remote, such as a transfer between two warehouses."""

    name: Name
    """What people call it."""
    when: Settings = {}
    """Only where each of these settings has one of the values named."""
    assembly: bool | None = None
    """Only orders for what the shop makes itself (true), or only the others (false); left out = both."""
    buy_orders: BuyOrderPush
    """How these are made."""


class Push(Strict):
    """What Optiply may write to the system."""

    buy_orders: BuyOrderPush
    """Buy orders, out of `optiply.buy_orders`."""
    variants: list[Variant] = []
    """Buy orders that are made in another way; the first that fits an order counts."""

    def kind_of(self, settings: Mapping[str, Any], *, assembly: bool) -> str:
        """Return by which section an order is made, by the coupling's settings and by what kind of order it is."""
        for variant in self.variants:
            fits = all(settings.get(key) in wanted for key, wanted in variant.when.items())
            if fits and variant.assembly in (None, assembly):
                return variant.name
        return PLAIN

    def made_by(self, kind: str) -> BuyOrderPush:
        """Return the section of that name; of one that is gone since, the plain one."""
        return next((variant.buy_orders for variant in self.variants if variant.name == kind), self.buy_orders)
