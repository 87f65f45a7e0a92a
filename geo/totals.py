"""What points drawn together add up to: the sum, the largest or the smallest of a column."""

from collections.abc import Mapping
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from geo import mvt
from geo.attributes import Tags

Places = NDArray[np.int64]
Reduced = dict[str, NDArray[np.generic]]  # totals of runs by column; NaN where nothing is known
WAYS: Final = ("sum", "max", "min")
_CARRY: Final = 2.0**62
VALUE_BYTES: Final = 13  # a 64-bit number as an entry of a layer's values, at most


class Totals:
    """Totals over runs of n points in a fixed order. What is not known (NaN) is not added up.

    Whole numbers are summed from running sums, so a run of any length costs the same.
    """

    def __init__(self, columns: Mapping[str, NDArray[np.generic]], ways: Mapping[str, str]) -> None:
        """Check and keep the columns that have a total.

        Raises:
            ValueError: a total without its column, of texts, in an unknown way, or beyond 64 bits.
        """
        self.names: tuple[str, ...] = ("n", *ways)
        self._ways = dict(ways)
        self._columns = {name: _numeric(name, columns, way) for name, way in ways.items()}
        self._running = self._summed_up()

    def taken(self, positions: Places) -> Self:
        """Return the totals over some of the points, in the order of ``positions``."""
        other = object.__new__(type(self))
        other.names, other._ways = self.names, self._ways
        other._columns = {name: column[positions] for name, column in self._columns.items()}
        other._running = other._summed_up()
        return other

    def over(self, starts: Places) -> Reduced:
        """Return, of runs that follow one another, the totals that no running sum gives.

        Args:
            starts: where each run begins, and where the last one ends.
        """
        others = [name for name in self._ways if name not in self._running]
        return {name: _reduce(self._columns[name], self._ways[name], starts[:-1]) for name in others}

    def among(self, begins: Places, ends: Places) -> Reduced:
        """As :meth:`over`, of runs anywhere; each point of theirs is looked at."""
        others = [name for name in self._ways if name not in self._running]
        if not others:
            return {}
        sizes = ends - begins
        starts = np.cumsum(sizes) - sizes
        members = np.arange(int(sizes.sum())) + np.repeat(begins - starts, sizes)
        return {name: _reduce(self._columns[name][members], self._ways[name], starts) for name in others}

    def table(self, begins: Places, ends: Places, reduced: Reduced, first: int) -> tuple[Tags, bytes]:
        """Return the totals of runs of points as a tile says them.

        Args:
            begins, ends: each run's first point and the one after its last; none is empty.
            reduced: their totals of :meth:`over` or :meth:`among`.
            first: the number of values that the tile has already.

        Returns:
            For each run and name the number of its value, -1 where all are unknown; and the values, encoded.
        """
        whole = np.empty((len(begins), 1 + len(self._running)), dtype=np.int64)
        whole[:, 0] = ends - begins
        for place, running in enumerate(self._running.values(), 1):
            whole[:, place] = running[ends] - running[begins]
        tags = np.empty((len(begins), len(self.names)), dtype=np.int64)
        places = [0, *(self.names.index(name) for name in self._running)]
        tags[:, places], values, first = _valued(whole, first)
        parts = [values]
        for name, column in reduced.items():
            tags[:, self.names.index(name)], values, first = _valued(column, first)
            parts.append(values)
        return tags, b"".join(parts)

    def _summed_up(self) -> dict[str, NDArray[np.int64]]:
        """Running sums of the whole numbers that are to be summed."""
        return {
            name: np.concatenate([[0], np.cumsum(column, dtype=np.int64)])
            for name, column in self._columns.items()
            if self._ways[name] == "sum" and column.dtype.kind != "f"
        }


def _reduce(column: NDArray[np.generic], way: str, starts: Places) -> NDArray[np.generic]:
    if way != "sum":
        # fmax and fmin pass over NaN, and are max and min of whole numbers.
        reduced: NDArray[np.generic] = (np.fmax if way == "max" else np.fmin).reduceat(column, starts)
        return reduced
    unknown = np.isnan(column)
    sums = np.add.reduceat(np.where(unknown, 0.0, column), starts)
    return np.where(np.logical_and.reduceat(unknown, starts), np.nan, sums)


def _valued(numbers: NDArray[np.generic], first: int) -> tuple[Tags, bytes, int]:
    """Numbers as a tile's values from number `first` on: the number of each (-1 for NaN), them, the next."""
    found, ranks = np.unique(numbers, return_inverse=True)
    known = found[~np.isnan(found)] if found.dtype.kind == "f" else found
    tags = np.where(ranks < len(known), ranks + first, -1).reshape(numbers.shape)  # NaN is sorted last
    return tags, mvt.number_values(known)[0].tobytes(), first + len(known)


def _numeric(name: str, columns: Mapping[str, NDArray[np.generic]], way: str) -> NDArray[np.generic]:
    if way not in WAYS:
        raise ValueError(f"column {name!r} cannot be totalled by {way!r}: give one of {', '.join(WAYS)}")
    if name not in columns:
        raise ValueError(f"there is no column {name!r} to be totalled: give it among the columns, too")
    column = np.asarray(columns[name])
    if column.dtype.kind not in "iufb":
        raise ValueError(f"column {name!r} of {column.dtype} has no total: leave it out of the totals")
    if column.dtype.kind == "f":
        return column.astype(np.float64)
    if way == "sum" and float(np.abs(column.astype(np.float64)).sum()) > _CARRY:
        raise ValueError(f"the sum of column {name!r} is beyond 64 bits: give it as floats")
    return column
