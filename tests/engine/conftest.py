"""The fake remote, and clients that call it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from include.engine.client import Client
from include.engine.ports import Credentials, FailedCall, NoLimit, Renewal, Token, Usable
from include.spec import manifest as spec
from tests.engine.remote import Remote


class MemoryTokens:
    """Keeps the tokens of all clients of a test, as PostgreSQL does for all workers."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}

    def get(self, credential: str, usable: Usable, renewal: Renewal) -> Token:
        token = self.tokens.get(credential)
        if token is None or not usable(token):
            token = self.tokens[credential] = renewal.renew(token)
        return token


class Slept(list[float]):
    """Takes the place of time.sleep: remembers, and does not wait."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


ClientOf = Callable[..., Client]
BASIC = {"type": "basic"}


@pytest.fixture(scope="session")
def _remote() -> Iterator[Remote]:
    remote = Remote()
    yield remote
    remote.close()


@pytest.fixture
def remote(_remote: Remote) -> Remote:
    _remote.reset()
    return _remote


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
def tokens() -> MemoryTokens:
    return MemoryTokens()


class Kept:
    """Remembers what failing calls looked like."""

    def __init__(self) -> None:
        self.calls: list[FailedCall] = []

    def failed(self, call: FailedCall) -> None:
        self.calls.append(call)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def client_of(remote: Remote, slept: Slept, tokens: MemoryTokens) -> Iterator[ClientOf]:
    """Makes clients of the remote; fields of the manifest's client are given as keywords."""
    made: list[Client] = []

    def make(credentials: Credentials | None = None, limiter: Any = None, witness: Any = None, **fields: Any) -> Client:
        client = spec.Client.model_validate({"base_url": "{connection.host}/api", "auth": BASIC} | fields)
        known = credentials or Credentials("shop__system", remote.url, "login", "password")
        made.append(Client(client, known, {}, tokens, limiter or NoLimit(), slept, witness=witness))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(client_of: ClientOf) -> Client:
    return client_of()
