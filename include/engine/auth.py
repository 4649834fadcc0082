"""Prove who we are: Basic, a key in a header, OAuth 1.0a; token grants are in `token_grant`."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from oauthlib import oauth1

from include.contract.errors import Misconfigured
from include.engine.ports import Credentials, Hooks, TokenStore
from include.engine.template import fill
from include.engine.token_grant import TokenAuth
from include.spec import auth as spec
from include.spec.manifest import ErrorRule


class Auth(Protocol):
    """Puts a proof on each request."""

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Return the headers that prove who we are; `url` has its query.

        May fetch a token; raises AuthRefused, LimitReached or RemoteDown.
        """

    def refused(self) -> bool:
        """Hear that the remote refused this proof; return whether there can be another one."""

    def secrets(self) -> list[str]:
        """Return every secret in use, for redaction."""


class FixedAuth:
    """The same headers with every request: nothing to renew."""

    def __init__(self, headers: Mapping[str, str], secrets: list[str]) -> None:
        self._headers, self._secrets = dict(headers), secrets

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Return the headers."""
        return self._headers

    def refused(self) -> bool:
        """Return False: the same proof would be refused again."""
        return False

    def secrets(self) -> list[str]:
        """Return every secret in use."""
        return self._secrets


class SignedAuth:
    """OAuth 1.0a: each request gets a signature, nonce and time of its own; a JSON body takes no part in it."""

    def __init__(self, credentials: Credentials) -> None:
        needed = ("access_token", "access_token_secret")
        missing = [name for name in needed if not credentials.extra.get(name)]
        if missing:
            raise Misconfigured(f"the connection '{credentials.name}' holds no {' and no '.join(missing)}")
        self._secrets = [*secrets_of(credentials), credentials.login]
        self._signer = oauth1.Client(
            credentials.login,
            client_secret=credentials.password,
            resource_owner_key=credentials.extra["access_token"],
            resource_owner_secret=credentials.extra["access_token_secret"],
            signature_method=oauth1.SIGNATURE_HMAC_SHA256,
        )

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Return the signature of this very request."""
        _, signed, _ = self._signer.sign(url, http_method="POST" if method == "POST" else "GET")
        return {"Authorization": str(signed["Authorization"])}

    def refused(self) -> bool:
        """Return False: the same keys would be refused again."""
        return False

    def secrets(self) -> list[str]:
        """Return every secret in use."""
        return self._secrets


def make_auth(
    grant: spec.Auth,
    credentials: Credentials,
    store: TokenStore,
    values: Mapping[str, Any],
    hooks: Hooks | None = None,
    errors: Sequence[ErrorRule] = (),
) -> Auth:
    """Return the proof that a manifest asks for; `values` fill its address. Raises Misconfigured.

    `errors` say what the remote's refusals of a token mean.
    """
    if isinstance(grant, spec.Choice):
        chosen = str(values.get(f"settings.{grant.setting}"))
        if chosen not in grant.ways:
            raise Misconfigured(f"'{grant.setting}' is '{chosen}'; there are {', '.join(grant.ways)}")
        grant = grant.ways[chosen]
    if isinstance(grant, spec.OAuth1):
        return SignedAuth(credentials)
    filled = with_secrets(credentials, values)
    if isinstance(grant, spec.Basic):
        sent = _basic_of(fill(grant.user, filled, empty=True), fill(grant.secret, filled, empty=True))
        return FixedAuth({"Authorization": f"Basic {sent}"}, [*secrets_of(credentials), credentials.login, sent])
    if isinstance(grant, spec.Header):
        return FixedAuth({grant.header: fill(grant.value, filled)}, secrets_of(credentials))
    proof = {"Authorization": f"Basic {basic(credentials)}"}
    sends_basic = isinstance(grant, spec.ClientCredentials) and grant.send == "basic"
    return TokenAuth(
        grant,
        url=fill(grant.token_url, values),
        form=_form(grant, credentials, filled, hooks),
        headers=proof if sends_basic else {},
        credentials=credentials,
        secrets=secrets_of(credentials),
        store=store,
        errors=errors,
    )


def _form(
    grant: spec.ClientCredentials | spec.RefreshToken,
    credentials: Credentials,
    values: Mapping[str, Any],
    hooks: Hooks | None,
) -> dict[str, str]:
    """Return the fields of a token request beside those of its grant."""
    form: dict[str, str] = {}
    if isinstance(grant, spec.RefreshToken):
        form = {"client_id": credentials.login, "client_secret": credentials.password}
    elif grant.send == "form":
        form = {"grant_type": "client_credentials", "client_id": credentials.login,
                "client_secret": credentials.password}  # fmt: skip
    form |= {name: fill(value, values) for name, value in grant.form.items()}
    if grant.hook is not None:
        if hooks is None or hooks.token_form is None:
            raise Misconfigured("the manifest names a hook 'token_form' and the connector's hooks.py has none")
        form |= hooks.token_form(credentials.login, credentials.password, credentials.extra)
    return form


def with_secrets(credentials: Credentials, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` with everything the connection holds; only for what is sent as a proof."""
    held = {f"connection.{key}": value for key, value in credentials.extra.items()}
    login = {"connection.login": credentials.login, "connection.password": credentials.password}
    return {**values, **held, **login}


def secrets_of(credentials: Credentials) -> list[str]:
    """Return what of a connection must never be shown."""
    extra = [value for key, value in credentials.extra.items() if not key.endswith("_url")]
    return [credentials.password, basic(credentials), *extra]


def basic(credentials: Credentials) -> str:
    """Return login and password as HTTP Basic writes them."""
    return _basic_of(credentials.login, credentials.password)


def _basic_of(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()
