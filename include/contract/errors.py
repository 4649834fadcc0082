"""The tree of errors, ordered by what the caller does about it.

SyncError
 ├─ AskPerson        stop; nothing changes until a person acts
 │   ├─ AuthRefused            auth            the remote refuses the credentials
 │   └─ Misconfigured          configuration   a YAML file, setting or connection is wrong
 ├─ Wait             try again at a known time, without using up a try
 │   └─ LimitReached           rate limit      a request budget or quota is used up
 ├─ TryAgain         transient; try again soon
 │   ├─ RemoteDown             remote down     no connection, time-out, 5xx
 │   ├─ UnexpectedResponse     unexpected response   HTML, truncated JSON, broken paging
 │   └─ WarehouseDown          our bug         our own database went away
 └─ GiveUp           trying again cannot help
     ├─ RequestRefused         bad request     4xx other than auth and limits
     │   └─ NotThere           bad request     404: no such record or address
     └─ PlatformBug            our bug         anything nobody foresaw

A record that cannot be used is no exception: it goes to quarantine and the pull goes on.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime

SUPPORT, CUSTOMER, DEVELOPER, NOBODY = "support", "customer", "developer", "nobody"


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why an operation failed, in the words that support reads (R1)."""

    error_class: str
    text: str
    acts: str
    next_step: str

    def lines(self) -> list[str]:
        """Return the last lines of a task log."""
        who = "Nobody has to act." if self.acts == NOBODY else f"Who acts: {self.acts}."
        return [f"FAILED ({self.error_class}): {self.text}", f"{who} Next step: {self.next_step}"]


class SyncError(Exception):
    """Base of all foreseen errors; `what` says what was tried, on what, and what came back. It holds no secret."""

    error_class = "our bug"
    acts = DEVELOPER
    next_step = "Send this task's log to a developer."
    support = "Sends the log, and tells the customer that we are at it."
    """What support does when it sees this, beside the next step; for the runbook."""

    def __init__(self, what: str, *, next_step: str | None = None, acts: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step or type(self).next_step
        self.acts = acts or type(self).acts

    @property
    def reason(self) -> Reason:
        """The reason as one record."""
        return Reason(self.error_class, self.what, self.acts, self.next_step)


class AskPerson(SyncError):  # noqa: N818 - named for what the caller does
    """Stop: nothing changes until a person acts."""

    acts = SUPPORT


class AuthRefused(AskPerson):
    """The remote refuses the credentials, also after one token refresh."""

    error_class = "auth"
    acts = CUSTOMER
    next_step = (
        "Ask the customer for new credentials and put them into the coupling's Airflow connection; the next scheduled "
        "run tries them, or 'Try the credentials' at once."
    )
    support = (
        "Nothing is pulled meanwhile, and nothing is lost: what was missed is caught up. The coupling, and those that "
        "share its connection, are stopped until its credentials work."
    )


class Misconfigured(AskPerson):
    """A YAML file, a setting or an Airflow connection is wrong or missing."""

    error_class = "configuration"
    next_step = "Correct the file or connection named above; the next run picks it up."
    support = "Corrects it, or asks who keeps that file; ./run cli coupling check tells whether it is right now."


class Wait(SyncError):  # noqa: N818
    """Try again at `until` (aware, UTC); waiting uses up no try."""

    acts = NOBODY

    def __init__(self, what: str, until: datetime, **words: str) -> None:
        super().__init__(what, **words)
        self.until = until


class LimitReached(Wait):
    """A request budget or quota of the remote is used up."""

    error_class = "rate limit"
    next_step = "The pull goes on by itself when the limit resets."
    support = "Waits: triggering again takes from the same limit. Back each day: the schedules ask too much."


class TryAgain(SyncError):  # noqa: N818
    """Transient: the same call may succeed soon."""

    acts = NOBODY
    next_step = "The pull is tried again by itself; if the task ends up red, look at the remote's status page."


class RemoteDown(TryAgain):
    """No connection, a time-out, or a 5xx answer."""

    error_class = "remote down"
    support = "Waits for its next schedule. Down for hours: tells the customer, who asks their host or the vendor."


class UnexpectedResponse(TryAgain):
    """The remote answered something that is not what its API promises: HTML, truncated JSON, broken paging."""

    error_class = "unexpected response"
    next_step = (
        "The pull is tried again by itself; if it keeps failing, open the address above in a browser "
        "(maintenance page, firewall, plug-in error?) and tell the customer."
    )
    support = (
        "Looks at what came back: ./run cli coupling faults. A maintenance page passes; a plug-in's error does not."
    )


class WarehouseDown(TryAgain):
    """The platform's own PostgreSQL went away or refused the statement for a passing cause."""

    error_class = "our bug"
    next_step = "The pull goes on by itself when PostgreSQL is back; if not, tell operations."
    support = "Nothing, unless many couplings show it: then calls operations."


class GiveUp(SyncError):  # noqa: N818
    """Trying the same again cannot help."""


class RequestRefused(GiveUp):
    """The remote refuses the request itself (4xx other than auth and limits)."""

    error_class = "bad request"
    next_step = "Send this task's log to a developer: the connector asks for something the remote refuses."
    support = (
        "Reads the remote's words, with ./run cli coupling faults for all of them; an order: corrects what they name."
    )


class NotThere(RequestRefused):
    """The remote has nothing at this address or under this id (404)."""

    acts = SUPPORT
    next_step = (
        "Check the remote id, and the address in the coupling's Airflow connection. A record that was deleted there "
        "is found by a pull of everything."
    )
    support = "Looks whether the record, or the shop, is still there under this address."


class PlatformBug(GiveUp):
    """Something nobody foresaw."""
