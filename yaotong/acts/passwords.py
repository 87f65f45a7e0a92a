"""Passwords and recovery codes as digests: Argon2id, and the scrypt of earlier versions until next used."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from yaotong.errors import UsageError

MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 256
# OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


def check_password(password: str, username: str = "") -> None:
    """UsageError tells why a password cannot be one."""
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise UsageError(f"密码至少 {MIN_PASSWORD_CHARS} 位，至多 {MAX_PASSWORD_CHARS} 位。")
    if username and username.casefold() in password.casefold() and len(username) * 2 > len(password):
        raise UsageError("密码不能主要由账号名组成。")
    if len(set(password)) < 4:
        raise UsageError("密码里不同的字符太少，至少用 4 种。")


def digest(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(password)


def fits(stored: str, password: str) -> bool:
    """Whether a password is the one a digest was made of."""
    if len(password) > MAX_PASSWORD_CHARS:
        return False
    if stored.startswith("scrypt$"):
        return hmac.compare_digest(_scrypt(password, stored.split("$")[1]), stored)
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether a digest should be made anew, now that the password is known."""
    return stored.startswith("scrypt$") or _HASHER.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def nobodys() -> str:
    """A digest that no password fits, for names that no account has: they cost the same time."""
    return _HASHER.hash(hashlib.sha256(b"nobody").hexdigest())


def _scrypt(password: str, salt: str) -> str:
    key = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), dklen=32, **_SCRYPT)
    return f"scrypt${salt}${key.hex()}"
