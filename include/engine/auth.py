"""Prove who we are: Basic, client credentials, rotating refresh token. All workers share one store of tokens."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import requests

from include.contract.errors import AuthRefused, LimitReached, Misconfigured, RemoteDown, UnexpectedResponse
from include.engine.answers import waits_until
from include.engine.ports import Credentials, Token, TokenStore
from include.engine.redact import address, remote_words
from include.spec import auth as spec

_TIMEOUT = (10, 30)
# Somebody else holds a token that is still good; nobody tells until when, so it is asked for again now and then.
_TOO_EARLY_WAIT = timedelta(minutes=2)


class Auth(Protocol):
    """Puts a proof on each request."""

    def header(self) -> str:
        """Return the Authorization header. May fetch a token; raises AuthRefused, LimitReached or RemoteDown."""

    def refused(self) -> bool:
        """Hear that the remote answered 401 to this proof; return whether there can be another one."""

    def secrets(self) -> list[str]:
        """Return every secret in use, for redaction."""


class BasicAuth:
    """HTTP Basic: nothing to renew."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._header = "Basic " + _basic(credentials)

    def header(self) -> str:
        """Return the Authorization header."""
        return self._header

    def refused(self) -> bool:
        """Return False: the same login would be refused again."""
        return False

    def secrets(self) -> list[str]:
        """Return every secret in use."""
        return [*_secrets_of(self._credentials), self._credentials.login]


class TokenAuth:
    """Bearer token from an OAuth2 grant, taken from the shared store and renewed there."""

    def __init__(
        self, grant: spec.ClientCredentials | spec.RefreshToken, url: str, credentials: Credentials, store: TokenStore
    ) -> None:
        self._grant, self._url, self._credentials, self._store = grant, url, credentials, store
        self._token: Token | None = None
        self._refused_access = ""
        self._seed = hashlib.sha256(credentials.extra.get("refresh_token", "").encode()).hexdigest()

    def header(self) -> str:
        """Return the Authorization header with a token that is good for some seconds more."""
        if self._token is None or not self._usable(self._token):
            self._token = self._store.get(self._credentials.name, self._usable, self._renew)
        return f"Bearer {self._token.access}"

    def refused(self) -> bool:
        """Hear of a 401: the token is used no more, a new one may help."""
        self._refused_access = self._token.access if self._token else ""
        return True

    def secrets(self) -> list[str]:
        """Return every secret in use."""
        token = [self._token.access, self._token.refresh] if self._token else []
        return [*_secrets_of(self._credentials), *token, self._refused_access]

    def _usable(self, token: Token) -> bool:
        early = timedelta(seconds=self._grant.early_seconds)
        # A new refresh token in the connection means that the customer authorised again.
        same_grant = token.seed in ("", self._seed) or not isinstance(self._grant, spec.RefreshToken)
        return same_grant and token.access != self._refused_access and token.expires_at - early > datetime.now(UTC)

    def _renew(self, token: Token | None) -> Token:
        if isinstance(self._grant, spec.ClientCredentials):
            return self._ask({}, headers={"Authorization": f"Basic {_basic(self._credentials)}"})
        if token is not None and token.seed != self._seed:
            token = None
        if token is not None:
            allowed = token.issued_at + timedelta(seconds=self._grant.not_before_seconds)
            if allowed > datetime.now(UTC):
                raise LimitReached(f"{address(self._url)} gives no new token before {allowed:%H:%M:%S} UTC", allowed)
        refresh = token.refresh if token else self._credentials.extra.get("refresh_token", "")
        if not refresh:
            raise AuthRefused(f"the connection '{self._credentials.name}' holds no refresh_token")
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        return self._ask(form | {"client_id": self._credentials.login, "client_secret": self._credentials.password})

    def _ask(self, form: dict[str, str], headers: dict[str, str] | None = None) -> Token:
        try:
            headers = {"Accept": "application/json"} | (headers or {})
            # trust_env off: a .netrc of the machine must not replace our proof.
            with requests.Session() as session:
                session.trust_env = False
                # A redirect would send the secret on to wherever it points.
                answer = session.post(self._url, data=form, headers=headers, timeout=_TIMEOUT, allow_redirects=False)
        except ValueError as error:
            raise Misconfigured(
                f"{address(self._url)} cannot be called: {type(error).__name__}",
                next_step="Correct the host in the coupling's Airflow connection, trigger again.",
            ) from None
        except requests.RequestException as error:
            raise RemoteDown(f"{address(self._url)} gave no token: {type(error).__name__}") from None
        where = f"{address(self._url)} answered {answer.status_code}"
        words = remote_words(answer.content, [*self.secrets(), form.get("refresh_token", "")])
        if answer.status_code == 429:
            until = waits_until(answer.headers, words, [])
            raise LimitReached(f"{where} to the token request: {words}", until)
        if answer.status_code in (408, 425) or answer.status_code >= 500:
            raise RemoteDown(f"{where} to the token request: {words}")
        too_early = getattr(self._grant, "too_early", "")
        if too_early and too_early in words:
            raise LimitReached(f"{where} to the token request: {words}", datetime.now(UTC) + _TOO_EARLY_WAIT)
        if not answer.ok:
            raise AuthRefused(f"{where} to the token request: {words}")
        return self._token_of(answer, form, where)

    def _token_of(self, answer: requests.Response, form: dict[str, str], where: str) -> Token:
        try:
            data: dict[str, Any] = answer.json()
            if not isinstance(data["access_token"], str) or not data["access_token"]:
                raise ValueError
            now = datetime.now(UTC)
            return Token(
                access=data["access_token"],
                refresh=str(data.get("refresh_token") or form.get("refresh_token", "")),
                issued_at=now,
                # Exact sends expires_in as a string.
                expires_at=now + timedelta(seconds=int(data["expires_in"])),
                seed=self._seed,
            )
        except (ValueError, KeyError, TypeError, OverflowError):
            raise UnexpectedResponse(f"{where} to the token request without a token") from None


def make_auth(
    grant: spec.Basic | spec.ClientCredentials | spec.RefreshToken,
    credentials: Credentials,
    store: TokenStore,
    fill: Callable[[str], str],
) -> Auth:
    """Return the proof that a manifest asks for. `fill` completes its address."""
    if isinstance(grant, spec.Basic):
        return BasicAuth(credentials)
    return TokenAuth(grant, fill(grant.token_url), credentials, store)


def _secrets_of(credentials: Credentials) -> list[str]:
    extra = [value for key, value in credentials.extra.items() if not key.endswith("_url")]
    return [credentials.password, _basic(credentials), *extra]


def _basic(credentials: Credentials) -> str:
    return base64.b64encode(f"{credentials.login}:{credentials.password}".encode()).decode()
