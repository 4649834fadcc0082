"""What tests of registrations ask of a system's sandbox, of the platform, and of the one who listens."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import psycopg

from include.engine.ports import Credentials
from include.sandbox import Running
from include.spec.load import CouplingConfig
from include.spec.webhooks import OURS
from include.sync import webhooks
from include.sync.pull import Platform
from include.sync.webhooks import Settled
from include.webhooks.event import Event, is_ping, read
from include.webhooks.signature import verify

KEY = "the key of the destination"


@dataclasses.dataclass(frozen=True)
class Heard:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclasses.dataclass
class Listener:
    address: str = ""
    answer: int = 200
    heard: list[Heard] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Ground:
    platform: Platform
    connection: psycopg.Connection[dict[str, Any]]
    configs: dict[str, CouplingConfig]
    listener: Listener

    def at(self, system: str, running: Running, **settings: Any) -> Place:
        config = self.configs[system]
        required = dict(running.remote.coupling_settings)
        config = dataclasses.replace(config, settings={**config.settings, **required, **settings})
        return Place(self, config, running)


@dataclasses.dataclass
class Place:
    """One coupling whose remote is a sandbox."""

    ground: Ground
    config: CouplingConfig
    running: Running

    @property
    def credentials(self) -> Credentials:
        held = _authorised(self.running)
        extra = {"webhook_key": KEY, **{key: str(value) for key, value in held["extra"].items()}}
        return Credentials(self.config.connection, held["host"], held["login"], held["password"], extra)

    def register(self) -> Settled:
        return webhooks.register(self.ground.platform, self.config, self.credentials)

    def check(self) -> Settled:
        return webhooks.check(self.ground.platform, self.config, self.credentials)

    def remove(self) -> Settled:
        return webhooks.remove(self.ground.platform, self.config, self.credentials)

    def rotate(self) -> Settled:
        return webhooks.rotate(self.ground.platform, self.config, self.credentials)

    @property
    def hooks(self) -> list[dict[str, Any]]:
        return list(self.running.admin.webhooks()["hooks"])

    @property
    def alive(self) -> dict[str, dict[str, Any]]:
        """The registrations that send, by topic; fails where a topic has two."""
        found = [hook for hook in self.hooks if hook["active"]]
        assert len({hook["topic"] for hook in found}) == len(found), found
        return {hook["topic"]: hook for hook in found}

    def rows(self) -> dict[str, dict[str, Any]]:
        found = self.ground.connection.execute(
            "select r.* from platform.webhook_registrations r join platform.couplings c on c.id = r.coupling_id"
            " where c.name = %s",
            [self.config.name],
        )
        return {row["topic"]: row for row in found}

    def states(self) -> set[str]:
        return {row["state"] for row in self.rows().values()}

    def checks(self) -> list[dict[str, Any]]:
        return self.ground.connection.execute("select * from platform.webhook_checks order by id").fetchall()

    def endpoint(self) -> dict[str, Any]:
        found = self.ground.connection.execute(
            "select e.* from platform.webhook_endpoints e join platform.couplings c on c.id = e.coupling_id"
            " where c.name = %s",
            [self.config.name],
        ).fetchone()
        assert found is not None
        return found

    def secrets(self) -> list[str]:
        """What the receiver would accept now, the newest first."""
        row = self.endpoint()
        sealed = [row["secret"], row["previous_secret"]]
        return [self.ground.platform.vault.open(each) for each in sealed if each is not None]

    def believed(self, heard: Heard) -> bool:
        spec = self.config.manifest.webhooks
        assert spec is not None
        return any(verify(spec.signature, secret, heard.headers, heard.body) for secret in self.secrets())

    def events(self) -> list[Event]:
        """What the listener heard and the platform believes; pings left out."""
        spec = self.config.manifest.webhooks
        assert spec is not None
        heard = [each for each in self.ground.listener.heard if not is_ping(spec, each.headers, each.body)]
        return [read(spec, each.headers, each.body) for each in heard if self.believed(each)]

    @property
    def is_signed_with_ours(self) -> bool:
        spec = self.config.manifest.webhooks
        return spec is not None and spec.secret == OURS

    def told_secrets(self) -> set[str]:
        """What the remote was given with the registrations that send."""
        hooks = [hook for hook in self.running.remote.post.hooks.values() if hook.active]
        headers = [each for hook in hooks for each in hook.data.get("headers", ())]
        given = {each["value"] for each in headers if each["name"] == "X-Optiply-Key"}
        return given or {hook.secret for hook in hooks}

    def advance(self, seconds: float) -> None:
        """Move the remote's clock on; tokens have ended then, so the customer authorises anew."""
        self.running.admin.advance(seconds)
        self.ground.connection.execute("truncate platform.tokens")
        _HELD.pop(self.running.url, None)

    def settle(self) -> None:
        """Wait until the sandbox has sent what is due."""
        until(lambda: self.running.admin.webhooks()["waiting"] == 0)

    def wait_for_events(self, number: int) -> list[Event]:
        until(lambda: len(self.events()) >= number)
        return self.events()


def another_id(known: str, number: int) -> str:
    """Return an id of the same kind: a number, or a guid."""
    return f"900{number}" if known.isdigit() else f"{known[:-4]}900{number}"


_HELD: dict[str, dict[str, Any]] = {}


def _authorised(running: Running) -> dict[str, Any]:
    """Return what the customer authorised first: a refresh token that has rotated since would mean another consent."""
    return _HELD.setdefault(running.url, running.admin.credentials())


def inbox(place: Place, state: str = "waiting") -> list[dict[str, object]]:
    found = place.ground.connection.execute("select * from platform.webhook_events where state = %s", [state])
    return found.fetchall()


def until(what: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
