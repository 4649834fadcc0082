"""Faults on demand: which request they hit, and what they do to its answer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from include.sandbox.remote import Remote
from include.sandbox.world import JSON

Kind = Literal[
    "status", "cut", "lost", "late", "truncate", "html", "slow",
    "empty_page", "repeat_next", "bad_record", "expired_token", "change",
]  # fmt: skip
Flaw = Literal["no_id", "stock", "nul", "long_name", "text_numbers"]
FLAWS: tuple[Flaw, ...] = ("no_id", "stock", "nul", "long_name", "text_numbers")
HTML = "<!DOCTYPE html><html><head><title>Onderhoud</title></head><body><h1>Wij zijn zo terug</h1></body></html>"


class Fault(BaseModel):
    """One fault. It lets `skip` matching requests pass and then hits `times` of them (None: all).

    `method` and `writes` narrow what `match`, a piece of path and query, selects. What a fault does to a write:

    - `status`, `html`: answered instead of the API; with `after` the API has carried the request out before.
    - `slow`: the API is asked after `seconds`, though the client may have gone; with `after` at once, and answers then.
    - `cut`: carried out, half of the answer comes; with `after` no byte of it.
    - `lost`: never carried out, the connection is closed without a byte.
    - `late`: the connection is closed without a byte, and `seconds` later the API carries the request out.

    `change` lets the world change after a good answer: `{"deleted_products": 1, "seed": 3}` as the admin side takes it.
    """

    model_config = ConfigDict(extra="forbid")

    match: str = ""
    method: str | None = None
    writes: bool = False
    kind: Kind
    after: bool = False
    status: int = 500
    headers: dict[str, str] = {}
    body: str | None = None
    times: int | None = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    seconds: float = Field(default=1.0, ge=0)
    flaws: list[Flaw] = list(FLAWS)
    ids: list[str] = []
    change: dict[str, int] = {}

    def hits(self, method: str, path_and_query: str, *, write: bool) -> bool:
        """Say whether the request is hit, and count it."""
        if self.match not in path_and_query or self.times == 0:
            return False
        if (self.method or method) != method or (self.writes and not write):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


def instead(fault: Fault, remote: Remote) -> Response | None:
    """Return the answer that a fault gives in place of the API's, or None."""
    if fault.kind == "html":
        status = fault.status if "status" in fault.model_fields_set else 200
        return Response(fault.body or HTML, status, fault.headers, "text/html")
    if fault.kind != "status":
        return None
    if fault.body is not None:
        return Response(fault.body, fault.status, fault.headers, "text/plain")
    response = remote.refusal(fault.status)
    response.headers.update(fault.headers)
    return response


def spoil(fault: Fault, remote: Remote, body: bytes, url: str) -> bytes:
    """Return the API's answer as the fault changes it."""
    if fault.kind == "truncate":
        return body[: max(1, len(body) // 2)]
    if fault.kind not in ("empty_page", "repeat_next", "bad_record"):
        return body
    try:
        decoded = msgspec.json.Decoder(float_hook=Decimal).decode(body)
    except msgspec.DecodeError:
        return body
    if fault.kind == "empty_page":
        return JSON.encode(remote.emptied(decoded))
    if fault.kind == "repeat_next":
        return JSON.encode(remote.repeated(decoded, url))
    _flaw_records(fault, remote, remote.records(decoded))
    return JSON.encode(decoded)


def _flaw_records(fault: Fault, remote: Remote, records: list[dict[str, Any]]) -> None:
    """Give the first records, or those named by id, one flaw each, in turn."""
    if fault.ids:
        records = [r for r in records if any(str(r.get(field)) in fault.ids for field in remote.id_fields)]
        chosen = zip(records, fault.flaws * len(records), strict=False)
    else:
        chosen = zip(records, fault.flaws, strict=False)
    for record, flaw in chosen:
        _FLAWS[flaw](record, remote)


def _no_id(record: dict[str, Any], remote: Remote) -> None:
    for field in remote.id_fields:
        record.pop(field, None)


def _bad_stock(record: dict[str, Any], remote: Remote) -> None:
    _replace(record, remote.stock_fields, lambda _: "n.v.t.")


def _nul(record: dict[str, Any], remote: Remote) -> None:
    _replace(record, remote.name_fields, lambda name: f"{str(name)[:4]}\x00{str(name)[4:]}")


def _long_name(record: dict[str, Any], remote: Remote) -> None:
    _replace(record, remote.name_fields, lambda name: (f"{name} " * 300)[:300])


def _text_numbers(record: dict[str, Any], _remote: Remote) -> None:
    for field, value in record.items():
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            record[field] = str(value)


def _replace(record: dict[str, Any], fields: tuple[str, ...], new: Callable[[Any], str]) -> None:
    for field in fields:
        if field in record:
            record[field] = new(record[field])
            return


_FLAWS: dict[Flaw, Callable[[dict[str, Any], Remote], None]] = {
    "no_id": _no_id,
    "stock": _bad_stock,
    "nul": _nul,
    "long_name": _long_name,
    "text_numbers": _text_numbers,
}
