"""How pushing an order ends before everything is done, in the words that support reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from include.contract.errors import SUPPORT, Misconfigured, Reason, SyncError
from include.engine.template import fill
from include.spec.push import BuyOrderPush


class Ends(Exception):  # noqa: N818 - it is how an order ends, not always an error
    """The order ends here for now: in this state, for this reason, not to be looked at before a time."""

    def __init__(self, state: str, reason: Reason | None, until: datetime | None = None) -> None:
        super().__init__(state)
        self.state, self.reason, self.until = state, reason, until


class Stops(Exception):  # noqa: N818 - it is how a run ends
    """The run ends here: every other order of the coupling would meet the same error."""

    def __init__(self, error: SyncError) -> None:
        super().__init__(error.what)
        self.error = error


def refused(error: SyncError, title: str, reference: str) -> Ends:
    """Return the end of an order that the remote, or a check of ours, refuses."""
    again = f"send order {reference} again: trigger this DAG with its number, or ./run cli push retry."
    if isinstance(error, Misconfigured):
        next_step = error.next_step
    elif error.next_step != type(error).next_step:
        # The manifest knows these words.
        next_step = f"{error.next_step} Then {again}"
    else:
        next_step = f"Correct in {title} or in Optiply what it says, then {again}"
    return Ends("rejected", Reason(error.error_class, error.what, SUPPORT, next_step))


def by_hand(what: str, title: str, reference: str) -> Ends:
    """Return the end of a wish that the remote's API has no call for."""
    next_step = f"Do it in {title} by hand, then let the wish for {reference} go: push drop, here or in the DAG's form."
    return Ends("rejected", Reason("bad request", what, SUPPORT, next_step))


def came_out_wrong(what: str, title: str, reference: str) -> Ends:
    """Return the end of an order that the remote has with other quantities than are wanted."""
    next_step = (
        f"Correct the order {reference} in {title}, and the lot size of the product, so that one lot is what {title} "
        "counts as one; then push retry, here or in the DAG's form, which only looks."
    )
    return Ends("rejected", Reason("bad request", what, SUPPORT, next_step))


def parked(what: str, title: str, reference: str) -> Ends:
    """Return the end of an order of which only a person can tell whether the remote has it."""
    next_step = (
        f"Look for '{reference}' in {title}. It is there: push adopt with its id. It is not: push retry. Nobody wants "
        "it any more: push drop. On the command line (./run cli push) or in the form of the push DAG."
    )
    return Ends("parked", Reason("unexpected response", what, SUPPORT, next_step))


def again(error: SyncError, until: datetime) -> Ends:
    """Return the end of an order that the remote may have; it is looked for from `until` on."""
    text = f"{error.what}; the remote may have it, and is asked before anything is sent again"
    return Ends("unknown", Reason(error.error_class, text, "nobody", "It is looked for by itself."), until)


def reference_of(push: BuyOrderPush, values: Mapping[str, Any]) -> str:
    """Return the text that is to stand in the remote's record. Raises Misconfigured where it cannot be found again."""
    number = str(values["order.reference"])
    made = fill(push.reference, values).replace("{{buy_order_id}}", number).strip()
    if number not in made:
        raise Misconfigured(
            f"the reference '{made}' does not hold Optiply's number {number}",
            next_step="Put {{buy_order_id}} into the template of the reference in the coupling's settings.",
        )
    if len(made) > push.longest:
        raise Misconfigured(
            f"the reference '{made}' is longer than {push.longest} characters, and would not be found again",
            next_step="Shorten the template of the reference in the coupling's settings.",
        )
    return made
