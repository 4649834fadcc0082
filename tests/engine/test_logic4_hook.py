"""What Logic4's hook puts into the token request."""

from __future__ import annotations

import pytest

from connectors.logic4.hooks import token_form
from include.contract.errors import Misconfigured

EXTRA = {"public_key": "7f31", "secret_key": "9c44", "user_name": "api user_1"}


@pytest.mark.parametrize(
    ("user_name", "written"), [("optiply", "optiply"), ("api user_1", "api_user__1"), ("a _b", "a___b")]
)
def test_parts_are_joined_by_one_space(user_name: str, written: str) -> None:
    form = token_form("company", "pass word", {**EXTRA, "user_name": user_name})
    assert form == {"client_id": f"7f31 company {written}", "client_secret": "9c44 pass word"}


@pytest.mark.parametrize("missing", ["public_key", "secret_key", "user_name", "login", "password"])
def test_a_missing_part_is_named_and_no_secret_told(missing: str) -> None:
    extra = {name: value for name, value in EXTRA.items() if name != missing}
    given = {"login": "company", "password": "hush"} | {missing: ""}
    with pytest.raises(Misconfigured, match=f"lacks {missing}$") as raised:
        token_form(given["login"], given["password"], extra)
    assert not any(secret in str(raised.value) for secret in ("hush", "9c44", "7f31"))
