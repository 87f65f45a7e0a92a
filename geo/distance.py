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
    from geo.kernels import haversine  # machine code: loaded where a distance is needed at all

    # One compiled function for scalars, arrays and the index of the nearest: equal to the last digit.
    degrees = (np.asarray(value, dtype=np.float64) for value in (lon1, lat1, lon2, lat2))
    with np.errstate(invalid="ignore"):
        distance: Floats = haversine(*degrees)
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
