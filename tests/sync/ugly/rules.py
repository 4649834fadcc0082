"""The rules of section B20, written from the model reference and not from the SQL that they judge."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

_EXACTLY = Context(prec=700)
_PLAIN = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,2})?\s*", re.ASCII | re.IGNORECASE)
_BLANK = " \t\f\v\u00a0\u200b"
_SOME_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ENDS_ODDLY = re.compile(r"[+-]\d{2}:?\d{2}[.:]", re.ASCII)
_EXACT_DATE = re.compile(r"/Date\((-?\d{1,14})\)/", re.ASCII)
_MAIL_DATE = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} [\d:]{8} [+-]\d{4}", re.ASCII)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@dataclasses.dataclass(frozen=True)
class Told:
    """What a column must hold: a value, and whether the rules keep the record back or warn about the field."""

    value: Any = None
    blocks: bool = False
    warns: bool = False


def raw(value: Any) -> str | None:
    """Return a scalar as its text; a list or an object is none."""
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def text(value: Any, absent: str = "") -> str | None:
    found = raw(value)
    found = None if found is None else re.sub(r"[\r\n]+", " ", found).strip(_BLANK)
    return None if found in (None, "", absent) else found


def word(value: Any) -> str:
    return (raw(value) or "").strip(" ").lower()


def flag(value: Any) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(word(value))


def number(value: Any) -> Decimal | None:
    """Return a plain decimal number; None for anything else and for what takes more than 100 characters to write."""
    found = raw(value)
    return Decimal(found.strip()) if found and len(found) <= 100 and _PLAIN.fullmatch(found) else None


def times(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else _EXACTLY.multiply(one, other)


def total(numbers: list[Decimal | None]) -> Decimal | None:
    """Return the sum; None where one of them is unknown."""
    found = Decimal(0)
    for one in numbers:
        if one is None:
            return None
        found = _EXACTLY.add(found, one)
    return found


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP, _EXACTLY)


def name(value: str | None) -> Told:
    return Told(None, blocks=True) if not value else Told(value[:255], warns=len(value) > 255)


def code(value: str | None) -> Told:
    return Told(None, warns=True) if value and len(value) > 255 else Told(value)


def money(value: Any, unreadable: bool | None = None) -> Told:
    """A price: null below zero and above the ceiling, with a warning; so is a text that is no number."""
    found = value if isinstance(value, Decimal) else number(value)
    if found is None:
        written = unreadable if unreadable is not None else _is_written(value)
        return Told(None, warns=written)
    rounded = cents(found)
    return Told(rounded) if 0 <= rounded <= Decimal("9999999.99") else Told(None, warns=True)


def _is_written(value: Any) -> bool:
    return isinstance(value, dict | list) or bool((raw(value) or "").strip(" "))


def stock(value: Decimal | None) -> Told:
    if value is None or abs(math.floor(value)) > 9_999_999:
        return Told(None, blocks=True)
    return Told(math.floor(value))


def quantity(value: Decimal | None, least: int | None = None) -> Told:
    if value is None or abs(math.floor(value)) > 9_999_999 or (least is not None and math.floor(value) < least):
        return Told(None, blocks=True)
    return Told(math.floor(value))


def value_of_line(value: Decimal | None) -> Told:
    if value is None or abs(value) >= Decimal("1e13"):
        return Told(None, blocks=True)
    return Told(cents(value))


def at_least_one(value: Any) -> Told:
    """A lot or a minimum: null below one."""
    found = number(value)
    return Told(math.floor(found) if found is not None and 1 <= math.floor(found) <= 9_999_999 else None)


def days(value: Any) -> Told:
    found = number(value)
    return Told(None if found is None or math.floor(found) < 1 else min(math.floor(found), 365))


def placed(*moments: datetime | None) -> Told:
    """The first moment that is told; an order of year 3000 was not placed."""
    found = next((moment for moment in moments if moment is not None), None)
    return Told(found, blocks=found is None or not 1990 <= found.year < 2900)


def moment(value: Any, zone: ZoneInfo | None = None, *, only: str = "") -> datetime | None:
    """Return an ISO text as UTC in whole seconds; `zone` is that of a text without one."""
    found = raw(value) or ""
    if only and not re.fullmatch(only, found, re.ASCII):
        return None
    found = found.rstrip()
    if not _SOME_DAY.match(found) or _ENDS_ODDLY.search(found):
        return None
    try:
        read = datetime.fromisoformat(found)
    except ValueError:
        return None
    try:
        return read.replace(tzinfo=read.tzinfo or zone or UTC).astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return None


def local(value: Any) -> datetime | None:
    """Return Picqer's time of the wall clock."""
    return moment(value, AMSTERDAM, only=r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?")


def exact(value: Any) -> datetime | None:
    found = _EXACT_DATE.fullmatch(raw(value) or "")
    if not found:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(found.group(1)) // 1000)
    except OverflowError:
        return None


def mail(value: Any) -> datetime | None:
    found = raw(value) or ""
    try:
        return parsedate_to_datetime(found).astimezone(UTC) if _MAIL_DATE.fullmatch(found) else None
    except ValueError:
        return None


def has_ended(value: Any) -> bool:
    found = exact(value)
    return found is not None and found.date() < date.today()  # noqa: DTZ011


def identifier(value: str) -> str:
    """Return an id as it is kept: what is too long for Optiply keeps its beginning and a hash."""
    return value if len(value) <= 255 else f"{value[:200]} … {hashlib.md5(value.encode()).hexdigest()}"
