"""The properties of a set of features, prepared once so that a tile's table of values costs a few copies.

A vector tile names a value once and its features point to it. Two kinds of columns are prepared apart. Where
no value comes twice (a name, a number on a licence) there is nothing to share: the values lie encoded in the
order of the features, and a tile copies the runs it needs. Elsewhere a column is numbered once for all tiles,
and a tile numbers anew the few values it meets.
"""

import threading
from collections.abc import Mapping
from itertools import pairwise
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import mvt

Positions = NDArray[np.int64]
Tags = NDArray[np.int64]
_FEW: Final = 64  # so few values are shared even where none comes twice


class Attributes:
    """Columns of n features. A missing value (None, NaN) is no property at all: a tile has no empty ones."""

    def __init__(self, columns: Mapping[str, NDArray[np.generic]], count: int) -> None:
        """Encode every value.

        Args:
            columns: arrays of length ``count``: integers, floats, booleans or texts (``object`` arrays of
                ``str`` and missing ones too).
            count: n.

        Raises:
            ValueError: another length, or values of another kind.
        """
        self.names: tuple[str, ...] = tuple(columns)
        own: dict[int, tuple[NDArray[np.int64], list[bytes]]] = {}
        shared: dict[int, NDArray[np.int64]] = {}
        values: list[bytes] = []
        for place, (name, column) in enumerate(columns.items()):
            codes, encoded = _numbered(name, column, count)
            if len(encoded) > _FEW and len(encoded) == np.count_nonzero(codes >= 0):
                own[place] = codes, encoded
            else:
                shared[place] = np.where(codes < 0, -1, codes + len(values))
                values += encoded
        self._own_places, self._shared_places = list(own), list(shared)
        self._values = np.array([*values, b""], dtype=object)  # the last one stands for a missing value
        self._codes = np.stack([*shared.values()], axis=1) if shared else np.empty((count, 0), dtype=np.int64)
        self._own_there, self._own_ends, self._own_bytes = _joined([*own.values()], count)
        self._local = threading.local()

    def __len__(self) -> int:
        return len(self._codes)

    def taken(self, positions: Positions) -> Self:
        """Return the attributes of some features, in the order of ``positions``."""
        other = object.__new__(type(self))
        other.names, other._values, other._local = self.names, self._values, threading.local()
        other._own_places, other._shared_places = self._own_places, self._shared_places
        other._codes, other._own_there = self._codes[positions], self._own_there[positions]
        sizes = np.diff(self._own_ends)[positions]
        other._own_ends = np.concatenate([[0], np.cumsum(sizes)])
        other._own_bytes = self._own_bytes[_runs(self._own_ends[:-1][positions], sizes)]
        return other

    def table(self, positions: Positions) -> tuple[Tags, bytes, int]:
        """Return what a tile with these features says of them.

        Returns:
            For each feature and column the number of its value, -1 where it has none (shape: features,
            columns); the values, encoded; and how many they are.
        """
        tags = np.empty((len(positions), len(self.names)), dtype=np.int64)
        there = self._own_there[positions]
        numbers = np.cumsum(there, dtype=np.int64) - 1
        tags[:, self._own_places] = np.where(there, numbers.reshape(there.shape), -1)
        own = int(numbers[-1]) + 1 if numbers.size else 0
        ranks, values = self._ranked(self._codes[positions])
        tags[:, self._shared_places] = np.where(ranks < 0, -1, ranks + own)
        return tags, self._own_values(positions) + b"".join(values), own + len(values)

    def bytes_bound(self, most: int) -> tuple[NDArray[np.int64], int]:
        """Return bounds of the bytes that features add to a tile of at most ``most`` features.

        Returns:
            For each feature, its tags and the values that it may be the only one to have; and for the tile as
            a whole, the values of columns that have few.
        """
        sizes = np.array([len(value) for value in self._values], dtype=np.int64)
        rows = np.diff(self._own_ends)
        common = shared_values = 0
        for codes in self._codes.T:
            used = sizes[np.unique(codes)]
            if used.sum() < most * used.max(initial=0) // 4:
                common += int(used.sum())
            else:
                rows = rows + sizes[codes]
            shared_values += min(len(used), most)
        numbers = most * len(self._own_places) + shared_values
        key, value = (len(mvt.varint(number)) for number in (len(self.names), numbers))
        return rows + (key + value) * len(self.names), common

    def _ranked(self, codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[bytes]]:
        """Number anew, from 0, the values that occur; also those values."""
        flat = codes.ravel()
        order = np.arange(flat.size)
        last = self._scratch()
        last[flat] = order  # of equal values one stays, whichever: it speaks for all
        spokesman = last[flat]
        chosen = (spokesman == order) & (flat >= 0)
        ranks = np.cumsum(chosen) - 1
        named = np.where(flat < 0, -1, ranks[spokesman])
        return named.reshape(codes.shape), self._values[flat[chosen]].tolist()

    def _scratch(self) -> NDArray[np.int64]:
        """Room for a number beside each value; each thread has its own, and none relies on what is in it."""
        room: NDArray[np.int64] | None = getattr(self._local, "room", None)
        if room is None:
            room = self._local.room = np.zeros(len(self._values), dtype=np.int64)
        return room

    def _own_values(self, positions: Positions) -> bytes:
        if not self._own_places or not positions.size:
            return b""
        cuts = np.flatnonzero(np.diff(positions) != 1) + 1
        first = self._own_ends[positions[np.concatenate([[0], cuts])]].tolist()
        last = self._own_ends[positions[np.concatenate([cuts - 1, [-1]])] + 1].tolist()
        return b"".join([self._own_bytes[a:b].data for a, b in zip(first, last, strict=True)])


def _numbered(name: str, column: NDArray[np.generic], count: int) -> tuple[NDArray[np.int64], list[bytes]]:
    """A column as numbers of its different values, -1 where missing, and those values encoded."""
    values = np.asarray(column)
    if values.shape != (count,):
        raise ValueError(f"column {name!r} has shape {values.shape}: give {count} values")
    if values.dtype.kind not in "iufbUO":
        raise ValueError(f"column {name!r} is of {values.dtype}: give integers, floats, booleans or texts")
    codes, found = pd.factorize(values)
    if values.dtype.kind not in "UO":
        joined, ends = mvt.number_values(np.asarray(found))
        cuts, whole = [0, *ends.tolist()], joined.tobytes()
        return codes.astype(np.int64), [whole[a:b] for a, b in pairwise(cuts)]
    odd = next((value for value in found if not isinstance(value, str)), None)
    if odd is not None:
        raise ValueError(f"column {name!r} mixes in {odd!r}: give texts, or an array of numbers")
    return codes.astype(np.int64), mvt.text_values(found.tolist())


def _joined(
    columns: list[tuple[NDArray[np.int64], list[bytes]]], count: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.uint8]]:
    """Values of columns in which none comes twice, feature after feature.

    Which are there (features, columns), where each feature's begin (n + 1 places), and the bytes.
    """
    there = np.zeros((count, len(columns)), dtype=np.bool_)
    cells = np.full((count, len(columns)), b"", dtype=object)
    sizes = np.zeros(count, dtype=np.int64)
    for place, (codes, encoded) in enumerate(columns):
        there[:, place] = codes >= 0
        listed = np.array([*encoded, b""], dtype=object)
        cells[:, place] = listed[codes]
        sizes += np.array([*map(len, encoded), 0], dtype=np.int64)[codes]
    whole = np.frombuffer(b"".join(cells.ravel().tolist()), dtype=np.uint8)
    return there, np.concatenate([[0], np.cumsum(sizes)]), whole


def _runs(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> Positions:
    """The places start, start + 1, … of each run, one run after the other."""
    ends = np.cumsum(sizes)
    places: Positions = np.arange(int(sizes.sum())) + np.repeat(starts - (ends - sizes), sizes)
    return places
