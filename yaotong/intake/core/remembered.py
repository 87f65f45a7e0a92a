"""Keys that were made once in this run, so that a buyer who comes back costs a look and no digest.

Only hashes of the numbers are held, under a key made for this run, never a number.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from yaotong.intake.checks import kernels
from yaotong.intake.checks.distinct import byte_view

_MOST = 2_000_000  # people of a province who buy registered drugs in a year; 60 bytes each
_FIRST = 1 << 16


class Remembered:
    """Answers the key of each number, making it when it is new. Several threads may ask.

    Args:
        make: the key of a number; all keys have `width` ASCII characters.
    """

    def __init__(self, make: Callable[[str], str], width: int, most: int = _MOST) -> None:
        self._make, self._width, self._most = make, width, most
        self._salt0, self._salt1 = (np.uint64(secrets.randbits(64)) for _ in range(2))
        self._lock = threading.Lock()
        self._count = 0
        self._slots = np.full(_FIRST * 2, -1, dtype=np.int32)
        self._known0, self._known1 = (np.zeros(min(_FIRST, most), dtype=np.uint64) for _ in range(2))
        self._keys = np.zeros((min(_FIRST, most), width), dtype=np.uint8)

    def keys(self, numbers: Any) -> Any:
        """Keys of a pyarrow string array without nulls, one for one."""
        rows = len(numbers)
        asked0, asked1 = (np.zeros(rows, dtype=np.uint64) for _ in range(2))
        offsets, data = byte_view(numbers)
        kernels.hash_texts(offsets, data, self._salt0, self._salt1, asked0, asked1)
        places = np.empty(rows, dtype=np.int32)
        with self._lock:
            self._room(rows)
            before = self._count
            self._count = int(
                kernels.places_of(self._slots, self._known0, self._known1, before, asked0, asked1, places)
            )
            self._write_new(numbers, places, before)
            found = self._keys[np.maximum(places, 0)]
        beyond = np.flatnonzero(places < 0)
        if len(beyond):
            found[beyond] = self._made(numbers.take(pa.array(beyond)))
        ends = np.arange(0, self._width * rows + 1, self._width, dtype=np.int32)
        return pa.StringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(found))

    def _write_new(self, numbers: Any, places: Any, before: int) -> None:
        if self._count == before:
            return
        first = np.full(self._count - before, -1, dtype=np.int64)
        rows = np.flatnonzero(places >= before)[::-1]
        first[places[rows] - before] = rows  # written last, so kept: the first row of each
        self._keys[before : self._count] = self._made(numbers.take(pa.array(first)))

    def _made(self, numbers: Any) -> Any:
        keys = "".join(map(self._make, numbers.to_pylist())).encode("ascii")
        return np.frombuffer(keys, dtype=np.uint8).reshape(-1, self._width)

    def _room(self, rows: int) -> None:
        size = min(self._most, max(self._count + rows, _FIRST))
        if size <= len(self._known0):
            return
        size = min(self._most, max(size, 2 * len(self._known0)))
        for lane in (self._known0, self._known1):
            lane.resize(size, refcheck=False)
        self._keys.resize((size, self._width), refcheck=False)
        slots = len(self._slots)
        while slots < 2 * size:
            slots *= 2
        if slots > len(self._slots):
            self._slots = np.full(slots, -1, dtype=np.int32)
            kept0, kept1 = self._known0[: self._count].copy(), self._known1[: self._count].copy()
            again = np.empty(self._count, dtype=np.int32)
            kernels.places_of(self._slots, self._known0, self._known1, 0, kept0, kept1, again)
