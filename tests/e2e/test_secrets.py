"""What nobody may ever see: after all that the other tests of this folder did, nothing that can be read holds it."""

import base64
import json

import pytest

from include.warehouse.secrets import Vault
from tests.e2e.platform import Platform, Run
from tests.e2e.shown import everything

SHOP = "velodrome__woocommerce"
# An address that a remote calls holds its token: the platform has to know it, and tells it to nobody.
HOLD_ADDRESSES = {"table platform.webhook_endpoints", "table platform.webhook_registrations"}


@pytest.mark.requirement("R1", "R8")
def test_no_secret_is_shown_anywhere(platform: Platform) -> None:
    marked = {"login": "marked-login-8d1f", "password": "marked-password-77aa"}
    _connection(platform, marked)
    try:
        run = platform.trigger(SHOP, "products", mode="changed")
        assert platform.finish(run) == "failed"
    finally:
        held = platform.sandbox("woocommerce").admin.credentials()
        _connection(platform, {"login": held["login"], "password": held["password"]})
        # What is searched below is also the log of the run that hears that they are right again.
        form = {"coupling": SHOP, "action": "recheck"}
        platform.ends_well(Run("change_coupling", platform.api.trigger("change_coupling", form)))
    basic = base64.b64encode(":".join(marked.values()).encode()).decode()
    # A login is shown among the connections, as in any Airflow; the rest is shown nowhere.
    secrets = {marked["password"], basic, *_secrets(platform)}
    addresses = _webhook_tokens(platform)
    shown = everything(platform)
    _the_search_sees(shown)
    assert {where for where, text in shown.items() if any(found in text for found in _written(secrets))} == set()
    told = {where for where, text in shown.items() if any(found in text for found in _written(addresses))}
    assert told <= HOLD_ADDRESSES
    assert addresses == set() or told, "the search must see what is there"


def _the_search_sees(shown: dict[str, str]) -> None:
    for where, word in (
        ("", "FAILED (auth)"),
        (" xcom", "unchanged"),
        ("taskInstances", "rendered_fields"),
        ("desk/coupling/" + SHOP, "answered 401"),
        ("status api/" + SHOP, SHOP),
        ("table platform.http_details", "401"),
        ("table public.log", SHOP),
    ):
        assert any(word in text for place, text in shown.items() if place.endswith(where)), (where, word)


def _connection(platform: Platform, values: dict[str, str]) -> None:
    body = {"connection_id": SHOP, "conn_type": "http"} | values
    platform.api.call("PATCH", f"connections/{SHOP}?update_mask=login&update_mask=password", body)


def _secrets(platform: Platform) -> set[str]:
    """Passwords and first refresh tokens of all couplings, and all that the platform has received or made since."""
    found = set()
    for sandbox in platform.stage.sandboxes.values():
        held = sandbox.admin.credentials()
        found |= {held["password"], *(str(value) for key, value in held["extra"].items() if key.endswith("_token"))}
    settings = platform.machine.settings
    vault = Vault(settings.keys.platform)
    for (sealed,) in platform.stage.connection.execute("select secret from platform.tokens").fetchall():
        token = json.loads(vault.open(sealed))
        found |= {token["access"], token["refresh"]} - {""}
    keys = settings.keys
    found |= {keys.jwt_secret, keys.api_secret, keys.fernet, keys.platform}
    return found | set(json.loads(settings.passwords_file.read_text()).values())


def _webhook_tokens(platform: Platform) -> set[str]:
    return {token for (token,) in platform.stage.connection.execute("select token from platform.webhook_endpoints")}


def _written(secrets: set[str]) -> set[str]:
    """The secrets as text, and as PostgreSQL writes bytes."""
    return secrets | {secret.encode().hex() for secret in secrets}
