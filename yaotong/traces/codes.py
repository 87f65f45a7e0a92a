"""Codes and scans as numbers: a code is 64 bits, a scan four words of 64 bits, and nothing is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Words = NDArray[np.uint64]  # (n, 4)
# 8 and nineteen digits: what follows the 8 is below this, and numbers from here on stand for other forms.
OTHERS: Final = 10_000_000_000_000_000_000
_USUAL: Final = "^8[0-9]{19}$"
# A bar code of goods or a row of zeros is no trace code (R-M19); nor is what is longer than any known form.
_NO_CODE: Final = "^[0-9]{1,19}$|^0+$"
_LONGEST: Final = 100
EPOCH: Final = 1_577_836_800  # 2020-01-01 of Beijing's clock: moments are told in 32 bits from here
SALE, PURCHASE = 0, 1
MICRO: Final = 1_000_000
WITHDRAWN: Final = np.uint64(1 << 63)


class Names:
    """Numbers of names, given in the order in which they are first met."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.known = {name: number for number, name in enumerate(names)}

    def numbers(self, column: Any) -> NDArray[np.uint64]:
        """The number of each name of a pyarrow column; a new name gets the next one."""
        coded = pc.dictionary_encode(pc.fill_null(pc.cast(column, pa.string()), ""))
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks() if coded.num_chunks != 1 else coded.chunk(0)
        of = [self.known.setdefault(one, len(self.known)) for one in coded.dictionary.to_pylist()]
        given: NDArray[np.uint64] = np.array(of, dtype=np.uint64)[
            coded.indices.to_numpy(zero_copy_only=False)
        ]
        return given

    def texts(self) -> list[str]:
        """All names by number."""
        return list(self.known)


@dataclass(frozen=True, eq=False)
class Scans:
    """Scans in the order they came: the key and the words of each, and the rows whose code is none.

    Words: moment (seconds since EPOCH) and shop and whether it is a purchase; drug and whether the wording
    was withdrawn; micropacks (signed); the buyer. `kept` are the rows of the input that are told.
    """

    keys: Keys
    words: Words
    kept: NDArray[np.int64]
    refused: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)


def keys_of(codes: Any, others: Names) -> tuple[Keys, NDArray[np.bool_]]:
    """The key of each code, and whether it is one.

    20 digits that begin with 8 are their own number; another form (letters, a national code of another
    length) gets a number of its own, and a bar code, zeros or more than 100 characters are no code.
    """
    texts = pc.fill_null(pc.cast(codes, pa.string()), "")
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    usual = pc.match_substring_regex(texts, _USUAL).to_numpy(zero_copy_only=False)
    keys = np.zeros(len(texts), np.uint64)
    if usual.any():
        digits = pc.utf8_slice_codeunits(texts.filter(pa.array(usual)), 1, 20)
        keys[usual] = pc.cast(digits, pa.uint64()).to_numpy()
    rest = np.flatnonzero(~usual)
    if not len(rest):
        return keys, usual
    some = texts.take(pa.array(rest))
    none = pc.match_substring_regex(some, _NO_CODE).to_numpy(zero_copy_only=False)
    long = pc.utf8_length(some).to_numpy(zero_copy_only=False)
    fine = ~none & (long > 0) & (long <= _LONGEST)
    good = rest[fine]
    if len(good):
        keys[good] = others.numbers(texts.take(pa.array(good))) + np.uint64(OTHERS)
    valid = usual.copy()
    valid[good] = True
    return keys, valid


def scans_of(table: pa.Table, kind: int, others: Names, shops: Names, drugs: Names) -> Scans:
    """Scans of a table: trace_code, at (timestamp), pharmacy_id, drug_code, quantity, and buyer (or none)."""
    keys, valid = keys_of(table["trace_code"], others)
    at = pc.cast(pc.cast(table["at"], pa.timestamp("s")), pa.int64()).to_numpy() - EPOCH
    valid &= (at >= 0) & (at < 1 << 32)
    kept = np.flatnonzero(valid)
    few = table.take(pa.array(kept))
    words = np.empty((len(kept), 4), np.uint64)
    shop = shops.numbers(few["pharmacy_id"])
    words[:, 0] = (at[kept].astype(np.uint64) << np.uint64(32)) | (shop << np.uint64(1)) | np.uint64(kind)
    words[:, 1] = drugs.numbers(few["drug_code"])
    micro = np.rint(few["quantity"].to_numpy().astype(float) * MICRO).astype(np.int64)
    words[:, 2] = micro.view(np.uint64)
    words[:, 3] = buyers_of(few["buyer"]) if "buyer" in few.column_names else np.uint64(0)
    return Scans(keys[kept], words, kept, np.flatnonzero(~valid))


def buyers_of(column: Any) -> NDArray[np.uint64]:
    """64 bits of each pseudonym, 0 for nobody: enough to tell a rescan from another sale of minutes later."""
    coded = pc.dictionary_encode(pc.fill_null(pc.cast(column, pa.string()), ""))
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0)
    numbers = [
        int.from_bytes(hashlib.blake2b(one.encode(), digest_size=8).digest(), "big") if one else 0
        for one in coded.dictionary.to_pylist()
    ]
    told: NDArray[np.uint64] = np.array(numbers or [0], dtype=np.uint64)[
        coded.indices.to_numpy(zero_copy_only=False)
    ]
    return told
