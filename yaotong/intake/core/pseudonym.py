"""Keyed pseudonyms of personal numbers: the one place where a clear number is turned into a key."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_HEX_DIGITS = 32
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
    """

    key: bytes = field(repr=False)
    key_id: str
    digest: Literal["sha256", "sm3"] | str = "sha256"

    def __post_init__(self) -> None:
        if len(self.key) < 16:
            raise ValueError("the pseudonym key needs at least 16 bytes")
        if not _KEY_ID.fullmatch(self.key_id):
            raise ValueError("the key id must be 1-16 letters, digits, - or _")
        if self.digest not in ("sha256", "sm3"):
            raise ValueError(f"digest must be sha256 or sm3, not {self.digest!r}")

    def keys(self, numbers: pd.Series) -> pd.Series:
        """Pseudonyms of normalised numbers (`str`, missing stays missing), aligned to the series.

        Each distinct number is hashed once: a buyer comes back many times.
        """
        coded = pc.dictionary_encode(pa.array(numbers, pa.string(), from_pandas=True))
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        keys = pa.array([self._key(number) for number in coded.dictionary.to_pylist()], pa.string())
        found: pd.Series = keys.take(coded.indices).to_pandas().astype("str")
        return found.set_axis(numbers.index)

    def _key(self, number: str) -> str:
        digest = hmac.digest(self.key, f"ID|{number}".encode(), self.digest)
        return f"{self.key_id}:{digest.hex()[:_HEX_DIGITS]}"
