"""What Logic4 needs besides its manifest: the form that a token is asked with."""

from __future__ import annotations

from collections.abc import Mapping

from include.contract.errors import Misconfigured


def token_form(login: str, password: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Return client_id and client_secret of the token request. Raises Misconfigured naming what is not filled in.

    https://idp.logic4server.nl/token takes `{public_key} {company_key} {user_name}` as client_id and
    `{secret_key} {password}` as client_secret. The parts are joined by one space; so in the user name first each `_` is
    written `__`, then each space `_` (API page, section 2; webparking/logic4-client, AccessTokenManager).
    """
    missing = [name for name in ("public_key", "secret_key", "user_name") if not extra.get(name)]
    missing += [name for name, value in (("login", login), ("password", password)) if not value]
    if missing:
        raise Misconfigured(
            f"the connection lacks {', '.join(missing)}",
            next_step="Fill these in in the coupling's Airflow connection.",
        )
    user_name = extra["user_name"].replace("_", "__").replace(" ", "_")
    return {
        "client_id": f"{extra['public_key']} {login} {user_name}",
        "client_secret": f"{extra['secret_key']} {password}",
    }
