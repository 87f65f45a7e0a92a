"""Fingerprints of lines: 128 bits that say who a line is and what it says, in two lanes of 64.

A cell's hash is SipHash-2-4-128 of its value under a key made from the workspace's secret and the column's
name; a line's is the sum of its cells'. So a line has the same fingerprint whatever file, format or order of
columns it came in; missing values add nothing, so that a feed may gain an optional column without changing
what is known; and without the secret nobody can make two lines that look the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yaotong.intake.checks import kernels
from yaotong.intake.checks.distinct import byte_view, mask_of
from yaotong.lineids import halves

Lane = NDArray[np.uint64]
BYTES = 16


@dataclass(frozen=True, slots=True)
class Lanes:
    """One 128-bit fingerprint per line, as two arrays of 64 bits."""

    first: Lane
    second: Lane

    @classmethod
    def zeros(cls, rows: int) -> Lanes:
        """Sums to begin with."""
        return cls(np.zeros(rows, dtype=np.uint64), np.zeros(rows, dtype=np.uint64))

    def copy(self) -> Lanes:
        """The same sums, to go on from."""
        return Lanes(self.first.copy(), self.second.copy())

    def binary(self) -> Any:
        """As a pyarrow array of 16 bytes each, little-endian, first lane first."""
        both = np.stack([self.first, self.second], axis=1)
        return pa.FixedSizeBinaryArray.from_buffers(pa.binary(BYTES), len(both), [None, pa.py_buffer(both)])


def lanes_of(binary: Any) -> Lanes:
    """The lanes of a pyarrow array of 16 bytes each, without nulls."""
    return Lanes(*halves(binary))


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Makes fingerprints under one secret. The secret never shows in a repr."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 16 <= len(self.secret) <= 64:
            raise ValueError("the secret of fingerprints needs 16 to 64 bytes")

    def of(self, columns: Mapping[str, Any], names: Iterable[str], start: Lanes) -> Lanes:
        """The sums of the named columns' cells (pyarrow arrays of one length) on top of `start`."""
        sums = start.copy()
        for name in names:
            self._add(name, columns[name], sums)
        return sums

    def _add(self, name: str, column: Any, sums: Lanes) -> None:
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if not len(column) or column.null_count == len(column):
            return
        if isinstance(column, pa.DictionaryArray):
            cells = self._cells(name, column.dictionary)
            places = pc.cast(column.indices, pa.int32())
            codes = (pc.fill_null(places, -1) if places.null_count else places).to_numpy(zero_copy_only=False)
            kernels.add_coded(cells.first, cells.second, codes, sums.first, sums.second)
            return
        cells = self._cells(name, column)
        there = mask_of(pc.is_valid(column)) if column.null_count else np.ones(len(column), dtype=bool)
        kernels.add_lanes(cells.first, cells.second, there, sums.first, sums.second)

    def _cells(self, name: str, values: Any) -> Lanes:
        digest = hashlib.blake2b(name.encode(), key=self.secret, digest_size=BYTES).digest()
        k0, k1 = (np.uint64(int.from_bytes(half, "little")) for half in (digest[:8], digest[8:]))
        cells = Lanes.zeros(len(values))
        offsets, data = byte_view(values) if pa.types.is_string(values.type) else _words(values)
        kernels.hash_texts(offsets, data, k0, k1, cells.first, cells.second)
        return cells


def _words(values: Any) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Numbers, moments and flags as eight bytes each."""
    if pa.types.is_date32(values.type):
        values = pc.cast(values, pa.int32())
    wide = pa.float64() if pa.types.is_floating(values.type) else pa.int64()
    plain = pc.fill_null(pc.cast(values, wide), 0).to_numpy(zero_copy_only=False)
    data = np.ascontiguousarray(plain + 0).view(np.uint8)  # -0.0 + 0 is 0.0
    return np.arange(0, 8 * len(values) + 1, 8, dtype=np.int64), data
