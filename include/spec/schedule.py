"""Crons of a coupling: spreading (`H`), checking, and which schedules a scheduled run stands for."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter

_RANGES = ((0, 59), (0, 23), (1, 28), (1, 12), (0, 6))
_SPREAD = re.compile(r"^H(?:\((\d+)-(\d+)\))?(?:/(\d+))?$")


def spread(cron: str, name: str) -> str:
    """Replace `H`, `H/10` and `H(1-5)` in `cron` by values that depend only on `name`, so load spreads (R9).

    Raises ValueError with the reason when the result is no five-field cron.
    """
    fields = cron.split()
    if len(fields) != 5:
        raise ValueError(f"'{cron}' has {len(fields)} fields, a cron has 5: minute hour day month weekday")
    plain = " ".join(_spread_field(field, place, name, cron) for place, field in enumerate(fields))
    try:
        croniter(plain)
    except (CroniterError, ValueError, KeyError) as error:
        raise ValueError(f"'{cron}' is not a cron: {error}") from None
    return plain


def _spread_field(field: str, place: int, name: str, cron: str) -> str:
    if "H" not in field:
        return field
    match = _SPREAD.match(field)
    if match is None:
        raise ValueError(f"'{cron}': write H, H/10 or H(1-5), not '{field}'")
    low, high = _RANGES[place]
    if match[1]:
        low, high = int(match[1]), int(match[2])
    step = int(match[3]) if match[3] else None
    span = step or high - low + 1
    if span < 1 or high < low:
        raise ValueError(f"'{cron}': '{field}' holds no value")
    # The place goes into the hash so that minute and hour of one coupling do not move together.
    number = int.from_bytes(hashlib.sha256(f"{name}:{place}".encode()).digest()[:8], "big") % span
    return f"{low + number}-{high}/{step}" if step else str(low + number)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What one schedule pulls: objects in the manifest's order, and the mode."""

    cron: str
    mode: str
    objects: tuple[str, ...]


def due(plans: tuple[Plan, ...], moment: datetime, time_zone: str) -> dict[str, str]:
    """Return object -> mode for the schedules whose cron names `moment` (aware); `all` wins over `changed`."""
    local = moment.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)
    modes: dict[str, str] = {}
    for plan in plans:
        if croniter.match(plan.cron, local):
            for name in plan.objects:
                modes[name] = "all" if "all" in (plan.mode, modes.get(name)) else "changed"
    return modes
