"""What an event says: which record of which object changed, when, and by what a repetition of it is known."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from include.spec.webhooks import EventRule, Webhooks
from include.webhooks.body import header, part, text, value

_LONGEST_ID = 255
_LONGEST_PING = 500


class UnwantedError(Exception):
    """The event is about something that nobody asked for: answered as if it were stored, and not stored."""


class UnreadableError(ValueError):
    """The event is signed and cannot be read; its text says which field is at fault, and holds nothing of the body."""


@dataclasses.dataclass(frozen=True)
class Event:
    """What an event says."""

    topic: str
    object: str
    stream: str | None
    """The stream of `record`."""
    remote_id: str | None
    """The record to ask for; None = ask for what changed since the last pull. A full event tells it where it can."""
    at: datetime | None
    """When it happened by the remote's clock (aware), where it says so."""
    record: bytes | None
    """The record itself as it was sent; None = it has to be asked for."""
    gone: bool
    """The event says that the record `remote_id` of `stream` is gone: nothing is asked for."""
    dedup: bytes
    """Equal for two deliveries of one event, 32 bytes."""


def is_ping(spec: Webhooks, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a call without signature only asks whether somebody is there. Never raises."""
    signed = getattr(spec.signature, "header", None)
    if spec.ping is None or len(body) > _LONGEST_PING or (signed is not None and header(headers, signed) is not None):
        return False
    return re.fullmatch(spec.ping, body.decode("latin-1")) is not None


def read(spec: Webhooks, headers: Mapping[str, str], body: bytes) -> Event:
    """Return what a verified delivery says.

    Raises UnwantedError for a topic or a kind of record that the manifest does not name, UnreadableError for what
    cannot be understood.
    """
    try:
        topic = _topic(spec, headers, body)
        rule = _rule(spec, topic, body)
        record = part(body, rule.record) if rule.record is not None else None
        if rule.record is not None and (record is None or record.lstrip()[:1] != b"{"):
            raise UnreadableError(f"'{topic}' brings no record at '{rule.record}'")
        remote_id = _remote_id(rule, headers, body)
        at = _moment(value(body, rule.at), spec.time_zone) if rule.at is not None and body.strip() else None
    except UnreadableError:
        raise
    except (ValueError, RecursionError):
        raise UnreadableError("the body is no JSON") from None
    if remote_id is None and record is None and rule.pull == "single":
        raise UnreadableError(f"'{topic}' names no record at {rule.id_header or rule.id}")
    dedup = _dedup(spec, rule, topic, headers, body)
    return Event(topic, rule.object, rule.stream, remote_id, at, record, rule.gone, dedup)


def _topic(spec: Webhooks, headers: Mapping[str, str], body: bytes) -> str:
    name = spec.topic.header or str(spec.topic.field)
    found = header(headers, name) if spec.topic.header else text(body, name)
    if not found:
        found = next((topic for member, topic in spec.topic.members.items() if part(body, member) is not None), None)
    if not found:
        raise UnreadableError(f"the event does not say what it is about: {name} is missing")
    return found.strip()


def _rule(spec: Webhooks, topic: str, body: bytes) -> EventRule:
    """Return the first rule of the topic that fits the body."""
    for rule in spec.events.get(topic, []):
        if all(value(body, path) == wanted for path, wanted in rule.where.items()):
            return rule
    raise UnwantedError(f"nobody asked for '{topic[:80]}'")


def _remote_id(rule: EventRule, headers: Mapping[str, str], body: bytes) -> str | None:
    if rule.pull == "changed":
        return None
    found = header(headers, rule.id_header) if rule.id_header else None
    paths = [rule.id] if isinstance(rule.id, str) else rule.id or []
    found = found or next(filter(None, (text(body, path) for path in paths)), None)
    if found is not None and (len(found) > _LONGEST_ID or "\x00" in found):
        raise UnreadableError("the record's id is too long, or holds a zero byte")
    return found


def _moment(found: object, zone: str) -> datetime | None:
    """Return a time; one that cannot be read is no reason to lose the event."""
    try:
        moment = datetime.fromisoformat(found) if isinstance(found, str) else None
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC) if moment else None
    except (ValueError, OverflowError):
        return None


def _dedup(spec: Webhooks, rule: EventRule, topic: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Hash topic, body and the headers that matter: two events of one second differ in their bodies at least."""
    named = [*spec.same_headers, *([rule.id_header] if rule.id_header else [])]
    digest = hashlib.sha256()
    for piece in (topic, *(header(headers, name) or "" for name in named)):
        digest.update(piece.encode("utf-8", "surrogatepass") + b"\0")
    digest.update(body)
    return digest.digest()
