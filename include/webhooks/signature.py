"""Whether an event comes from the remote: over the bytes as received, in constant time, without any exception."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import json
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from include.spec.webhooks import HmacBase64, HmacHexOfPart, Md5Hex, RsaSha256, Signature
from include.webhooks.body import header, part, value

# keyId=0, algorithm="rsa-sha256", signature=<base64>
_PARAMETER = re.compile(r'\s*([A-Za-z]+)=(?:"([^"]*)"|([^,]*))\s*(?:,|$)')


def verify(spec: Signature, secret: str | bytes, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether the remote that knows `secret` sent `body`; without a secret nothing is believed.

    With rsa_sha256 the secret is a JSON mapping of key ids to public keys (base64 of DER). Never raises: whatever is
    missing, odd or too long is False.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    if not key:
        return False
    try:
        if isinstance(spec, RsaSha256):
            return _is_signed_by_key(spec, key, headers, body)
        given, expected = _given_and_expected(spec, key, headers, body)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False
    return given is not None and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected)


def _given_and_expected(
    spec: Signature, key: bytes, headers: Mapping[str, str], body: bytes
) -> tuple[str | None, bytes]:
    """Return the signature that came and the one it has to be."""
    if isinstance(spec, HmacHexOfPart):
        signed, given = part(body, spec.part), value(body, spec.digest)
        if signed is None or not isinstance(given, str):
            return None, b""
        return given.lower(), hmac.new(key, signed, hashlib.sha256).hexdigest().encode()
    given = header(headers, spec.header)
    if isinstance(spec, HmacBase64):
        return given, base64.b64encode(hmac.new(key, body, hashlib.sha256).digest())
    if isinstance(spec, Md5Hex):
        # The remote's own choice; not an HMAC and not made for this, and nothing else is on offer.
        return given and given.lower(), hashlib.md5(body + key, usedforsecurity=False).hexdigest().encode()
    return given, key


def _is_signed_by_key(spec: RsaSha256, keys: bytes, headers: Mapping[str, str], body: bytes) -> bool:
    given = _parameters(header(headers, spec.header))
    if given.get("algorithm", "rsa-sha256").lower() != "rsa-sha256":
        return False
    public = _public_key(keys, given.get("keyId", ""))
    if public is None:
        return False
    try:
        public.verify(base64.b64decode(given.get("signature", ""), validate=True), body, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error):
        return False
    return True


def unknown_key(spec: Signature, secret: str | bytes, headers: Mapping[str, str]) -> str | None:
    """Return the id of the public key that a delivery names and we do not hold: the remote may have a new one.

    None in every other case. Never raises.
    """
    if not isinstance(spec, RsaSha256):
        return None
    try:
        named = _parameters(header(headers, spec.header)).get("keyId", "")
        held = json.loads(secret or "{}")
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return named if named and isinstance(held, dict) and named not in held else None


def _parameters(text: str | None) -> dict[str, str]:
    return {
        match[1]: match[2] if match[2] is not None else match[3].strip() for match in _PARAMETER.finditer(text or "")
    }


@functools.lru_cache(maxsize=64)
def _public_key(keys: bytes, key_id: str) -> RSAPublicKey | None:
    """Return one of the remote's public keys, None where it is unknown or none of this kind."""
    try:
        found = load_der_public_key(base64.b64decode(json.loads(keys)[key_id], validate=True))
    except (KeyError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return found if isinstance(found, RSAPublicKey) else None
