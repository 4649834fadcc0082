"""Encrypt what must be kept and must not be read: rotated refresh tokens."""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.fernet import Fernet, InvalidToken

from include.contract.errors import Misconfigured


class Vault:
    """Encrypts with OPTIPLY_SECRET_KEY (a Fernet key, or several split by commas: the first one writes)."""

    def __init__(self, keys: str) -> None:
        self.keys = keys
        try:
            self._fernets = [Fernet(key.strip()) for key in keys.split(",")]
        except ValueError:
            raise Misconfigured("OPTIPLY_SECRET_KEY is not a Fernet key") from None

    @classmethod
    def from_environment(cls) -> Vault:
        """Read the key from the environment."""
        keys = os.environ.get("OPTIPLY_SECRET_KEY", "")
        if not keys:
            raise Misconfigured("the environment variable OPTIPLY_SECRET_KEY is not set")
        return cls(keys)

    def seal(self, text: str) -> bytes:
        """Return `text` encrypted."""
        return self._fernets[0].encrypt(text.encode())

    def digest(self, text: str) -> bytes:
        """Return a keyed hash of `text`: it tells whether it changed, and nobody without the key can try guesses."""
        return hmac.new(self.keys.split(",")[0].strip().encode(), text.encode(), hashlib.sha256).digest()

    def open(self, sealed: bytes) -> str:
        """Return the text. Raises Misconfigured when no key fits."""
        for key in self._fernets:
            try:
                return key.decrypt(sealed).decode()
            except InvalidToken:
                continue
        raise Misconfigured("a stored token cannot be read with OPTIPLY_SECRET_KEY: was the key changed?")
