"""How a client proves who it is; secrets come from the coupling's Airflow connection, never from a file."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.validate import Strict


class Basic(Strict):
    """HTTP Basic with the connection's login and password."""

    type: Literal["basic"]


class ClientCredentials(Strict):
    """OAuth2 client credentials: a token per `expires_in`, asked for with Basic login and password."""

    type: Literal["client_credentials"]
    token_url: str
    """Address of the token endpoint; may hold `{connection.host}` or a `_url` of the connection's extra."""
    early_seconds: int = 30
    """A token is renewed this many seconds before it ends."""


class RefreshToken(Strict):
    """OAuth2 refresh grant; whichever refresh token comes back is kept, so rotating ones are at home here."""

    type: Literal["refresh_token"]
    token_url: str
    """Address of the token endpoint."""
    early_seconds: int = 20
    """A token is renewed this many seconds before it ends."""
    not_before_seconds: int = 0
    """The remote refuses a refresh earlier than this after the last one; the pull waits instead."""
    too_early: str = ""
    """Text in the remote's refusal of a refresh that came too early, by whomever the last one was made."""


Auth = Annotated[Basic | ClientCredentials | RefreshToken, pydantic.Field(discriminator="type")]
