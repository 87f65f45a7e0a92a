"""Distances over the ground between positions in WGS-84 degrees, in metres."""

from typing import Final, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

Floats = NDArray[np.float64]

MEAN_EARTH_RADIUS_M: Final = 6371008.8  # IUGG mean radius (2a + b) / 3
_ELLIPSOID: Final = Geod(ellps="WGS84")


@overload
def haversine_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float: ...
@overload
def haversine_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats: ...
def haversine_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> float | Floats:
    """Return the great-circle distance on a sphere of the Earth's mean radius.

    It differs from the distance on the ellipsoid by at most 0.6 %. Arguments are degrees, scalars or arrays
    that broadcast together; NaN gives NaN.
    """
    x1, y1, x2, y2 = (np.asarray(value, dtype=np.float64) for value in (lon1, lat1, lon2, lat2))
    turn = np.abs(x2 - x1) % 360.0
    turn = np.minimum(turn, 360.0 - turn)  # exact over the antimeridian, where sin would lose the last digits
    half_lat, half_lon = np.radians(y2 - y1) / 2.0, np.radians(turn) / 2.0
    parallels = np.cos(np.radians(y1)) * np.cos(np.radians(y2))
    # np.square: ** 2 of one number and of an array differ in the last digit.
    square = np.square(np.sin(half_lat)) + parallels * np.square(np.sin(half_lon))
    distance: Floats = 2.0 * MEAN_EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(square, 1.0)))
    return distance[()]


@overload
def geodesic_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float: ...
@overload
def geodesic_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats: ...
def geodesic_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> float | Floats:
    """Return the shortest distance on the WGS-84 ellipsoid (PROJ's geodesic, exact to nanometres).

    Arguments as in :func:`haversine_m`; about a hundred times slower.
    """
    degrees = (np.asarray(value, dtype=np.float64) for value in (lon1, lat1, lon2, lat2))
    x1, y1, x2, y2 = np.broadcast_arrays(*degrees)
    distance = np.asarray(_ELLIPSOID.inv(x1, y1, x2, y2)[2], dtype=np.float64)
    return distance[()]
