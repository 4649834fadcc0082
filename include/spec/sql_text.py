"""Values as SQL literals, safe in PostgreSQL whatever its settings, in Jinja and in drivers that read % or {}."""

from __future__ import annotations

import re
from decimal import Decimal

# Percent and braces mean something to drivers and to Jinja; backslashes depend on a setting of PostgreSQL. Written as
# escapes they mean nothing to anyone but PostgreSQL.
_ESCAPED = re.compile(r"[\\%{}\x01-\x1f\x7f]")


def quoted(text: str) -> str:
    """Return a text as a literal of type text. Raises ValueError for what PostgreSQL cannot hold."""
    if "\0" in text:
        raise ValueError("a text cannot hold the character NUL")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a text cannot hold half a surrogate pair") from None
    doubled = text.replace("'", "''")
    if _ESCAPED.search(doubled):
        return "E'" + _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", doubled) + "'::text"
    return f"'{doubled}'::text"


def number(value: int | Decimal) -> str:
    """Return a number as a literal of type numeric."""
    text = f"{Decimal(value):f}"
    return f"({text})::numeric" if text.startswith("-") else f"{text}::numeric"


def identifier(name: str) -> str:
    """Return a name in double quotes."""
    return '"' + name.replace('"', '""') + '"'
