# ruff: noqa: E501 - a table of cases reads best with one case a line.
"""Each way to break a manifest's webhooks names file, line, key and the nearest valid word."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.spec.load import connector_names, load_manifest
from include.spec.problems import ConfigError
from tests.spec.folders import MANIFEST, problem_of

WEBHOOKS = """\
webhooks:
  when: {basis: [net]}
  signature: {type: hmac_sha256_base64, header: X-Signature}
  secret: ours
  ping: "id=[0-9]+"
  topic: {field: event}
  events:
    items.changed: [{object: products, id: data.id}]
    items.full: [{object: products, stream: items, record: data}]
    items.gone: [{object: products, stream: items, gone: true, id: id}]
  registration:
    create: {path: /hooks, body: {event: "{topic}", address: "{address}", secret: "{secret}"}, id: id}
    listed: {path: /hooks, records: [""], id: id, topic: event, address: address}
    remove: {method: DELETE, path: "/hooks/{remote_id}"}
"""
_ITEMS = "    path: /items\n"
_ITEMS_IN_ORDER = (
    _ITEMS + '    single: {path: "/items/{remote_id}"}\n    changed: {type: time, param: since, field: updated}\n'
)
WHOLE = MANIFEST.replace(_ITEMS, _ITEMS_IN_ORDER) + WEBHOOKS
FIRST = WHOLE.count("\n", 0, WHOLE.index("webhooks:")) + 1

BROKEN: dict[str, tuple[str, str, int, str, str]] = {
    "unknown key": ("  ping:", "  pings:", 4, "webhooks.pings", "Did you mean 'ping'?"),
    "unknown kind of signature": ("hmac_sha256_base64", "hmac_sha256_base", 2, "webhooks.signature.type", "'hmac_sha256_base64'?"),
    "a header that is missing": (", header: X-Signature", "", 2, "webhooks.signature.header", "required"),
    "unknown setting": ("{basis: [net]}", "{bases: [net]}", 1, "webhooks.when.bases", "Did you mean 'basis'?"),
    "a value that the setting cannot have": ("{basis: [net]}", "{basis: [nett]}", 1, "webhooks.when.basis", "Did you mean 'net'?"),
    "a secret that nothing holds": ("secret: ours", 'secret: "{connection.pasword}"', 3, "webhooks.secret", "Did you mean 'connection.password'?"),
    "no secret": ("secret: ours", "secret: null", 3, "webhooks.secret", "only there"),
    "a ping that is no expression": ("id=[0-9]+", "id=[0-9", 4, "webhooks.ping", "regular expression"),
    "no topic": ("{field: event}", "{}", 5, "webhooks.topic", "either header or field"),
    "unknown object": ("object: products, id: data.id", "object: suppliers, id: data.id", 7, "webhooks.events.items.changed.0.object", "has no suppliers"),
    "an event that names no record": ("id: data.id}", "at: data.at}", 7, "webhooks.events.items.changed.0", "needs id"),
    "a record without stream": ("stream: items, record: data", "record: data", 8, "webhooks.events.items.full.0", "stream with record"),
    "unknown stream": ("stream: items, record", "stream: itens, record", 8, "webhooks.events.items.full.0.stream", "Did you mean 'items'?"),
    "a record that cannot be put in order": (", field: updated", "", 8, "webhooks.events.items.full.0.stream", "no change time"),
    "a record that needs its parent": ("stream: items, record", "stream: stock, record", 8, "webhooks.events.items.full.0.stream", "no change time"),
    "gone without an id": ("gone: true, id: id", "gone: true", 9, "webhooks.events.items.gone.0", "which record is gone"),
    "unknown field of a call": ('"{topic}"', '"{topik}"', 11, "webhooks.registration.create.body", "Did you mean 'topic'?"),
    "nobody removes": ('    remove: {method: DELETE, path: "/hooks/{remote_id}"}\n', "", 10, "webhooks.registration", "either remove or cannot_remove"),
}  # fmt: skip


def load(folder: Path, text: str) -> None:
    (folder / "system").mkdir()
    (folder / "system" / "manifest.yaml").write_text(text)
    load_manifest.__wrapped__("system", folder)


def test_the_manifest_of_these_tests_is_right(tmp_path: Path) -> None:
    load(tmp_path, WHOLE.replace('login: "Key"', 'login: "Key", password: "Secret"'))


@pytest.mark.requirement("F7")
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_manifest_says_where(name: str, tmp_path: Path) -> None:
    old, new, line, key, message = BROKEN[name]
    assert WHOLE.count(old) == 1, old
    with pytest.raises(ConfigError) as error:
        load(tmp_path, WHOLE.replace(old, new))
    problem = problem_of(error.value)
    assert (problem.file, problem.key) == ("connectors/system/manifest.yaml", key)
    assert problem.line == FIRST + line
    assert message in problem.message


@pytest.mark.requirement("R4")
def test_which_systems_send_by_themselves() -> None:
    sending = {name for name in connector_names() if load_manifest(name).webhooks is not None}
    assert sending == {
        "amazon_seller",
        "bol_com",
        "exact_online",
        "lightspeed_ecom",
        "magento",
        "picqer",
        "woocommerce",
    }
    off = {name for name in sending if load_manifest(name).settings["webhooks.enabled"].default is False}
    assert off == {"amazon_seller", "magento"}, "where more is needed than the login, a coupling switches them on"
