"""The calls by which a remote is told where to send its events, as its manifest describes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from include.contract.errors import Misconfigured, SyncError
from include.engine.client import Client
from include.engine.paging import Call, walk
from include.engine.redact import redact
from include.engine.tell import Told
from include.engine.template import fields, fill, fill_body
from include.spec.webhooks import ListCall, Registration, RegistrationCall


@dataclasses.dataclass(frozen=True)
class Found:
    """A registration as the remote lists it."""

    remote_id: str
    topic: str
    address: str
    is_active: bool


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a coupling's events go, and the secret that they are signed with."""

    address: str
    token: str
    secret: str = dataclasses.field(repr=False)


class Calls:
    """The registrations of one coupling at its remote."""

    def __init__(self, client: Client, spec: Registration, place: Place) -> None:
        self._client, self._spec, self._place = client, spec, place
        self.target = fill(spec.target, {**client.values, "address": place.address})

    @property
    def tells_secret(self) -> bool:
        """Whether the remote is given the secret with each registration."""
        return "secret" in fields(self._spec.create.body)

    @property
    def can_revive(self) -> bool:
        """Whether what the remote switched off can be switched on again."""
        return self._spec.revive is not None

    @property
    def can_remove(self) -> bool:
        """Whether our login may take a registration away."""
        return self._spec.remove is not None

    def ours(self, topics: Iterable[str]) -> list[Found]:
        """Return the registrations that send to this coupling, at whichever host. Raises an error of the tree."""
        found = []
        for topic in topics if "topic" in fields(self._spec.listed.path) else [""]:
            found += self._listed(topic)
        return [each for each in found if self._is_ours(each.address)]

    def create(self, topic: str) -> tuple[Told, str | None]:
        """Register a topic, once; return what became of it and the id where the answer tells one."""
        told = self._tell(self._spec.create, topic, "")
        if told.outcome != "accepted" or self._spec.create.id is None:
            return told, None
        try:
            return told, _id(_at(msgspec.json.decode(told.body), self._spec.create.id))
        except msgspec.DecodeError:
            return told, None

    def exists_already(self, told: Told) -> bool:
        """Return whether a refusal says that the topic is registered, by us or by somebody else."""
        words = self._spec.create.exists
        return words is not None and told.outcome != "accepted" and words.encode() in told.body

    def revive(self, found: Found) -> Told:
        """Switch a registration on again."""
        if self._spec.revive is None:
            raise Misconfigured(f"the manifest has no call that revives '{found.topic}'")
        return self._tell(self._spec.revive, found.topic, found.remote_id)

    def remove(self, found: Found) -> Told:
        """Take a registration away; one that is gone already counts as taken away."""
        if self._spec.remove is None:
            raise Misconfigured(f"the manifest has no call that removes '{found.topic}'")
        told = self._tell(self._spec.remove, found.topic, found.remote_id)
        return Told("accepted", "answer", told.status) if told.status in (404, 410) else told

    def words(self, error: SyncError) -> SyncError:
        """Take our secret out of the remote's words: it may write back what it was sent."""
        error.what = redact(error.what, [self._place.secret])
        error.args = (error.what,)
        return error

    def _is_ours(self, address: str) -> bool:
        if self._spec.target != "{address}":
            return address == self.target
        return address.rstrip("/").endswith(f"/webhooks/{self._place.token}")

    def _listed(self, topic: str) -> list[Found]:
        listed, values = self._spec.listed, self._values(topic, "")
        call = Call(
            path=fill(listed.path, values, in_path=True),
            params={name: fill(value, values) for name, value in listed.params.items()},
            headers={},
            records=tuple(listed.records),
            accept=tuple(listed.none_status),
        )
        pages = walk(self._client, call, listed.paging, None)
        read = (_found(listed, msgspec.json.decode(raw), topic) for page in pages for raw in page.records)
        return [found for found in read if found is not None]

    def _tell(self, call: RegistrationCall, topic: str, remote_id: str) -> Told:
        values = self._values(topic, remote_id)
        told = self._client.tell(
            self._client.ready(
                call.method,
                fill(call.path, values, in_path=True),
                {name: fill(value, values) for name, value in call.params.items()},
                {name: fill(value, values) for name, value in call.headers.items()},
                None if call.body is None else fill_body(call.body, values),
            )
        )
        return dataclasses.replace(told, error=self.words(told.error)) if told.error else told

    def _values(self, topic: str, remote_id: str) -> dict[str, Any]:
        parts = {f"topic.{place}": part for place, part in enumerate(topic.split("/"))}
        mine = {"address": self._place.address, "secret": self._place.secret, "topic": topic, "remote_id": remote_id}
        return {**self._client.values, **mine, **parts}


def _found(listed: ListCall, record: Any, asked: str) -> Found | None:
    """Read a registration; None for a mapping that is none (an empty answer of a list that is a mapping)."""
    remote_id = _id(_at(record, listed.id))
    if remote_id is None:
        return None
    paths = [listed.topic] if isinstance(listed.topic, str) else listed.topic or []
    topic = "/".join(str(_at(record, path)) for path in paths) or asked
    active = all(_at(record, path) in values for path, values in listed.active.items())
    return Found(remote_id, topic, str(_at(record, listed.address) or ""), active)


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else None


def _at(record: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(record, Mapping):
            record = record.get(step)
        elif isinstance(record, list) and step.isdecimal() and int(step) < len(record):
            record = record[int(step)]
        else:
            return None
    return record
