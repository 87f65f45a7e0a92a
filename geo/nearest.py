"""The nearest of many places, in exact great-circle order, with filters.

Order and distance are those of :func:`geo.distance.haversine_m` (a sphere of mean radius); places at one
distance keep the order of their numbers. A KD-tree over unit vectors only proposes candidates, with a
margin far above rounding, and they are ranked again by the distance itself. So the antimeridian and the
poles need no special care.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from geo.distance import haversine_m

Found = tuple[NDArray[np.intp], NDArray[np.float64]]
_CHORD_MARGIN: Final = 1e-12  # 6 micrometres; rounding of unit vectors and of haversine stays below 1e-15
_DOT_MARGIN: Final = 1e-14  # on cosines, same rounding; a few tenths of a metre at most
_BRUTE_LIMIT: Final = 2_000  # so few places are ranked directly faster than through the tree
_OVERSAMPLE: Final = 3  # the tree is asked for this many times the places the filter should need


class NearestIndex:
    """An index over n places, built once and asked many times."""

    def __init__(self, lon: ArrayLike, lat: ArrayLike) -> None:
        """Build the index.

        Args:
            lon, lat: WGS-84 degrees, two arrays of length n. A place with a missing (NaN) coordinate keeps
                its number and is never found.

        Raises:
            ValueError: lengths differ, or a latitude is beyond a pole.
        """
        self._lon, self._lat = (np.array(value, dtype=np.float64, ndmin=1) for value in (lon, lat))
        if self._lon.shape != self._lat.shape or self._lon.ndim != 1:
            lengths = f"{self._lon.shape} and {self._lat.shape}"
            raise ValueError(f"lon and lat must be arrays of one length, not {lengths}")
        self._located = np.isfinite(self._lon) & np.isfinite(self._lat)
        if (np.abs(self._lat[self._located]) > 90.0).any():
            raise ValueError("a latitude is beyond 90 degrees: are lon and lat swapped?")
        self._places = np.flatnonzero(self._located)
        self._vectors = _unit_vectors(self._lon[self._places], self._lat[self._places])
        self._tree = cKDTree(self._vectors)

    def __len__(self) -> int:
        """Return n, unlocated places included."""
        return len(self._lon)

    def query(
        self, lon: float, lat: float, k: int, keep: ArrayLike | None = None, max_m: float | None = None
    ) -> Found:
        """Return the k nearest places, nearest first.

        Args:
            lon, lat: WGS-84 degrees.
            k: how many at most, at least 1.
            keep: bool mask of length n; only places where it is true count, and k of them are still found.
            max_m: places farther than this many metres are left out; one exactly there stays.

        Returns:
            ``(indexes, distances_m)``, both of length at most k: shorter only when no more places qualify.

        Raises:
            ValueError: a coordinate is missing or impossible, k below 1, or a mask of another length.
        """
        if not (np.isfinite(lon) and abs(lat) <= 90.0):
            raise ValueError(f"no position to search from: lon {lon}, lat {lat}")
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        allowed = self._allowed(keep)
        wanted = len(self._places) if allowed is None else int(np.count_nonzero(allowed))
        if wanted == 0:
            return np.empty(0, dtype=np.intp), np.empty(0)
        vector = _unit_vectors(lon, lat)
        candidates = self._candidates(vector, min(k, wanted), allowed, wanted)
        return self._rank(lon, lat, k, self._places[candidates], max_m)

    def distances_m(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Return how far the nearest place is from each of many positions, in metres; inf when there is none.

        Args:
            lon, lat: WGS-84 degrees, two arrays of one shape, all known.
        """
        x, y = (np.asarray(value, dtype=np.float64) for value in (lon, lat))
        if not len(self._places):
            return np.full(x.shape, np.inf)
        _, numbers = self._tree.query(_unit_vectors(x, y))
        found = self._places[numbers]
        return haversine_m(x, y, self._lon[found], self._lat[found])

    def _allowed(self, keep: ArrayLike | None) -> NDArray[np.bool_] | None:
        """Return the mask over the located places, ``None`` when there is no filter."""
        if keep is None:
            return None
        mask = np.asarray(keep)
        if mask.dtype != np.bool_ or mask.shape != self._lon.shape:
            raise ValueError(f"keep must be {len(self)} booleans, not {mask.shape} of {mask.dtype}")
        return mask if len(self._places) == len(mask) else mask[self._places]

    def _candidates(
        self, vector: NDArray[np.float64], k: int, allowed: NDArray[np.bool_] | None, wanted: int
    ) -> NDArray[np.intp]:
        """Return tree numbers of allowed places: at least the k nearest of them and all their ties."""
        total = len(self._places)
        asked = k if allowed is None else min(total, _OVERSAMPLE * (k * total // wanted + 1))
        if wanted > _BRUTE_LIMIT and asked < total // 4:
            tree_chords, numbers = self._tree.query(vector, k=np.arange(1, asked + 1))
            chords = np.asarray(tree_chords)
            chords = chords if allowed is None else chords[allowed[numbers]]
            if len(chords) >= k:
                ball = self._tree.query_ball_point(vector, float(chords[k - 1]) + _CHORD_MARGIN)
                near = np.asarray(ball, dtype=np.intp)
                return near if allowed is None else near[allowed[near]]
        return self._nearest_by_scan(vector, k, allowed)

    def _nearest_by_scan(
        self, vector: NDArray[np.float64], k: int, allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.intp]:
        """Look at every allowed place: for small sets, and for filters whose places are all far away."""
        numbers = np.arange(len(self._places)) if allowed is None else np.flatnonzero(allowed)
        cosines = (self._vectors if allowed is None else self._vectors[numbers]) @ vector
        threshold = np.partition(cosines, len(cosines) - k)[len(cosines) - k]
        return numbers[np.flatnonzero(cosines >= threshold - _DOT_MARGIN)]

    def _rank(self, lon: float, lat: float, k: int, places: NDArray[np.intp], max_m: float | None) -> Found:
        distances = haversine_m(lon, lat, self._lon[places], self._lat[places])
        if max_m is not None:
            near = distances <= max_m
            places, distances = places[near], distances[near]
        order = np.lexsort((places, distances))[:k]
        return places[order], distances[order]


def _unit_vectors(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    east, north = np.radians(lon), np.radians(lat)
    parallel = np.cos(north)
    return np.stack([parallel * np.cos(east), parallel * np.sin(east), np.sin(north)], axis=-1)
