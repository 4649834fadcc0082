# ruff: noqa: E501 - a table of cases reads best with one case a line.
"""What is personal or secret leaves a recorded answer; everything else stays as it was sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from include.kit.scrub import scrubbed

CASES: dict[str, tuple[Any, Any]] = {
    "person by the field's name": ({"first_name": "Søren", "lastName": "de Vries"}, {"first_name": "Xxxxx", "lastName": "xx Xxxxx"}),
    "name inside a person's part": ({"customer": {"name": "Anna", "id": 7}}, {"customer": {"name": "Xxxx", "id": 7}}),
    "name of a product": ({"name": "Stoel", "products": [{"name": "Tafel"}]}, {"name": "Stoel", "products": [{"name": "Tafel"}]}),
    "mail by its form": ({"note": "mail anna.smit@firma.nl please"}, {"note": "mail xxxx.xxxx@example.com please"}),
    "mail by the field's name": ({"EmailAddress": "a1@b.nl"}, {"EmailAddress": "x0@example.com"}),
    "address": ({"billing": {"street": "Dam 1a", "zipcode": "1012 AB", "country": "NL"}}, {"billing": {"street": "Xxx 0x", "zipcode": "0000 XX", "country": "NL"}}),
    "phone as a text and as a number": ({"phone": "+31 6 12345678", "mobile": 612345678}, {"phone": "+00 0 00000000", "mobile": 100000000}),
    "phone by its form": ({"text": "call 020-1234567"}, {"text": "call 000-0000000"}),
    "secret in an address": ({"next": "https://a.nl/x?page=2&access_token=abc123XY"}, {"next": "https://a.nl/x?page=2&access_token=xxx000XX"}),
    "a token": ({"jwt": "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0"}, {"jwt": "xxXxxXxxXxXXXxX0.xxXxxXXxXxXxXxX0.x0xxxxX0"}),
    "codes, dates and numbers stay": (
        {"ean": "0712345000095", "sku": "A-1", "price": Decimal("12.50"), "date": "2026-05-20T08:00:00Z", "id": "e750a68a-dd4e-4950-9d03-337b0c208172"},
        {"ean": "0712345000095", "sku": "A-1", "price": Decimal("12.50"), "date": "2026-05-20T08:00:00Z", "id": "e750a68a-dd4e-4950-9d03-337b0c208172"},
    ),
    "no value stays none": ({"email": None, "phone": "", "customer": {"name": False}}, {"email": None, "phone": "", "customer": {"name": False}}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_scrubbing(case: str) -> None:
    given, wanted = CASES[case]
    found, counts = scrubbed(given)
    assert found == wanted
    assert bool(counts) == (given != wanted)
    assert scrubbed(found) == (found, {}), "scrubbing twice changes nothing more"


def test_the_connections_secrets_leave_wherever_they_stand() -> None:
    found, counts = scrubbed(
        {"echo": "key=hunter2-hunter2!", "list": ["hunter2-hunter2!"]}, ["hunter2-hunter2!", "short"]
    )
    assert found == {"echo": "key=xxxxxx0-xxxxxx0!", "list": ["xxxxxx0-xxxxxx0!"]}
    assert counts == {"echo (secret)": 1, "list (secret)": 1}
