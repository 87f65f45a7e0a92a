"""The nearest of many places, in exact great-circle order, with filters.

Order and distance are those of :func:`geo.distance.haversine_m` (a sphere of mean radius); places at one
distance keep the order of their numbers. A k-d tree over unit vectors only proposes candidates, with a
margin far above rounding, and they are ranked again by the distance itself. So the antimeridian and the
poles need no special care. The tree is compiled (:mod:`geo.kernels`) and knows of a filter which of its
branches hold any place that passes: a filter costs no exactness, and few places far away no search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import kernels
from geo.distance import MEAN_EARTH_RADIUS_M

Found = tuple[NDArray[np.intp], NDArray[np.float64]]
_EVERYWHERE: Final = 8.0  # no squared chord of the unit sphere is above 4


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A filter made ready for one index, to be asked with many times."""

    index: NearestIndex
    count: int
    masks: kernels.Chosen


class NearestIndex:
    """An index over n places, built once and asked many times, by many threads at once."""

    def __init__(self, lon: ArrayLike, lat: ArrayLike) -> None:
        """Build the index.

        Args:
            lon, lat: WGS-84 degrees, two arrays of length n. A place with a missing (NaN) coordinate keeps
                its number and is never found.

        Raises:
            ValueError: lengths differ, or a latitude is beyond a pole.
        """
        x, y = (np.array(value, dtype=np.float64, ndmin=1) for value in (lon, lat))
        if x.shape != y.shape or x.ndim != 1:
            raise ValueError(f"lon and lat must be arrays of one length, not {x.shape} and {y.shape}")
        located = np.isfinite(x) & np.isfinite(y)
        if (np.abs(y[located]) > 90.0).any():
            raise ValueError("a latitude is beyond 90 degrees: are lon and lat swapped?")
        self._length = len(x)
        order = np.flatnonzero(located).astype(np.int64)
        levels = kernels.levels_of(len(order))
        points, boxes = np.empty((len(order), 3)), np.empty((2 ** (levels + 1) - 1, 6))
        kernels.vectors(x[order], y[order], points)
        kernels.build(points, order, levels, boxes)
        self._tree: kernels.Tree = (points, order, boxes, x, y, levels)
        self._everything = self.choose(np.ones(self._length, dtype=np.bool_))

    def __len__(self) -> int:
        """Return n, unlocated places included."""
        return self._length

    def choose(self, keep: ArrayLike) -> Chosen:
        """Make a filter ready: a bool mask of length n; only places where it is true will count.

        Raises:
            ValueError: a mask of another length or type.
        """
        mask = np.asarray(keep)
        if mask.dtype != np.bool_ or mask.shape != (self._length,):
            raise ValueError(f"keep must be {len(self)} booleans, not {mask.shape} of {mask.dtype}")
        _, order, boxes, _, _, levels = self._tree
        allowed, holds = np.empty(len(order), dtype=np.bool_), np.empty(len(boxes), dtype=np.bool_)
        count = kernels.choose(np.ascontiguousarray(mask), order, levels, allowed, holds)
        return Chosen(self, int(count), (allowed, holds))

    def query(
        self,
        lon: float,
        lat: float,
        k: int,
        keep: ArrayLike | Chosen | None = None,
        max_m: float | None = None,
    ) -> Found:
        """Return the k nearest places, nearest first.

        Args:
            lon, lat: WGS-84 degrees.
            k: how many at most, at least 1.
            keep: a filter of :meth:`choose`, or its mask; the k nearest that pass are found.
            max_m: places farther than this many metres are left out; one exactly there stays.

        Returns:
            ``(indexes, distances_m)``, both of length at most k: shorter only when no more places qualify.

        Raises:
            ValueError: a coordinate is missing or impossible, k below 1, or a filter of another index.
        """
        if not (abs(lon) < np.inf and abs(lat) <= 90.0):
            raise ValueError(f"no position to search from: lon {lon}, lat {lat}")
        chosen = self._chosen(keep)
        wanted, reach = _wanted(k, chosen), _reach(max_m)
        numbers, metres = kernels.nearest(self._tree, chosen.masks, float(lon), float(lat), reach, wanted)
        if max_m is not None:
            near = metres <= max_m
            return numbers[near], metres[near]
        return numbers, metres

    def query_many(
        self, lon: ArrayLike, lat: ArrayLike, k: int, keep: ArrayLike | Chosen | None = None
    ) -> Found:
        """Return the k nearest places of each of m positions, as :meth:`query` would.

        Args:
            lon, lat: WGS-84 degrees, two arrays of length m, all known.

        Returns:
            ``(indexes, distances_m)`` of shape (m, k); -1 and inf where no more places qualify.

        Raises:
            ValueError: as :meth:`query`.
        """
        x, y = (np.ascontiguousarray(value, dtype=np.float64) for value in (lon, lat))
        if x.ndim != 1 or x.shape != y.shape or not (np.isfinite(x) & (np.abs(y) <= 90.0)).all():
            raise ValueError("positions to search from must be known, in two arrays of one length")
        chosen = self._chosen(keep)
        wanted = _wanted(k, chosen)
        numbers, metres = np.full((len(x), wanted), -1, dtype=np.int64), np.full((len(x), wanted), np.inf)
        kernels.nearest_of_many(self._tree, chosen.masks, x, y, numbers, metres)
        beyond = ((0, 0), (0, k - wanted))
        return np.pad(numbers, beyond, constant_values=-1), np.pad(metres, beyond, constant_values=np.inf)

    def distances_m(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Return how far the nearest place is from each of many positions, in metres; inf when there is none.

        Args:
            lon, lat: WGS-84 degrees, two arrays of one shape, all known.
        """
        x, y = (np.asarray(value, dtype=np.float64) for value in (lon, lat))
        return self.query_many(x.ravel(), y.ravel(), 1)[1].reshape(x.shape)

    def _chosen(self, keep: ArrayLike | Chosen | None) -> Chosen:
        if keep is None:
            return self._everything
        if not isinstance(keep, Chosen):
            return self.choose(keep)
        if keep.index is not self:
            raise ValueError("the filter was made ready for another index")
        return keep


def _wanted(k: int, chosen: Chosen) -> int:
    """No more than there are."""
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    return min(int(k), chosen.count)


def _reach(max_m: float | None) -> float:
    """The squared chord of a distance, with the margin of rounding."""
    if max_m is None or max_m >= np.pi * MEAN_EARTH_RADIUS_M:
        return _EVERYWHERE
    chord = 2.0 * np.sin(max(max_m, 0.0) / (2.0 * MEAN_EARTH_RADIUS_M)) + kernels.CHORD_MARGIN
    return float(chord * chord)
