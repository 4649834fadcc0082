"""Only who knows the secret is believed, over the bytes as received; nothing that is sent raises."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from include.spec.load import load_manifest
from include.spec.webhooks import HeaderToken, Signature
from include.webhooks.event import read
from include.webhooks.signature import unknown_key, verify
from tests.webhooks.deliveries import DELIVERIES, Delivery

SYSTEMS = sorted(DELIVERIES)
IN_HEADER = [name for name in SYSTEMS if name != "exact_online"]
SIGNED = [name for name in SYSTEMS if name not in ("magento", "amazon_seller")]
ODD = ["", "=", "a", "é€", "\ud800", "x" * 5000, "keyId=0", 'keyId="0", signature="%%"', "keyId=7, signature=AAAA"]


def spec_of(system: str) -> Signature:
    webhooks = load_manifest(system).webhooks
    assert webhooks is not None
    return webhooks.signature


def accepted(delivery: Delivery, **changed: object) -> bool:
    given = {"secret": delivery.secret, "headers": delivery.headers, "body": delivery.body, **changed}
    return verify(spec_of(delivery.system), **given)  # type: ignore[arg-type]


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_delivery_of_the_remote_is_believed(system: str) -> None:
    delivery = DELIVERIES[system]
    assert accepted(delivery)
    assert accepted(delivery, secret=delivery.secret.encode())
    assert accepted(delivery, headers={name.lower(): value for name, value in delivery.headers.items()})


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("system", SIGNED)
def test_a_tampered_body_is_refused(system: str) -> None:
    delivery = DELIVERIES[system]
    body = delivery.body
    for tampered in (body.replace(b"2026", b"2027"), body[:-1], body + b"}", b"", body.replace(b":", b": ", 2)):
        assert tampered != body
        assert not accepted(delivery, body=tampered), tampered[:80]


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "secret", ["", b"", "another", "a secret of our", "{}", '{"0": "AAAA"}', '{"0": 5}', "[1]", "é"]
)
def test_another_secret_or_none_is_refused(system: str, secret: str | bytes) -> None:
    assert not accepted(DELIVERIES[system], secret=secret)


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("system", IN_HEADER)
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_or_missing_header_is_refused_without_an_exception(system: str, odd: str) -> None:
    delivery = DELIVERIES[system]
    name = getattr(spec_of(system), "header")  # noqa: B009 - not every kind of signature has one
    assert not accepted(delivery, headers={**delivery.headers, name: odd})
    assert not accepted(delivery, headers={key: value for key, value in delivery.headers.items() if key != name})
    assert not accepted(delivery, headers={})


@pytest.mark.parametrize("system", ["woocommerce", "picqer", "lightspeed_ecom", "magento"])
def test_a_signature_that_is_too_short_or_too_long_is_refused(system: str) -> None:
    delivery = DELIVERIES[system]
    name = getattr(spec_of(system), "header")  # noqa: B009
    for given in (delivery.headers[name][:-1], delivery.headers[name] + "0", delivery.headers[name][:1]):
        assert not accepted(delivery, headers={**delivery.headers, name: given})


def test_no_secret_never_matches_an_empty_header() -> None:
    assert not verify(HeaderToken(type="header_token", header="X-Key"), "", {"X-Key": ""}, b"{}")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'"Content"', b"\xff\xfe", b"{" * 5000, b'{"HashCode":5}', b'{"Content":{}}', b'{"Content":'],
)
def test_exacts_body_without_content_or_hash_is_refused(body: bytes) -> None:
    assert not accepted(DELIVERIES["exact_online"], body=body)


def test_exacts_hash_is_over_the_bytes_as_sent() -> None:
    delivery = DELIVERIES["exact_online"]
    rewritten = json.dumps(json.loads(delivery.body)).encode()
    assert not accepted(delivery, body=rewritten), "the same JSON, written anew"
    assert accepted(delivery, body=b" " + delivery.body.replace(b',"HashCode"', b' ,\n"HashCode"')), "blanks outside"


def test_a_content_that_stands_twice_is_judged_and_read_as_the_same_one() -> None:
    """Whoever owns one signed event must not smuggle another one past it."""
    delivery, other = DELIVERIES["exact_online"], b'"Content":{"Topic":"Items","Key":"forged"}'
    behind, before = delivery.body[:-1] + b"," + other + b"}", b"{" + other + b"," + delivery.body[1:]
    assert not accepted(delivery, body=behind)
    assert accepted(delivery, body=before)
    webhooks = load_manifest("exact_online").webhooks
    assert webhooks is not None
    assert read(webhooks, {}, before).remote_id == "d1d1aaaa-0000-4000-8000-00000000002a"


def test_bols_algorithm_cannot_be_talked_down() -> None:
    delivery = DELIVERIES["bol_com"]
    header = delivery.headers["Signature"].replace("rsa-sha256", "rsa-md5")
    assert not accepted(delivery, headers={"Signature": header})


def test_bols_unknown_key_is_named_and_not_believed() -> None:
    delivery = DELIVERIES["bol_com"]
    headers = {"Signature": delivery.headers["Signature"].replace("keyId=0", "keyId=1")}
    spec = spec_of("bol_com")
    assert not accepted(delivery, headers=headers)
    assert unknown_key(spec, delivery.secret, headers) == "1"
    assert unknown_key(spec, delivery.secret, delivery.headers) is None
    assert unknown_key(spec, "", headers) == "1", "before the keys were fetched for the first time"
    assert unknown_key(spec, "no JSON", headers) is None
    assert unknown_key(spec_of("picqer"), "secret", headers) is None


def test_a_key_of_another_kind_is_no_key() -> None:
    """An elliptic key in the remote's list must not end the receiver."""
    der = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert not accepted(DELIVERIES["bol_com"], secret=json.dumps({"0": base64.b64encode(der).decode()}))
