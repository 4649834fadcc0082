"""From what is known to a page: templates that escape everything, times that the browser puts into its own zone."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from include.spec.tables import TABLES
from include.warehouse.status import OBJECT_WORDS, WORDS

HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_TABLES = frozenset(table for tables in TABLES.values() for table in tables)
# How much each state needs a person: the stylesheet has a colour for each.
TONES = {
    "needs_auth": "bad", "failing": "bad", "late": "warn", "approval": "ask", "quota": "wait", "activating": "busy",
    "pulling": "busy", "paused": "off", "new": "off", "inactive": "off", "never": "off", "unscheduled": "off",
    "on_time": "good",
}  # fmt: skip


def moment(value: datetime | None) -> Markup | str:
    """Return a time in UTC that the page's script rewrites to how long ago it is; a dash for none."""
    if value is None:
        return "–"
    utc = value.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(utc.isoformat(), f"{utc:%d %b %H:%M}")


def number(value: int | None) -> str:
    """Return a number with thousands apart; a dash for none."""
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def duration(seconds: float | timedelta | None) -> str:
    """Return a span as a person says it, in its two largest units."""
    if seconds is None:
        return "–"
    total = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60} s" if total < 600 else f"{total // 60} min"
    if total < 86400:
        return f"{total // 3600} h {total % 3600 // 60} min"
    return f"{total // 86400} d {total % 86400 // 3600} h"


def stored(value: object) -> str:
    """Return a stored value as a person reads it."""
    if value is None:
        return "–"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def plain(name: str) -> str:
    """Return the name of an object as it is spoken."""
    return name.replace("_", " ")


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"moment": moment, "number": number, "duration": duration, "plain": plain, "stored": stored}
    made.globals |= {"TONES": TONES, "WORDS": WORDS, "OBJECT_WORDS": OBJECT_WORDS, "TABLES_KNOWN": _TABLES}
    return made


_TEMPLATES = _environment()


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page, or a part of one; 304 where the browser has this very text already."""
    text = _TEMPLATES.get_template(template).render(base=request.scope.get("root_path", ""), **values)
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
    headers = {**_HEADERS, "ETag": tag}
    if status == 200 and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(text, status, headers)
