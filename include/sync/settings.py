"""Numbers that an operator may set as environment variables; docs/operations.md lists them from here."""

from __future__ import annotations

import dataclasses
import os
from datetime import timedelta

from include.contract.errors import Misconfigured


@dataclasses.dataclass(frozen=True)
class Setting:
    """A whole number above zero: its variable, what it is counted in, and its value where the variable is not set."""

    variable: str
    unit: str
    default: int
    meaning: str

    def value(self) -> int:
        """Return it as it is set. Raises Misconfigured naming the variable."""
        text = os.environ.get(self.variable, "").strip()
        if not text:
            return self.default
        if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 100_000:
            raise Misconfigured(
                f"{self.variable} is not a whole number of {self.unit} from 1 to 100,000",
                next_step=f"Correct {self.variable} in the environment of the workers, or take it away.",
            )
        return int(text)

    def span(self) -> timedelta:
        """Return it as a time span."""
        return timedelta(**{self.unit: self.value()})


STUCK = Setting(
    "OPTIPLY_STUCK_MINUTES", "minutes", 30, "a running pull that lands nothing for so long is told as stuck"
)
BACKLOG = Setting("OPTIPLY_BACKLOG_MINUTES", "minutes", 5, "a webhook event that waits longer is told")
PUSHING = Setting("OPTIPLY_PUSHING_MINUTES", "minutes", 60, "a buy order that waits longer without moving is told")
KEEP_VERSIONS = Setting(
    "OPTIPLY_KEEP_VERSIONS_DAYS", "days", 90, "how long a version of a document is kept after a newer one replaced it"
)
KEEP_EVENTS = Setting(
    "OPTIPLY_KEEP_EVENTS_DAYS",
    "days",
    14,
    "how long a webhook event that is done is kept; one that is repeated later counts as new",
)
KEEP_QUARANTINE = Setting("OPTIPLY_KEEP_QUARANTINE_DAYS", "days", 90, "how long a problem is kept after it was solved")
KEEP_HTTP_DETAILS = Setting("OPTIPLY_KEEP_HTTP_DETAILS_DAYS", "days", 14, "how long a failing call is kept")
KEEP_PULLS = Setting("OPTIPLY_KEEP_PULLS_DAYS", "days", 180, "how long the record of a pull is kept")
KEEP_ALERTS = Setting("OPTIPLY_KEEP_ALERTS_DAYS", "days", 180, "how long an alert is kept after it was over")
MAINTAIN_MINUTES = Setting(
    "OPTIPLY_MAINTAIN_MINUTES", "minutes", 60, "after so long `maintain` stops; the next day it goes on"
)
SETTINGS = (
    STUCK, BACKLOG, PUSHING, KEEP_VERSIONS, KEEP_EVENTS, KEEP_QUARANTINE, KEEP_HTTP_DETAILS, KEEP_PULLS, KEEP_ALERTS,
    MAINTAIN_MINUTES,
)  # fmt: skip
