"""The circles of a spatial scan: each region's neighbours by distance, as far as half of the people."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.distance import MEAN_EARTH_RADIUS_M

Floats = NDArray[np.float64]

# Regions whose distances differ by less enter a circle together: written degrees are not finer.
TIE_M = 1e-3


class Circles(NamedTuple):
    """Row i: the regions around region i, nearest first, itself among the first.

    order (n, k) int32; ends (n, k) bool, true where a circle may end (no region as far is left out);
    size (n,) int32, how many entries of a row are used.
    """

    order: NDArray[np.int32]
    ends: NDArray[np.bool_]
    size: NDArray[np.int32]


def circles(lon: Floats, lat: Floats, weight: Floats, share: float) -> Circles:
    """Circles round n regions (WGS-84 degrees) that hold at most `share` of all weight.

    A region that alone holds more has no circle. Distances are great circles of the Earth's mean radius.
    """
    chord = _chords(lon, lat)
    order = np.argsort(chord, axis=1, kind="stable").astype(np.int32)
    far = np.take_along_axis(chord, order, axis=1)
    ends = np.ones(order.shape, np.bool_)
    ends[:, :-1] = np.diff(far, axis=1) > TIE_M / MEAN_EARTH_RADIUS_M
    held = np.cumsum(weight[order], axis=1)
    allowed = ends & (held <= share * weight.sum() * (1.0 + 1e-12))
    # The last end that is still allowed: weights are positive, so none follows a refused one.
    size = np.where(allowed.any(axis=1), order.shape[1] - np.argmax(allowed[:, ::-1], axis=1), 0)
    widest = max(int(size.max(initial=0)), 1)
    return Circles(
        np.ascontiguousarray(order[:, :widest]),
        np.ascontiguousarray(ends[:, :widest]),
        size.astype(np.int32),
    )


def _chords(lon: Floats, lat: Floats) -> Floats:
    """(n, n) straight distances through a sphere of radius one: they rank as great circles do."""
    x, y = np.radians(lon), np.radians(lat)
    places = np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
    square = np.zeros((len(lon), len(lon)))
    for axis in places:
        square += np.square(axis[:, None] - axis[None, :])
    return np.sqrt(square, out=square)


def gathered(circle: Circles, weight: Floats) -> Floats:
    """(n, k) weight held by each circle, summed from its centre outwards."""
    return np.cumsum(weight[circle.order], axis=1)
