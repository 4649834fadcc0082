"""The addresses that the receiver knows: new ones at once, old ones for seconds, all while PostgreSQL is away."""

from __future__ import annotations

import asyncio
import dataclasses

import psycopg
import pytest
from cryptography.fernet import Fernet

from include.contract.errors import WarehouseDown
from include.receiver import endpoints
from include.receiver.endpoints import StoredEndpoints
from include.receiver.intake import Endpoint, Unavailable
from include.sync.pull import Platform
from include.warehouse.connection import connector
from include.warehouse.secrets import Vault

pytestmark = pytest.mark.requirement("R4")
TOKEN = "t" * 32


@dataclasses.dataclass
class Warehouse:
    """Connections that are counted, and that fail on demand."""

    dsn: str
    connections: int = 0
    is_away: bool = False

    def connect(self) -> psycopg.Connection:
        self.connections += 1
        if self.is_away:
            raise WarehouseDown("gone")
        return connector(self.dsn, "test")()


@pytest.fixture
def counted(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Warehouse, Platform]:
    monkeypatch.setattr(endpoints, "_LEAST_SECONDS", 0.05)
    monkeypatch.setattr(endpoints, "_KEPT_SECONDS", 0.2)
    here = Warehouse(warehouse)
    return here, Platform(here.connect, Vault(Fernet.generate_key().decode()))


def write(platform: Platform, query: str, *values: object) -> None:
    with connector(platform.connect.__self__.dsn, "test")() as connection:  # type: ignore[attr-defined]
        connection.execute(query.encode(), values)


def add(platform: Platform, secret: str | None = "secret") -> None:
    sealed = platform.vault.seal(secret) if secret else None
    write(
        platform,
        "insert into platform.webhook_endpoints (coupling_id, token, secret) values (1, %s, %s)",
        TOKEN,
        sealed,
    )


def test_many_who_ask_at_once_are_one_look(counted: tuple[Warehouse, Platform]) -> None:
    here, platform = counted
    add(platform)
    found = StoredEndpoints(platform)

    async def ask() -> list[Endpoint | None]:
        return await asyncio.gather(*(found.find(TOKEN) for _ in range(50)))

    asked = asyncio.run(ask())
    assert [endpoint.coupling for endpoint in asked if endpoint] == ["shop__1"] * 50
    assert here.connections == 1


def test_what_is_new_is_found_and_what_is_switched_off_is_forgotten(counted: tuple[Warehouse, Platform]) -> None:
    _, platform = counted

    async def play() -> None:
        found = StoredEndpoints(platform)
        assert await found.find(TOKEN) is None
        add(platform, None)
        await asyncio.sleep(0.1)
        new = await found.find(TOKEN)
        assert new is not None
        assert not new.has_secret
        write(platform, "update platform.webhook_endpoints set secret = %s", platform.vault.seal("secret"))
        await asyncio.sleep(0.3)
        assert (await found.find(TOKEN)).has_secret  # type: ignore[union-attr]
        write(platform, "update platform.webhook_endpoints set is_active = false")
        await asyncio.sleep(0.3)
        assert await found.find(TOKEN) is None

    asyncio.run(play())


def test_without_postgresql_the_known_stay_and_of_others_nobody_can_say(counted: tuple[Warehouse, Platform]) -> None:
    here, platform = counted
    add(platform)

    async def play() -> None:
        found = StoredEndpoints(platform)
        assert await found.find(TOKEN)
        here.is_away = True
        await asyncio.sleep(0.3)
        assert await found.find(TOKEN)
        with pytest.raises(Unavailable):
            await found.find("somebody else")
        here.is_away = False
        await asyncio.sleep(0.1)
        assert await found.find("somebody else") is None

    asyncio.run(play())
