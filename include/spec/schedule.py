"""Crons of a coupling: spreading (`H`), checking, and which schedules a scheduled run stands for."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter

_ANY_TIME = datetime(2024, 1, 1, tzinfo=UTC)
_NO_TIME, _TWO_HOURS = timedelta(0), timedelta(hours=2)
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
    # croniter reads R as a random value: no two processes would agree when the run is due.
    if any(field[:1].upper() == "R" for field in fields):
        raise ValueError(f"'{cron}': R means another time at each look; write H")
    try:
        # 30 February is a cron, and never comes.
        croniter(plain, _ANY_TIME).get_next()
    except (CroniterError, ValueError, KeyError) as error:
        raise ValueError(f"'{cron}' is not a cron: {error}") from None
    return plain


def _spread_field(field: str, place: int, name: str, cron: str) -> str:
    if "H" not in field.replace("THU", ""):
        return field
    match = _SPREAD.match(field)
    if match is None:
        raise ValueError(f"'{cron}': write H, H/10 or H(1-5), not '{field}'")
    least, most = low, high = _RANGES[place]
    if match[1]:
        low, high = int(match[1]), int(match[2])
    if not least <= low <= high <= most:
        raise ValueError(f"'{cron}': '{field}' must lie between {least} and {most}")
    step = int(match[3]) if match[3] else None
    span = high - low + 1 if step is None else step
    if not 1 <= span <= high - low + 1:
        raise ValueError(f"'{cron}': '{field}' takes steps of 1 to {high - low + 1}")
    # The place goes into the hash so that minute and hour of one coupling do not move together.
    number = int.from_bytes(hashlib.sha256(f"{name}:{place}".encode()).digest()[:8], "big") % span
    return f"{low + number}-{high}/{step}" if step else str(low + number)


def _wall_clock(moment: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return what clocks show at `moment`, without a zone.

    In the hour after clocks go forward that is two times: a cron of 02:30 runs at 03:30 on that day.
    """
    now = moment.astimezone(zone)
    gap = (now.utcoffset() or _NO_TIME) - ((moment - _TWO_HOURS).astimezone(zone).utcoffset() or _NO_TIME)
    local = now.replace(tzinfo=None)
    skipped = local - gap
    if gap > _NO_TIME and skipped.replace(tzinfo=zone).astimezone(UTC) == moment:
        return [local, skipped]
    return [local]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What one schedule pulls: objects in the manifest's order, and the mode."""

    cron: str
    mode: str
    objects: tuple[str, ...]


def due(plans: tuple[Plan, ...], moment: datetime, time_zone: str) -> dict[str, str]:
    """Return object -> mode for the schedules whose cron names `moment` (aware); `all` wins over `changed`."""
    times = _wall_clock(moment, ZoneInfo(time_zone))
    modes: dict[str, str] = {}
    for plan in plans:
        if any(croniter.match(plan.cron, local) for local in times):
            for name in plan.objects:
                modes[name] = "all" if "all" in (plan.mode, modes.get(name)) else "changed"
    return modes


def last_time(cron: str, moment: datetime, time_zone: str) -> datetime:
    """Return when `cron` was last due before `moment` (aware), in UTC."""
    zone = ZoneInfo(time_zone)
    local = moment.astimezone(zone).replace(tzinfo=None)
    before: datetime = croniter(cron, local).get_prev(datetime)
    return before.replace(tzinfo=zone).astimezone(UTC)


def next_time(cron: str, moment: datetime, time_zone: str) -> datetime:
    """Return when `cron` is due first after `moment` (aware), in UTC."""
    zone = ZoneInfo(time_zone)
    local = moment.astimezone(zone).replace(tzinfo=None)
    after: datetime = croniter(cron, local).get_next(datetime)
    return after.replace(tzinfo=zone).astimezone(UTC)
