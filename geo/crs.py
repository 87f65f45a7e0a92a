"""Coordinate systems used on Chinese maps, and exact conversion to and from WGS-84.

GCJ-02 (Amap, Tencent) and BD-09 (Baidu) are deliberate distortions of WGS-84 with no EPSG code. At Pinghu
they lie about 0.5 km and 1.1 km away, so a coordinate whose system is unknown is refused, never guessed.

Source: the published GCJ-02 series on the Krasovsky 1940 ellipsoid, and Baidu's polar shift on top of it.
"""

import unicodedata
from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeVar, overload

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]
ShapeT = TypeVar("ShapeT", bound=BaseGeometry)

_SEMI_MAJOR_M: Final = 6378245.0  # Krasovsky 1940
_ECCENTRICITY_SQ: Final = 0.00669342162296594323
_BD_WAVE: Final = np.pi * 3000.0 / 180.0
_CHINA_BOX: Final = (72.004, 137.8347, 0.8293, 55.8271)  # the customary rough box: lon, lon, lat, lat
_INVERSE_TOLERANCE_DEG: Final = 1e-13
_INVERSE_ROUNDS: Final = 40  # the shift changes by under 3 % of the distance moved: 10 rounds are usual


class Crs(StrEnum):
    """The four coordinate systems a feed may declare."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"

    @classmethod
    def parse(cls, text: str | None) -> "Crs":
        """Read a declared system such as ``GCJ-02``, ``EPSG:4490``, ``WGS 84`` or ``火星坐标系``.

        Raises:
            ValueError: nothing, or something unknown, was declared. The message names the four choices.
        """
        spelled = "" if text is None else unicodedata.normalize("NFKC", str(text))
        key = "".join(character for character in spelled.lower() if character.isalnum())
        found = _SPELLINGS.get(key)
        if found is None:
            said = "no coordinate system was given" if not key else f"unknown coordinate system {text!r}"
            raise ValueError(f"{said}: declare one of {', '.join(cls)} (coordinates without one are refused)")
        return found


_SPELLINGS: Final[dict[str, Crs]] = {
    **{member.value: member for member in Crs},
    "epsg4326": Crs.WGS84,
    "4326": Crs.WGS84,
    "ogccrs84": Crs.WGS84,
    "crs84": Crs.WGS84,
    "urnogcdefcrsogc13crs84": Crs.WGS84,
    "urnogcdefcrsepsg4326": Crs.WGS84,
    "epsg4490": Crs.CGCS2000,
    "4490": Crs.CGCS2000,
    "urnogcdefcrsepsg4490": Crs.CGCS2000,
    "国家2000": Crs.CGCS2000,
    "2000国家大地坐标系": Crs.CGCS2000,
    "火星坐标系": Crs.GCJ02,
    "bd09ll": Crs.BD09,
    "百度坐标系": Crs.BD09,
}


@overload
def to_wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]: ...
@overload
def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs) -> Pair: ...
def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs) -> tuple[float, float] | Pair:
    """Convert degrees in ``crs`` to WGS-84 degrees; the exact inverse of :func:`from_wgs84` (below 1e-9 deg).

    CGCS2000 is returned unchanged: its ellipsoid differs from WGS-84's by 0.1 mm at the pole, and its frame
    (ITRF97 at epoch 2000.0) by the drift of the plates since, well under a metre; a shop needs no more.
    GCJ-02 outside China's box is WGS-84 already. Within a kilometre of the box's own edge (sea and foreign
    ground) the distortion jumps, and a point is taken to be on the side it is read on.

    Args:
        lon, lat: degrees, scalars or arrays that broadcast together. NaN stays NaN.
        crs: the system of ``lon`` and ``lat``.
    """
    steps: dict[Crs, Callable[[Floats, Floats], Pair]] = {
        Crs.GCJ02: _gcj02_to_wgs84,
        Crs.BD09: lambda x, y: _gcj02_to_wgs84(*_invert(_gcj02_to_bd09, x, y)),
    }
    return _convert(lon, lat, steps.get(Crs(crs)))


@overload
def from_wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]: ...
@overload
def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs) -> Pair: ...
def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs) -> tuple[float, float] | Pair:
    """Convert WGS-84 degrees to degrees in ``crs``; arguments and result as in :func:`to_wgs84`."""
    steps: dict[Crs, Callable[[Floats, Floats], Pair]] = {
        Crs.GCJ02: _wgs84_to_gcj02,
        Crs.BD09: lambda x, y: _gcj02_to_bd09(*_wgs84_to_gcj02(x, y)),
    }
    return _convert(lon, lat, steps.get(Crs(crs)))


@overload
def geometry_to_wgs84(geometry: gpd.GeoSeries, crs: Crs) -> gpd.GeoSeries: ...
@overload
def geometry_to_wgs84(geometry: ShapeT, crs: Crs) -> ShapeT: ...
def geometry_to_wgs84(geometry: gpd.GeoSeries | ShapeT, crs: Crs) -> gpd.GeoSeries | ShapeT:
    """Convert a shapely geometry, or every geometry of a GeoSeries, from ``crs`` to WGS-84.

    Heights are kept. A GeoSeries comes back with ``EPSG:4326`` set, since its system is now known.

    Raises:
        ValueError: a GeoSeries says by its own ``crs`` that it is projected (metres, not degrees).
    """
    if isinstance(geometry, gpd.GeoSeries):
        if geometry.crs is not None and geometry.crs.is_projected:
            raise ValueError("the geometries are projected: bring them to degrees with to_crs(4490) first")
        values = np.array([_shape_to_wgs84(item, crs) for item in geometry], dtype=object)
        return gpd.GeoSeries(values, index=geometry.index, crs="EPSG:4326", name=geometry.name)
    return _shape_to_wgs84(geometry, crs)


def _shape_to_wgs84(geometry: ShapeT, crs: Crs) -> ShapeT:
    def convert(coordinates: Floats) -> Floats:
        lon, lat = to_wgs84(coordinates[:, 0], coordinates[:, 1], crs)
        return np.column_stack([lon, lat, coordinates[:, 2:]])

    return shapely.transform(geometry, convert, include_z=bool(shapely.has_z(geometry)))


def _convert(lon: ArrayLike, lat: ArrayLike, step: Callable[[Floats, Floats], Pair] | None) -> Pair:
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    known = np.isfinite(x) & np.isfinite(y)
    # An infinite or half-known coordinate is no position: it becomes NaN instead of something plausible.
    x, y = np.where(known, x, np.nan), np.where(known, y, np.nan)
    new_x, new_y = (x, y) if step is None else step(x, y)
    return new_x[()], new_y[()]


def _in_china_box(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    west, east, south, north = _CHINA_BOX
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _wgs84_to_gcj02(lon: Floats, lat: Floats) -> Pair:
    x, y = _distort(lon, lat)
    china = _in_china_box(lon, lat)
    return np.where(china, x, lon), np.where(china, y, lat)


def _gcj02_to_wgs84(lon: Floats, lat: Floats) -> Pair:
    china = _in_china_box(lon, lat)
    x, y = _invert(_distort, np.where(china, lon, np.nan), np.where(china, lat, np.nan))
    return np.where(china, x, lon), np.where(china, y, lat)


def _distort(lon: Floats, lat: Floats) -> Pair:
    """Apply the GCJ-02 series everywhere, without the box."""
    x, y = lon - 105.0, lat - 35.0
    east_m, north_m = _series_m(x, y)
    radians = np.radians(lat)
    curvature = 1.0 - _ECCENTRICITY_SQ * np.sin(radians) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQ) / (curvature * np.sqrt(curvature))
    parallel_m = _SEMI_MAJOR_M / np.sqrt(curvature) * np.cos(radians)
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _series_m(x: Floats, y: Floats) -> Pair:
    """Return the shift in metres east and north, ``x`` and ``y`` being degrees from 105 E, 35 N."""

    def waves(value: Floats, first: float, second: float, third: float, period: float) -> Floats:
        far = third * np.sin(value / period * np.pi) + 2.0 * third * np.sin(value * np.pi / (period * 2.5))
        return (first * np.sin(value * np.pi) + second * np.sin(value / 3.0 * np.pi) + far) * 2.0 / 3.0

    def ripple(value: Floats) -> Floats:
        return (20.0 * np.sin(6.0 * value * np.pi) + 20.0 * np.sin(2.0 * value * np.pi)) * 2.0 / 3.0

    root, product = np.sqrt(np.abs(x)), x * y
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * product + 0.2 * root + ripple(x)
    north += waves(y, 20.0, 40.0, 160.0, 12.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * product + 0.1 * root + ripple(x)
    east += waves(x, 20.0, 40.0, 150.0, 12.0)
    return east, north


def _gcj02_to_bd09(lon: Floats, lat: Floats) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_WAVE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_WAVE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _invert(forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """Solve ``forward(x, y) = (lon, lat)`` by fixed-point iteration from the target itself."""
    x, y = lon.copy(), lat.copy()
    for _ in range(_INVERSE_ROUNDS):
        there_x, there_y = forward(x, y)
        step_x, step_y = lon - there_x, lat - there_y
        x, y = x + step_x, y + step_y
        steps = np.nan_to_num(np.abs([step_x, step_y]))
        if steps.max(initial=0.0) < _INVERSE_TOLERANCE_DEG:
            break
    return x, y
