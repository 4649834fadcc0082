"""How a client proves who it is; secrets come from the coupling's Airflow connection, never from a file."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.validate import Strict


class Basic(Strict):
    """HTTP Basic with the connection's login and password.

    A key that is sent as the user's name belongs into the connection's password, which Airflow does not show.
    """

    type: Literal["basic"]
    user: str = "{connection.login}"
    """What is sent as the user's name; may hold `{connection.password}` and fields of the extra."""
    secret: str = "{connection.password}"  # noqa: S105 - where the password is, not a password
    """What is sent as the password."""


class Header(Strict):
    """A key that does not change, in a header."""

    type: Literal["header"]
    header: str = "Authorization"
    """The header that takes it."""
    value: str = "Bearer {connection.password}"
    """What stands in it; may hold `{connection.login}`, `{connection.password}` and fields of the extra."""


class OAuth1(Strict):
    """OAuth 1.0a, each request signed anew with HMAC-SHA256.

    Login and password are the consumer's key and secret; the extra holds `access_token` and `access_token_secret`.
    """

    type: Literal["oauth1"]


class TokenGrant(Strict):
    """What the OAuth2 grants have in common: where the token comes from and where it goes."""

    token_url: str
    """Address of the token endpoint; may hold `{connection.host}` or a `_url` of the connection's extra."""
    early_seconds: int = 30
    """A token is renewed this many seconds before it ends."""
    header: str = "Authorization"
    """The header of each request that takes the token."""
    prefix: str = "Bearer "
    """What stands before the token in that header."""
    form: dict[str, str] = {}
    """Further fields of the token request; may hold `{connection.login}`, `{connection.password}`, fields of the extra
    and `{settings.x}`. Given here, they replace those that the grant itself sends."""
    hook: Literal["token_form"] | None = None
    """`token_form` = the function of that name in the connector's hooks.py gives further fields of the request."""


class ClientCredentials(TokenGrant):
    """OAuth2 client credentials: a token per `expires_in`."""

    type: Literal["client_credentials"]
    send: Literal["basic", "form"] = "basic"
    """How the token request proves who we are: HTTP Basic with login and password, or by `form` alone."""


class RefreshToken(TokenGrant):
    """OAuth2 refresh grant; whichever refresh token comes back is kept, so rotating ones are at home here."""

    type: Literal["refresh_token"]
    early_seconds: int = 20
    """A token is renewed this many seconds before it ends."""
    not_before_seconds: int = 0
    """The remote refuses a refresh earlier than this after the last one; the pull waits instead."""
    too_early: str = ""
    """Text in the remote's refusal of a refresh that came too early, by whomever the last one was made."""


Simple = Annotated[Basic | Header | OAuth1 | ClientCredentials | RefreshToken, pydantic.Field(discriminator="type")]


class Choice(Strict):
    """Several ways, of which a setting of the coupling names one."""

    type: Literal["choice"]
    setting: str
    """The setting; its choices are the names under `ways`."""
    ways: dict[str, Simple]
    """The ways by name."""


Auth = Annotated[
    Basic | Header | OAuth1 | ClientCredentials | RefreshToken | Choice, pydantic.Field(discriminator="type")
]
