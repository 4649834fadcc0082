"""One request to a token endpoint; plain data, so that it can be handed to the process that keeps tokens."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from include.contract.errors import AuthRefused, LimitReached, Misconfigured, RemoteDown, UnexpectedResponse
from include.engine.answers import rule_for, waits_until
from include.engine.ports import Token
from include.engine.redact import address, remote_words
from include.spec.manifest import ErrorRule

# A refresh that is given up after the remote has made it costs the customer a new authorisation: better wait.
REFRESH_TIMEOUT = (10, 120)
_TIMEOUT = (10, 30)
# Somebody else holds a token that is still good; nobody tells until when, so it is asked for again now and then.
_TOO_EARLY_WAIT = timedelta(minutes=2)


@dataclasses.dataclass(frozen=True)
class TokenRequest:
    """How one credential gets its token. Its text form shows no secret."""

    credential: str
    url: str
    form: Mapping[str, str] = dataclasses.field(repr=False)
    headers: Mapping[str, str] = dataclasses.field(repr=False)
    refresh_token: str | None = dataclasses.field(default=None, repr=False)
    """The refresh token of the connection, for a grant that lives by one."""
    seed: str = ""
    not_before_seconds: int = 0
    too_early: str = ""
    secrets: tuple[str, ...] = dataclasses.field(default=(), repr=False)
    errors: tuple[Mapping[str, Any], ...] = ()
    """The manifest's rules about refused credentials, as plain data."""

    @property
    def rotates(self) -> bool:
        """Whether the remote may give a new refresh token that replaces the old one for good."""
        return self.refresh_token is not None

    def order(self) -> dict[str, Any]:
        """Return it as plain data, from which another process can make it again. Holds secrets."""
        return dataclasses.asdict(self)

    def renew(self, token: Token | None) -> Token:
        """Ask the remote for a token. Raises AuthRefused, LimitReached, RemoteDown or UnexpectedResponse."""
        if not self.rotates:
            return self._ask(dict(self.form))
        if token is not None and token.seed != self.seed:
            token = None
        if token is not None:
            allowed = token.issued_at + timedelta(seconds=self.not_before_seconds)
            if allowed > datetime.now(UTC):
                raise LimitReached(f"{address(self.url)} gives no new token before {allowed:%H:%M:%S} UTC", allowed)
        refresh = token.refresh if token else self.refresh_token
        if not refresh:
            raise AuthRefused(f"the connection '{self.credential}' holds no refresh_token")
        return self._ask({"grant_type": "refresh_token", "refresh_token": refresh, **self.form})

    def _ask(self, form: dict[str, str]) -> Token:
        try:
            headers = {"Accept": "application/json", **self.headers}
            timeout = REFRESH_TIMEOUT if self.rotates else _TIMEOUT
            # trust_env off: a .netrc of the machine must not replace our proof.
            with requests.Session() as session:
                session.trust_env = False
                # A redirect would send the secret on to wherever it points.
                answer = session.post(self.url, data=form, headers=headers, timeout=timeout, allow_redirects=False)
        except ValueError as error:
            raise Misconfigured(
                f"{address(self.url)} cannot be called: {type(error).__name__}",
                next_step="Correct the host in the coupling's Airflow connection, trigger again.",
            ) from None
        except requests.RequestException as error:
            raise RemoteDown(f"{address(self.url)} gave no token: {type(error).__name__}") from None
        where = f"{address(self.url)} answered {answer.status_code}"
        words = remote_words(answer.content, [*self.secrets, form.get("refresh_token", "")])
        self._refuse(answer, where, words)
        return self._token_of(answer, form, where)

    def _refuse(self, answer: requests.Response, where: str, words: str) -> None:
        """Raise what an answer without a token means."""
        if answer.status_code == 429:
            until = waits_until(answer.headers, words, [])
            raise LimitReached(f"{where} to the token request: {words}", until)
        if answer.status_code in (408, 425) or answer.status_code >= 500:
            raise RemoteDown(f"{where} to the token request: {words}")
        if self.too_early and self.too_early in words:
            raise LimitReached(f"{where} to the token request: {words}", datetime.now(UTC) + _TOO_EARLY_WAIT)
        if not answer.ok:
            rules = [ErrorRule.model_validate(rule) for rule in self.errors]
            rule = rule_for(answer.status_code, answer.content, self.url, rules)
            raise AuthRefused(f"{where} to the token request: {words}", next_step=rule.next_step if rule else None)

    def _token_of(self, answer: requests.Response, form: Mapping[str, str], where: str) -> Token:
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
                seed=self.seed,
            )
        except (ValueError, KeyError, TypeError, OverflowError):
            raise UnexpectedResponse(f"{where} to the token request without a token") from None
