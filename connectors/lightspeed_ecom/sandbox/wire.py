"""How Lightspeed eCom writes things: times, nested references, numbers, and `false` for what is not there."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from include.sandbox.world import Record

API = "https://api.webshopapp.com/nl"
Number = int | Decimal


def iso(moment: datetime) -> str:
    """Write a time as bodies hold it."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def reference(resource: str, number: int | None) -> Record | bool:
    """Refer to a record; a reference to nothing is `false` (API page, trap 1)."""
    if number is None:
        return False
    url = f"{resource}/{number}"
    return {"resource": {"id": number, "url": url, "link": f"{API}/{url}.json"}}


def list_reference(path: str, query: str = "") -> Record:
    """Refer to a list; its id is `false`."""
    ask = f"?{query}" if query else ""
    return {"resource": {"id": False, "url": f"{path}{ask}", "link": f"{API}/{path}.json{ask}"}}


def referred(field: Any) -> int | None:
    """Return the id that a reference names."""
    return field["resource"]["id"] or None if isinstance(field, dict) else None


def older(fields: Record) -> Record:
    """Write numbers as texts, as older shops do."""
    numbers = (int, Decimal)
    return {
        name: str(value) if isinstance(value, numbers) and not isinstance(value, bool) else value
        for name, value in fields.items()
    }
