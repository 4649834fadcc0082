"""One coupling's line to its remote: proves who we are, keeps to the limits, tries again, names what went wrong."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity

from include.contract.errors import AuthRefused, LimitReached, Misconfigured, RemoteDown, TryAgain, UnexpectedResponse
from include.engine import answers
from include.engine.auth import Auth, make_auth
from include.engine.ports import Credentials, Limiter, TokenStore
from include.engine.redact import address
from include.engine.template import fill
from include.spec import manifest as spec

# Its debug lines hold whole addresses, and a query may hold a secret.
logging.getLogger("urllib3").setLevel(logging.INFO)
SHORT_WAIT_SECONDS = 20
_TRIES = 4


@dataclasses.dataclass(frozen=True)
class Answer:
    """A good answer; `where` names it in messages without a secret."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    where: str

    @property
    def remote_time(self) -> datetime:
        """The remote's clock when it answered; ours where it does not say."""
        try:
            return parsedate_to_datetime(self.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return datetime.now(UTC)


class Client:
    """Calls one remote for one coupling. Not for several threads at once."""

    def __init__(
        self,
        client: spec.Client,
        credentials: Credentials,
        values: Mapping[str, Any],
        tokens: TokenStore,
        limiter: Limiter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._limiter, self._sleep = client, limiter, sleep
        self.values = {**values, **_connection_values(credentials)}
        self._base = fill(client.base_url, self.values).rstrip("/")
        self._headers = {name: fill(value, self.values) for name, value in client.headers.items()}
        self._auth: Auth = make_auth(client.auth, credentials, tokens, lambda url: fill(url, self.values))
        self._session = requests.Session()
        # trust_env off: a .netrc or proxy of the machine must not touch our requests; it also costs time per call.
        self._session.trust_env = False
        self.requests = 0
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgain),
            wait=tenacity.wait_exponential_jitter(multiplier=0.5, max=10),
            stop=tenacity.stop_after_attempt(_TRIES),
            sleep=sleep,
            reraise=True,
        )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
        read: Callable[[Answer], Any] = lambda answer: answer,
    ) -> Any:
        """GET a path below the base address, or a whole address on the same host, and return `read` of the answer.

        Transient faults, among them an answer that `read` finds broken, are tried again with growing waits.
        Answers with a status in `accept` are good ones. Raises an error of the tree.
        """
        url = self._address(path)
        return self._retrying(lambda: read(self._once(url, params or {}, headers or {}, accept)))

    def _address(self, path: str) -> str:
        if not path.startswith(("http://", "https://")):
            return self._base + path
        # A next link is followed as it is, but never with our token to another host, nor in clear text: a shop behind
        # a proxy often names itself http://.
        base = urlsplit(self._base)
        try:
            link = urlsplit(path)
            same = (link.hostname, link.port or base.port) == (base.hostname, base.port) and "@" not in link.netloc
        except ValueError:
            raise UnexpectedResponse(f"{address(self._base)} names a next page that is no address") from None
        if not same:
            raise UnexpectedResponse(f"{address(self._base)} names a next page on another host: {address(path)}")
        return link._replace(scheme=base.scheme, netloc=base.netloc).geturl()

    def _once(self, url: str, params: Mapping[str, str], headers: Mapping[str, str], accept: tuple[int, ...]) -> Answer:
        waited = 0.0
        while True:
            try:
                return self._send(url, params, headers, accept)
            except LimitReached as limit:
                seconds = max((limit.until - datetime.now(UTC)).total_seconds(), 0.05)
                # Many short waits in a row are a long one, and that gives the worker slot back.
                if waited + seconds > SHORT_WAIT_SECONDS:
                    raise
                self._sleep(seconds)
                waited += seconds

    def _send(
        self,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        accept: tuple[int, ...],
        *,
        renewed: bool = False,
    ) -> Answer:
        self._limiter.take(url)
        proof = {"Authorization": self._auth.header()}
        try:
            self.requests += 1
            response = self._session.get(
                url,
                params=dict(params),
                headers={**self._headers, **headers, **proof},
                timeout=(10, self._client.timeout),
            )
        except ValueError as error:
            # InvalidURL, MissingSchema, InvalidHeader: what a person typed cannot be sent at all.
            raise Misconfigured(
                f"{address(url)} cannot be called: {type(error).__name__}",
                next_step="Correct host, login and password in the coupling's Airflow connection, trigger again.",
            ) from None
        except requests.RequestException as error:
            # The exception's own text may hold the address with its query, so only its kind is told.
            raise RemoteDown(f"{address(url)} did not answer: {type(error).__name__}") from None
        self._limiter.heard(url, response.headers)
        if response.status_code in accept:
            return Answer(response.status_code, response.content, response.headers, address(url))
        client = self._client
        fault = answers.check(
            response.status_code,
            response.content,
            response.headers,
            url,
            client.errors,
            client.budgets,
            self._auth.secrets(),
        )
        if isinstance(fault, AuthRefused) and response.status_code == 401 and self._auth.refused() and not renewed:
            return self._send(url, params, headers, accept, renewed=True)
        if fault is not None:
            raise fault
        return Answer(response.status_code, response.content, response.headers, address(url))


def _connection_values(credentials: Credentials) -> dict[str, str]:
    """Return what a manifest may name of a connection: its host and extras that are addresses, no secret."""
    values = {"connection.host": credentials.host.rstrip("/")}
    return values | {f"connection.{key}": value for key, value in credentials.extra.items() if key.endswith("_url")}
