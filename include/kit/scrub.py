"""Take what is personal or secret out of a recorded answer: by the field's name and by the value's pattern.

A replacement has the type and the shape of what it replaces: letters become x, digits 0, an address of mail stays one.
It is the same at each recording, and scrubbing twice changes nothing more: so a check can tell that a file is scrubbed.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

HOST = "https://remote.example"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PERSONS = (
    r"first_?names?|last_?names?|sur_?names?|middle_?names?|full_?names?|initials|salutation|infix|prefix_?name"
    r"|given_?names?|family_?names?|contact(_?(name|person))?s?|attention|attn|recipient(_?name)?|birth\w*|gender"
    r"|(customer|buyer|debtor|delivery|invoice|billing|shipping|ship_?to|bill_?to)_?(name|contact\w*)|cardholder\w*|user_?name|company(_?name)?|ip(_?address)?|remote_?ip"
)
_FIELDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("secret", re.compile(r"(access_?|refresh_?|order_?|api_?|consumer_?)?(token|secret|password|signature|api_?key)|"
                          r"order_?key|hash|iban|bic|bank_?account|account_?number|vat_?(number|id)|tax_?vat|coc_?number")),
    ("e-mail", re.compile(r"\w*e?_?mail(_?address)?(es)?[0-9]*")),
    ("phone", re.compile(r"\w*(tele)?phone(_?(number|no))?s?[0-9]*|\w*mobile(_?number)?|fax(_?number)?|tel")),
    ("address", re.compile(r"\w*street(_?name)?[0-9]*|\w*address_?(line)?_?[0-9]|address|address_?line\w*"
                           r"|house_?n(umbe)?r\w*|\w*(zip|postal|post)_?code|zip|city|town|(delivery|invoice|billing|shipping)_?(city|address\w*)|latitude|longitude|extra_?address\w*")),
    ("name", re.compile(_PERSONS)),
)  # fmt: skip
_PERSONAL = re.compile(
    r"billing|shipping|customer|buyer|contact|address|delivery_?details|invoice_?to|recipient|shipment_?details|debtor"
)
_BARE = re.compile(r"name[0-9]?|number_?extension|extension|company|value|notes?|remarks?|comments?|reference")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.-])(\+\d{2}[\s\d-]{8,14}|0\d{1,3}[- ]\d{6,8})(?![\w.-])")
_TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|\bc[ks]_[0-9a-f]{40}\b|\b[A-Z]{2}\d{2}[A-Z]{4}\d{10}\b")
_QUERY = re.compile(r"(?i)([?&][\w.-]*(?:key|secret|token|password|signature|credential)=)([^&\s\"']+)")
_SHORTEST = 8
"""A shorter secret may be anything, such as the number of a division that stands in each address."""
Found = collections.Counter[str]


def scrubbed(value: Any, hide: Iterable[str] = ()) -> tuple[Any, Found]:
    """Return a decoded answer without what is personal, and how often each field was scrubbed, by path and kind.

    `hide`: secrets of the connection, taken out wherever they stand.
    """
    found: Found = collections.Counter()
    secrets = sorted({secret for secret in hide if len(secret) >= _SHORTEST}, key=len, reverse=True)
    return _scrub(value, (), found, secrets), found


def _scrub(value: Any, path: tuple[str, ...], found: Found, secrets: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: _scrub(inside, (*path, name), found, secrets) for name, inside in value.items()}
    if isinstance(value, list):
        return [_scrub(inside, path, found, secrets) for inside in value]
    kind = _kind_of(path) if path else None
    if kind is None or value in (None, "") or isinstance(value, bool):
        new, kind = _by_pattern(value, secrets)
    else:
        new = _replaced(value, kind)
    if new != value:
        found[f"{'.'.join(path) or 'the answer'} ({kind})"] += 1
    return new


def _kind_of(path: tuple[str, ...]) -> str | None:
    """Return what a field holds by its name; a bare `name` is a person's where it stands inside a person's part."""
    name = _plain(path[-1])
    for kind, pattern in _FIELDS:
        if pattern.fullmatch(name):
            return kind
    inside = any(_PERSONAL.search(_plain(step)) for step in path[:-1])
    return "name" if inside and _BARE.fullmatch(name) else None


def _plain(name: str) -> str:
    return _CAMEL.sub("_", name).replace("-", "_").replace(" ", "_").lower()


def _replaced(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        return _mail(value) if kind == "e-mail" and "@" in value else _masked(value)
    if isinstance(value, Decimal | float):
        return type(value)(0)
    return 10 ** (len(str(abs(value))) - 1) if value else value


def _by_pattern(value: Any, secrets: list[str]) -> tuple[Any, str]:
    if not isinstance(value, str):
        return value, ""
    text = value
    for secret in secrets:
        text = text.replace(secret, _masked(secret))
    text = _QUERY.sub(lambda match: match[1] + _masked(match[2]), text)
    text = _TOKEN.sub(lambda match: _masked(match[0]), text)
    if text != value:
        return text, "secret"
    text = _MAIL.sub(lambda match: _mail(match[0]), text)
    if text != value:
        return text, "e-mail"
    return _PHONE.sub(lambda match: _masked(match[0]), text), "phone"


def _mail(text: str) -> str:
    return _MAIL.sub(lambda match: f"{_masked(match[0].partition('@')[0])}@example.com", text)


def _masked(text: str) -> str:
    """Return the text with its letters and digits gone: same length, same capitals, same punctuation."""
    return "".join(
        "0" if char.isdigit() else ("X" if char.isupper() else "x") if char.isalpha() else char for char in text
    )
