"""Keyed pseudonyms of personal numbers: the one place where a clear number is turned into a key."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yaotong.chains import HEX_DIGITS, Link, told
from yaotong.intake.checks.distinct import COMPILED_FROM, mask_of

if TYPE_CHECKING:
    from yaotong.intake.core.remembered import Remembered
    from yaotong.intake.core.sealer import Sealer

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")


@dataclass(frozen=True, slots=True)
class Pseudonymiser:
    """HMAC of a personal number under a secret key, written "<key id>:<32 hex>".

    The same number under the same key is the same person; without the key nobody can try all numbers.
    It is a pseudonym, not anonymity. The key never shows in a repr.

    Args:
        key: at least 16 secret bytes.
        key_id: name of the key, letters and digits, so that a rotated key is told from the old one.
        digest: "sha256", or "sm3" where the national algorithm is asked for.
        links: later keys, each applied to what the one before made; see `yaotong.chains`.
        sealer: seals buyers' numbers beside their pseudonyms where a vault is kept.
    """

    key: bytes = field(repr=False)
    key_id: str
    digest: Literal["sha256", "sm3"] | str = "sha256"
    sealer: Sealer | None = field(default=None, repr=False, compare=False)
    links: tuple[Link, ...] = ()
    _memory: list[Remembered] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.key) < 16:
            raise ValueError("the pseudonym key needs at least 16 bytes")
        if not _KEY_ID.fullmatch(self.key_id):
            raise ValueError("the key id must be 1-16 letters, digits, - or _")
        if self.digest not in ("sha256", "sm3"):
            raise ValueError(f"digest must be sha256 or sm3, not {self.digest!r}")

    def keys(self, numbers: Any) -> Any:
        """Pseudonyms of normalised numbers (pyarrow strings, null stays null), one for one."""
        if len(numbers) < COMPILED_FROM:
            made = {one: self._key(one) for one in set(numbers.to_pylist()) if one is not None}
            return pa.array([made.get(one) for one in numbers.to_pylist()], pa.string())
        there = numbers.drop_null()
        keys = self._remembered().keys(there)
        if not numbers.null_count:
            return keys
        valid = mask_of(pc.is_valid(numbers))
        return keys.take(pa.array(np.cumsum(valid) - 1, mask=~valid))

    def _remembered(self) -> Remembered:
        if not self._memory:
            from yaotong.intake.core.remembered import Remembered  # compiled code, for long columns only

            names = [self.key_id, *(one.key_id for one in self.links)]
            digests = [_hmac(one, self.digest) for one in (self.key, *(link.key for link in self.links))]
            self._memory.append(Remembered(_through(names, digests), len(names[-1]) + 1 + HEX_DIGITS))
        return self._memory[0]

    def fingerprint_secret(self) -> bytes:
        """32 bytes that line fingerprints are made with; they tell nothing of the key."""
        return hmac.digest(self.key, b"line fingerprints", "sha256")

    def _key(self, number: str) -> str:
        digest = hmac.digest(self.key, _told(number), self.digest)
        made = f"{self.key_id}:{digest.hex()[:HEX_DIGITS]}"
        for link in self.links:
            made = link.of(made, self.digest)
        return made


def _through(names: Sequence[str], digests: Sequence[Callable[[bytes], str]]) -> Callable[[str], str]:
    """What makes the pseudonym of a number, each key of the chain set up once."""
    rest = list(zip(names[1:], digests[1:], strict=True))

    def made(number: str) -> str:
        pseudonym = f"{names[0]}:{digests[0](_told(number))}"
        for name, digest in rest:
            pseudonym = f"{name}:{digest(told(pseudonym))}"
        return pseudonym

    return made


def _told(number: str) -> bytes:
    return f"ID|{number}".encode()


def _hmac(key: bytes, digest: str) -> Callable[[bytes], str]:
    """`hmac.digest` for many messages: the key is set up once, which takes longer than a number.

    Source: RFC 2104.
    """
    inner, outer = hashlib.new(digest), hashlib.new(digest)
    block = (key if len(key) <= inner.block_size else hashlib.new(digest, key).digest()).ljust(
        inner.block_size, b"\0"
    )
    inner.update(bytes(one ^ 0x36 for one in block))
    outer.update(bytes(one ^ 0x5C for one in block))

    def made(message: bytes) -> str:
        first, second = inner.copy(), outer.copy()
        first.update(message)
        second.update(first.digest())
        return second.hexdigest()[:HEX_DIGITS]

    return made
