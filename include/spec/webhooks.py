"""What a remote sends by itself: how it proves who it is, what its events mean, how they are asked for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from include.spec.objects import ObjectName
from include.spec.paging import NoPaging, Paging
from include.spec.validate import Name, Scalar, Strict

OURS = "ours"


class HmacBase64(Strict):
    """A header holds base64 of the HMAC-SHA256 of the body, made with the secret."""

    type: Literal["hmac_sha256_base64"]
    header: str
    """The header."""


class HmacHexOfPart(Strict):
    """A member of the body holds the HMAC-SHA256, in hex, of another member, byte for byte as it was sent."""

    type: Literal["hmac_sha256_hex_of_part"]
    part: str
    """The member that is signed."""
    digest: str
    """The member that holds the signature."""


class Md5Hex(Strict):
    """A header holds the MD5, in hex, of the body with the secret behind it."""

    type: Literal["md5_hex"]
    header: str
    """The header."""


class RsaSha256(Strict):
    """A header names one of the remote's public keys and holds the signature of the body: `keyId=…, signature=…`."""

    type: Literal["rsa_sha256"]
    header: str
    """The header."""
    keys_path: str
    """Where the remote tells its public keys, below base_url."""
    keys: str
    """Where the keys stand in that answer."""
    key_id: str
    """Field with the id of a key."""
    public_key: str
    """Field with the key: base64 of its DER form."""


class HeaderToken(Strict):
    """A header holds the secret itself: where the sender lets us choose a header and signs nothing."""

    type: Literal["header_token"]
    header: str
    """The header."""


Signature = Annotated[
    HmacBase64 | HmacHexOfPart | Md5Hex | RsaSha256 | HeaderToken, pydantic.Field(discriminator="type")
]


class EventAnswer(Strict):
    """What the remote wants to hear when its event is stored."""

    status: Annotated[int, pydantic.Field(ge=200, le=299)] = 200
    """The HTTP status."""
    body: str = ""
    """The body, as JSON."""


class EventRule(Strict):
    """What an event of a topic means.

    With `stream` and `record` it brings the record itself, which is landed as if it had been pulled. Without them it is
    thin: the record is asked for (`pull: single`), or what changed since the last pull is (`pull: changed`). With
    `stream` and `gone` it says that a record is gone.
    """

    object: ObjectName
    """The object that is pulled, or whose stream is landed."""
    stream: Name | None = None
    """The stream that the record belongs to; the stream tells its records' own change time."""
    record: str | None = None
    """Where the record stands in the body; empty text = the body itself."""
    id: str | list[str] | None = None
    """Where the remote id stands in the body; of a list, the first that holds one (0 is none)."""
    id_header: str | None = None
    """Header with the remote id, where the body does not hold it."""
    at: str | None = None
    """Where the body says when it happened."""
    where: dict[str, Scalar] = {}
    """Only bodies that hold these values; the first rule of a topic that fits counts."""
    pull: Literal["single", "changed"] = "single"
    """How a thin event is followed up."""
    gone: bool = False
    """The event says that the record of `stream` with this id is gone; without `record`."""


class EventTopic(Strict):
    """Where an event says what it is about."""

    header: str | None = None
    """In this header …"""
    field: str | None = None
    """… or in this field of the body."""
    members: dict[str, str] = {}
    """Member of the body -> topic, for a body whose header is missing: `{order: orders/updated}`."""


class RegistrationCall(Strict):
    """A call that changes registrations.

    Templates may hold `{topic}`, `{topic.0}` and `{topic.1}` (its parts between slashes), `{address}`, `{secret}` and
    `{remote_id}` beside `{connection.host}` and `{settings.x}`.
    """

    path: str
    """Below base_url."""
    method: Literal["POST", "PUT", "DELETE"] = "POST"
    """The HTTP method."""
    params: dict[str, str] = {}
    """Query parameters."""
    headers: dict[str, str] = {}
    """Headers of this call."""
    body: Any = None
    """What is sent as JSON."""


class CreateCall(RegistrationCall):
    """The call that registers one topic."""

    id: str | None = None
    """Where the answer holds the registration's id; left out = the answer does not, and the list is looked at again."""
    exists: str | None = None
    """Text in a refusal which says that the topic is registered already; then the list is looked at again."""


class ListCall(Strict):
    """The call that lists registrations, and where each of them says what it is."""

    path: str
    """Below base_url. Holds `{topic}` where each topic has a list of its own."""
    params: dict[str, str] = {}
    """Query parameters."""
    records: list[str]
    """Where the registrations stand in the answer, as for a stream."""
    paging: Paging = NoPaging(type="none")
    """How to get the next page."""
    none_status: list[int] = []
    """Statuses that mean that there are none."""
    id: str
    """Field with the id."""
    topic: str | list[str] | None = None
    """Field with the topic; of a list, its parts, which a slash joins. Left out = the topic that was asked for."""
    address: str
    """Field with the address it sends to."""
    active: dict[str, list[Scalar]] = {}
    """Fields and the values they have while it sends; left out = what is listed sends."""


class Registration(Strict):
    """How topics are registered, one registration each."""

    target: str = "{address}"
    """What stands as the address in the list: another one where the remote sends elsewhere first."""
    create: CreateCall
    """Registers a topic."""
    listed: ListCall
    """Lists what is registered, ours and others'."""
    revive: RegistrationCall | None = None
    """Switches on again what the remote switched off; left out = it is removed and registered anew."""
    remove: RegistrationCall | None = None
    """Takes a registration away; left out = our login may not, and a person is told."""
    cannot_remove: str | None = None
    """What that person has to do."""


class Webhooks(Strict):
    """What the remote sends by itself."""

    when: dict[str, list[Scalar]] = {}
    """Registered only where each of these settings has one of the values named."""
    signature: Signature
    """How an event proves where it comes from."""
    secret: str | None = OURS
    """What it is made with: `ours` = made at registration, one per coupling; or a field of the connection, e.g.
    `{connection.password}`. Left out with `rsa_sha256`, whose keys are the remote's."""
    ping: str | None = None
    """A body without a signature that only asks whether somebody is there, as a regular expression for all of it; it is
    answered with `answer` and not stored."""
    answer: EventAnswer = EventAnswer()
    """What the remote wants to hear."""
    topic: EventTopic
    """Where an event says what it is about."""
    time_zone: str = "UTC"
    """The zone of times that carry none."""
    same_headers: list[str] = []
    """Headers that, with topic and body, tell a repeated delivery from a new event with the same body."""
    events: dict[str, list[EventRule]]
    """Topic -> what its events mean. Topics whose objects are switched on are registered."""
    registration: Registration
    """How topics are registered."""
