"""Let go what is past its time, so that the warehouse grows with its webshops and not with its age."""

from __future__ import annotations

import collections
import dataclasses
import time
from datetime import timedelta

from include.sync import settings
from include.warehouse import retention
from include.warehouse.connection import Connect, warehouse_faults

VERSIONS = "versions"
AGES = {
    VERSIONS: settings.KEEP_VERSIONS,
    "events": settings.KEEP_EVENTS,
    "quarantine": settings.KEEP_QUARANTINE,
    "http_details": settings.KEEP_HTTP_DETAILS,
    "alerts": settings.KEEP_ALERTS,
    "pulls": settings.KEEP_PULLS,
}
# Longer than a pull may be taken up again.
_PAGES = timedelta(days=2)


@dataclasses.dataclass(frozen=True)
class Maintained:
    """How many rows of each kind went; whether there was no time for some."""

    gone: dict[str, int]
    is_whole: bool = True
    is_busy: bool = False

    def sentence(self) -> str:
        """Return what support reads."""
        if self.is_busy:
            return "another run is at it"
        words = {rule.name: rule.words for rule in retention.RULES} | {VERSIONS: "replaced versions of documents"}
        told = ", ".join(f"{count} {words[name]}" for name, count in self.gone.items() if count)
        rest = "" if self.is_whole else "; there was no time for all of it, the next run goes on"
        return f"{told or 'nothing'} went{rest}"


def maintain(connect: Connect) -> Maintained:
    """Let everything go that is past its time, within OPTIPLY_MAINTAIN_MINUTES. Raises Misconfigured, WarehouseDown."""
    ages = {name: setting.span() for name, setting in AGES.items()} | {"pages": _PAGES}
    end = time.monotonic() + settings.MAINTAIN_MINUTES.span().total_seconds()
    gone: collections.Counter[str] = collections.Counter()
    with warehouse_faults("letting go what is past its time"), connect() as connection:
        if not retention.alone(connection):
            return Maintained({}, is_busy=True)
        steps = [(rule.name, retention.let_go(connection, rule, ages[rule.name])) for rule in retention.RULES]
        steps += [
            (VERSIONS, retention.let_versions_go(connection, table, ages[VERSIONS]))
            for table in retention.landing_tables(connection)
        ]
        for name, batches in steps:
            for count in batches:
                gone[name] += count
                if time.monotonic() > end:
                    return Maintained(dict(gone), is_whole=False)
    return Maintained(dict(gone))
