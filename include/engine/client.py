"""One coupling's line to its remote: proves who we are, keeps to the limits, tries again, names what went wrong."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import tenacity
from requests.utils import check_header_validity

from include.contract.errors import (
    AuthRefused,
    LimitReached,
    Misconfigured,
    RemoteDown,
    SyncError,
    TryAgain,
    UnexpectedResponse,
)
from include.engine import answers
from include.engine.auth import Auth, make_auth
from include.engine.compose import JSON
from include.engine.ports import Credentials, Hooks, Limiter, NoWitness, TokenStore, Witness
from include.engine.redact import address
from include.engine.tell import Told, of_answer, of_exception
from include.engine.template import fill
from include.engine.witness import failed_call
from include.spec import manifest as spec

# Its debug lines hold whole addresses, and a query may hold a secret.
logging.getLogger("urllib3").setLevel(logging.INFO)
SHORT_WAIT_SECONDS = 20
FORM = "application/x-www-form-urlencoded"
"""A body with this content type is sent as a form: a mapping of names and values."""
_TRIES = 4
Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True)
class Answer:
    """A good answer; `where` names it in messages without a secret."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    where: str
    milliseconds: int | None = None

    @property
    def remote_time(self) -> datetime:
        """The remote's clock when it answered; ours where it does not say."""
        try:
            return parsedate_to_datetime(self.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return datetime.now(UTC)


class _Session(requests.Session):
    """Takes every proof off a request that is redirected to another host; requests itself knows only one header."""

    def __init__(self) -> None:
        super().__init__()
        self.proofs: set[str] = set()

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Take the proofs off where the host differs from that of `response`."""
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
        if self.should_strip_auth(response.request.url, prepared_request.url):  # type: ignore[no-untyped-call]
            for name in self.proofs:
                prepared_request.headers.pop(name, None)


@dataclasses.dataclass(frozen=True)
class _Sent:
    method: str
    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    accept: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Ready:
    """A call that was paid for from the budgets and proves who we are; what is left is to send it."""

    sent: _Sent
    prepared: requests.PreparedRequest = dataclasses.field(repr=False)

    @property
    def url(self) -> str:
        """Its address; the query may hold a secret."""
        return str(self.prepared.url)


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
        hooks: Hooks | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._client, self._limiter, self._sleep = client, limiter, sleep
        self._witness = witness or NoWitness()
        self.values = {**values, **_connection_values(credentials)}
        self._base = fill(client.base_url, self.values).rstrip("/")
        filled = {name: fill(value, self.values) for name, value in client.headers.items()}
        # One that is left empty is meant for another kind of account.
        self._headers = {name: value for name, value in filled.items() if value}
        self._auth: Auth = make_auth(client.auth, credentials, tokens, self.values, hooks, client.errors)
        self._session = _Session()
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

    def ask(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: Any = None,
        accept: tuple[int, ...] = (),
        tries: int = 1,
        read: Callable[[Answer], Any] = lambda answer: answer,
    ) -> Any:
        """Call a path below the base address, or a whole address on the same host; return `read` of the answer.

        `body` is sent as JSON. Transient faults, among them an answer that `read` finds broken, are tried again with
        growing waits: use it for reading only. Answers with a status in `accept` are good ones once they came `tries`
        times. Raises an error of the tree.
        """
        sent = _Sent(method, self._address(path), dict(params or {}), dict(headers or {}), body, accept)

        def once() -> Any:
            answer = self._once(sent)
            for seconds in range(1, tries):
                if answer.status not in accept:
                    break
                self._sleep(seconds)
                answer = self._once(sent)
            try:
                return read(answer)
            except SyncError as error:
                self._failed(sent, answer, error)
                raise

        return self._retrying(once)

    def ready(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Ready:
        """Do everything that comes before a call that changes something: budget, token, address.

        Whatever may fail or has to wait does so here, before anybody writes down that the call is made. Raises an error
        of the tree.
        """
        sent = _Sent(method, self._address(path), dict(params or {}), dict(headers or {}), body, ())
        return self._patiently(lambda: self._ready(sent))

    def tell(self, ready: Ready) -> Told:
        """Make the call, once, and return what became of it; raises nothing.

        A refused token is renewed where it can be, and the call sent with the new one: what was refused did nothing.
        """
        told, answer = self._tell(ready)
        if answer is None or not isinstance(told.error, AuthRefused) or not self._may_renew(answer, ready.sent.url):
            return told
        try:
            again = self._patiently(lambda: self._ready(ready.sent))
        except SyncError as error:
            return dataclasses.replace(told, error=error)
        return self._tell(again)[0]

    def _ready(self, sent: _Sent) -> Ready:
        self._limiter.take(sent.url)
        try:
            return Ready(sent, self._prepare(sent))
        except ValueError as error:
            raise _not_sendable(sent.url, error) from None

    def _tell(self, ready: Ready) -> tuple[Told, Answer | None]:
        url = ready.sent.url
        self.requests += 1
        try:
            # A redirected write would be made again, or become a read.
            response = self._session.send(ready.prepared, timeout=(10, self._client.timeout), allow_redirects=False)
        except requests.RequestException as error:
            told = of_exception(error, url)
            self._failed(ready.sent, None, told.error)
            return told, None
        # Nothing that goes wrong in our own warehouse may hide what the remote said.
        with contextlib.suppress(SyncError):
            self._limiter.heard(url, response.headers)
        answer = _answer(response, url)
        told = of_answer(answer.status, answer.body, self._fault(answer, url))
        self._failed(ready.sent, answer, told.error)
        return told, answer

    def download(self, url: str) -> Iterator[bytes]:
        """Yield the chunks of a file at an address that the remote gave us, fetched without any proof of who we are.

        Raises RemoteDown, UnexpectedResponse.
        """
        if urlsplit(url).scheme not in ("https", urlsplit(self._base).scheme):
            raise UnexpectedResponse(f"{address(self._base)} names a file in clear text: {address(url)}")
        try:
            self.requests += 1
            with self._session.get(url, stream=True, timeout=(10, self._client.timeout)) as response:
                if response.status_code >= 500:
                    raise RemoteDown(f"{address(url)} answered {response.status_code}")
                if response.status_code != 200:
                    raise UnexpectedResponse(f"{address(url)} answered {response.status_code}")
                yield from response.iter_content(65536)
        except requests.RequestException as error:
            raise RemoteDown(f"{address(url)} did not answer: {type(error).__name__}") from None

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

    def _once(self, sent: _Sent) -> Answer:
        return self._patiently(lambda: self._send(sent))

    def _patiently(self, call: Callable[[], Result]) -> Result:
        """Make a call that may raise LimitReached, after short waits where these are enough."""
        waited = 0.0
        while True:
            try:
                return call()
            except LimitReached as limit:
                seconds = max((limit.until - datetime.now(UTC)).total_seconds(), 0.05)
                # Many short waits in a row are a long one, and that gives the worker slot back.
                if waited + seconds > SHORT_WAIT_SECONDS:
                    raise
                self._sleep(seconds)
                waited += seconds

    def _send(self, sent: _Sent, renewed: bool = False) -> Answer:
        self._limiter.take(sent.url)
        try:
            response = self._answer_to(sent)
        except ValueError as error:
            raise _not_sendable(sent.url, error) from None
        except requests.RequestException as error:
            # The exception's own text may hold the address with its query, so only its kind is told.
            down = RemoteDown(f"{address(sent.url)} did not answer: {type(error).__name__}")
            self._failed(sent, None, down)
            raise down from None
        self._limiter.heard(sent.url, response.headers)
        answer = _answer(response, sent.url)
        fault = self._fault(answer, sent.url)
        # A rule knows more than the status: a switched-off language also answers 404.
        if answer.status in sent.accept and not isinstance(fault, Misconfigured | AuthRefused):
            return answer
        if isinstance(fault, AuthRefused) and not renewed and self._may_renew(answer, sent.url):
            return self._send(sent, renewed=True)
        if fault is not None:
            self._failed(sent, answer, fault)
            raise fault
        return answer

    def _failed(self, sent: _Sent, answer: Answer | None, error: SyncError | None) -> None:
        if error is not None:
            came = (answer.status, answer.body, answer.headers, answer.milliseconds) if answer is not None else None
            secrets = self._auth.secrets()
            self._witness.failed(failed_call(sent.method, sent.url, sent.params, came, error, secrets))

    def _answer_to(self, sent: _Sent) -> requests.Response:
        prepared = self._prepare(sent)
        self.requests += 1
        return self._session.send(prepared, timeout=(10, self._client.timeout))

    def _prepare(self, sent: _Sent) -> requests.PreparedRequest:
        request = requests.Request(sent.method, sent.url, params=sent.params, headers={**self._headers, **sent.headers})
        if sent.body is not None:
            is_form = sent.headers.get("Content-Type") == FORM
            request.data = sent.body if is_form else JSON.encode(sent.body)
            request.headers.setdefault("Content-Type", "application/json")
        prepared = self._session.prepare_request(request)
        # The proof may sign the address, so it comes after everything else.
        for name, value in self._auth.headers(sent.method, str(prepared.url)).items():
            check_header_validity((name, value))
            prepared.headers[name] = value
            self._session.proofs.add(name)
        return prepared

    def _fault(self, answer: Answer, url: str) -> SyncError | None:
        return answers.check(answer.status, answer.body, answer.headers, url, self._client, self._auth.secrets())

    def _may_renew(self, answer: Answer, url: str) -> bool:
        """Return whether another token may be accepted where this one was refused."""
        rule = answers.rule_for(answer.status, answer.body, url, self._client.errors)
        wanted = rule.renew if rule is not None else answer.status == 401
        return wanted and self._auth.refused()


def _answer(response: requests.Response, url: str) -> Answer:
    milliseconds = round(1000 * response.elapsed.total_seconds())
    return Answer(response.status_code, response.content, response.headers, address(url), milliseconds)


def _not_sendable(url: str, error: ValueError) -> Misconfigured:
    """Return the error for what a person typed that cannot be sent at all: InvalidURL, MissingSchema, InvalidHeader."""
    return Misconfigured(
        f"{address(url)} cannot be called: {type(error).__name__}",
        next_step="Correct host, login and password in the coupling's Airflow connection, trigger again.",
    )


def _connection_values(credentials: Credentials) -> dict[str, str]:
    """Return what a manifest may name of a connection: its host and extras that are addresses, no secret."""
    values = {"connection.host": credentials.host.rstrip("/"), "connection.name": credentials.name}
    return values | {f"connection.{key}": value for key, value in credentials.extra.items() if key.endswith("_url")}
