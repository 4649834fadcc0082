"""Fixtures: connectors/<name>/fixtures/<stream>.json, the first records of one recorded answer, scrubbed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from include.contract.errors import Misconfigured, SyncError
from include.engine.ports import Credentials
from include.engine.records import RecordShape, reader, split
from include.kit.checkout import Connector
from include.kit.scrub import HOST, Found, scrubbed
from include.spec.manifest import Stream

_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode
_ENCODE = msgspec.json.Encoder(decimal_format="number").encode


def write(connector: Connector, stream: str, body: bytes, credentials: Credentials, most: int) -> tuple[Path, Found]:
    """Write the first `most` records of an answer as the stream's fixture; return where, and what was scrubbed.

    Raises Misconfigured when the answer holds no record: then there is nothing to learn from it.
    """
    about = connector.manifest.streams[stream]
    text = body.decode("utf-8")
    for address in {credentials.host.rstrip("/"), *_origins(credentials)} - {""}:
        # Also as some remotes write it, with escaped slashes.
        text = text.replace(address, HOST).replace(address.replace("/", "\\/"), HOST)
    if not records_of(about, text.encode(), stream):
        raise Misconfigured(
            f"the answer of {stream} holds no record", next_step="Record it from an account that has one."
        )
    document = _first(_DECODE(text), about, most)
    secrets = [credentials.login, credentials.password, *credentials.extra.values()]
    document, found = scrubbed(document, secrets)
    path = connector.fixture(stream)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.format(_ENCODE(document), indent=1) + b"\n")
    return path, found


def _origins(credentials: Credentials) -> list[str]:
    addresses = [value for key, value in credentials.extra.items() if key.endswith("_url")]
    parts = [urlsplit(address) for address in [credentials.host, *addresses]]
    return [f"{part.scheme}://{part.netloc}" for part in parts if part.netloc]


def _first(document: Any, stream: Stream, most: int) -> Any:
    """Cut the list of records; everything beside it stays as it was sent."""
    if stream.report is not None:
        return document[:most]
    for path in stream.records:
        steps, place = [step for step in path.split(".") if step], document
        if not steps:
            return document[:most] if isinstance(document, list) else document
        for step in steps[:-1]:
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict) and isinstance(place.get(steps[-1]), list):
            place[steps[-1]] = place[steps[-1]][:most]
            return document
        if isinstance(place, dict) and steps[-1] in place:
            return document
    return document


def records_of(stream: Stream, body: bytes, where: str) -> list[msgspec.Raw]:
    """Return the raw records of an answer; those of a report are its rows. Raises UnexpectedResponse."""
    return split(body, [""] if stream.report is not None else stream.records, where, may_lack=True)


def fixture_fault(connector: Connector, stream: str) -> str:
    """Say what is wrong with a fixture: unreadable, without records, records without a key, or not scrubbed."""
    about, path = connector.manifest.streams[stream], connector.fixture(stream)
    body = path.read_bytes()
    try:
        raws = records_of(about, body, path.name)
    except SyncError as error:
        return str(error)
    if not raws:
        return "holds no record"
    shape = RecordShape(tuple(about.key), about.root, None, tuple(about.hash_without))
    _, bad = reader(shape)(raws, "parent")
    if bad:
        return f"{bad[0].field}: {bad[0].reason}"
    _, found = scrubbed(_DECODE(body))
    return f"is not scrubbed: {', '.join(sorted(found))}" if found else ""
