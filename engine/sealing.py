"""Encryption of confidential answers, and the keyed hashes by which they are spoken of."""

import hmac
import os
from hashlib import sha256
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import EngineError


class CannotUnseal(EngineError):
    """A confidential answer can not be read with the key of this installation."""

    code = "cannot-unseal"
    advice = "Check LSCP_DATA_KEY: it must be the key the answers were written with."


class Sealer:
    """AES-256-GCM with a nonce of its own for each value; the place it is kept in is authenticated with it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(key, b"sealing", sha256))
        self._hash_key = hmac.digest(key, b"hashing", sha256)

    def seal(self, value: Any, *, place: str) -> bytes:
        return self.seal_bytes(orjson.dumps(value), place=place)

    def unseal(self, sealed: bytes, *, place: str) -> Any:
        return orjson.loads(self.unseal_bytes(sealed, place=place))

    def seal_bytes(self, value: bytes, *, place: str) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, value, place.encode())

    def unseal_bytes(self, sealed: bytes, *, place: str) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], place.encode())
        except (InvalidTag, ValueError):
            raise CannotUnseal() from None

    def digest(self, value: Any) -> str:
        """A keyed hash: the same value gives the same text, and nobody without the key can try values."""
        plain = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return hmac.digest(self._hash_key, plain, sha256).hex()
