"""A token in a header: from client credentials, or by a refresh token that may rotate. All workers share one store."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

from include.engine.ports import Credentials, Token, TokenStore, Usable
from include.engine.token_request import TokenRequest
from include.spec import auth as spec
from include.spec.manifest import ErrorRule

_OPEN_FIELDS = ("grant_type", "scope")


class TokenAuth:
    """Takes the token from the shared store, which renews it when it has to."""

    def __init__(
        self,
        grant: spec.ClientCredentials | spec.RefreshToken,
        *,
        url: str,
        form: Mapping[str, str],
        headers: Mapping[str, str],
        credentials: Credentials,
        secrets: list[str],
        store: TokenStore,
        errors: Sequence[ErrorRule] = (),
    ) -> None:
        self._grant, self._store, self._name = grant, store, credentials.name
        self._held = [*secrets, *(value for name, value in form.items() if name not in _OPEN_FIELDS)]
        self._token: Token | None = None
        refresh = credentials.extra.get("refresh_token", "")
        rotating = grant if isinstance(grant, spec.RefreshToken) else None
        seed = hashlib.sha256(refresh.encode()).hexdigest()
        self._usable = Usable(grant.early_seconds, seed if rotating else None)
        self._request = TokenRequest(
            credential=credentials.name,
            url=url,
            form=dict(form),
            headers=dict(headers),
            refresh_token=refresh if rotating else None,
            seed=seed,
            not_before_seconds=rotating.not_before_seconds if rotating else 0,
            too_early=rotating.too_early if rotating else "",
            secrets=tuple(self._held),
            errors=tuple(rule.model_dump() for rule in errors if rule.error_class == "auth"),
        )

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Return the header with a token that is good for some seconds more."""
        if self._token is None or not self._usable(self._token):
            self._token = self._store.get(self._name, self._usable, self._request)
        return {self._grant.header: f"{self._grant.prefix}{self._token.access}"}

    def refused(self) -> bool:
        """Hear of a refusal: the token is used no more, a new one may help."""
        access = self._token.access if self._token else ""
        self._usable = dataclasses.replace(self._usable, refused_access=access)
        return True

    def secrets(self) -> list[str]:
        """Return every secret in use."""
        token = [self._token.access, self._token.refresh] if self._token else []
        return [*self._held, *token, self._usable.refused_access]
