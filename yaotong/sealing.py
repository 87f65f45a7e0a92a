"""Seal small secrets under a key: AES-256-GCM, or SM4-GCM where the national algorithms are asked for.

A sealed value is a fresh 12-byte nonce, the ciphertext and a 16-byte tag; it opens only with the key and
with the same words of what it is about. One data key serves several uses through keys derived by HKDF.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Algorithm = Literal["aes-256-gcm", "sm4-gcm"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("aes-256-gcm", "sm4-gcm")
KEY_BYTES = 32
_NONCE, _TAG = 12, 16


class CannotOpen(ValueError):
    """The key, the words or the sealed bytes are not those it was sealed with."""


def new_key() -> bytes:
    """A fresh data key."""
    return os.urandom(KEY_BYTES)


@lru_cache(maxsize=256)
def key_for(key: bytes, use: str, algorithm: Algorithm) -> bytes:
    """The key of one use: 32 bytes for AES-256, 16 for SM4. Source: RFC 5869."""
    national = algorithm == "sm4-gcm"
    digest: hashes.HashAlgorithm = hashes.SM3() if national else hashes.SHA256()
    made = HKDF(digest, 16 if national else KEY_BYTES, None, f"yaotong vault {use}".encode())
    return made.derive(key)


def seal(key: bytes, use: str, plain: bytes, about: str, algorithm: Algorithm = "aes-256-gcm") -> bytes:
    """Seal bytes for a use under a data key."""
    derived, nonce = key_for(key, use, algorithm), os.urandom(_NONCE)
    if algorithm == "aes-256-gcm":
        return nonce + AESGCM(derived).encrypt(nonce, plain, about.encode())
    cipher = Cipher(algorithms.SM4(derived), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(about.encode())
    return nonce + cipher.update(plain) + cipher.finalize() + cipher.tag


def unseal(key: bytes, use: str, sealed: bytes, about: str, algorithm: Algorithm = "aes-256-gcm") -> bytes:
    """The bytes that were sealed; CannotOpen when anything is not as it was."""
    derived, nonce, told = key_for(key, use, algorithm), sealed[:_NONCE], sealed[_NONCE:]
    if len(told) < _TAG:
        raise CannotOpen("too short")
    try:
        if algorithm == "aes-256-gcm":
            return AESGCM(derived).decrypt(nonce, told, about.encode())
        cipher = Cipher(algorithms.SM4(derived), modes.GCM(nonce, told[-_TAG:])).decryptor()
        cipher.authenticate_additional_data(about.encode())
        return cipher.update(told[:-_TAG]) + cipher.finalize()
    except InvalidTag as error:
        raise CannotOpen("not what was sealed") from error
