"""Coordinates of shops: complete, on the globe, not swapped, inside the region, brought to WGS-84."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.crs import Crs, to_wgs84
from yaotong.intake.core.problems import Bools, Fault

Floats = NDArray[np.float64]
Region = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """WGS-84 degrees per row (NaN: none), and what is wrong with which rows."""

    lon: Floats
    lat: Floats
    faults: tuple[Fault, ...]


def read_places(lon: Floats, lat: Floats, crs: NDArray[np.object_], region: Region | None) -> Placed:
    """Judge and convert coordinates, all of one length.

    Args:
        lon, lat: degrees in the row's own system, NaN where there is none.
        crs: the row's system by its canonical name, None where unknown.
        region: WGS-84 box (west, south, east, north) that every point must lie in; None: no check.
    """
    half = np.isnan(lon) != np.isnan(lat)
    there = ~np.isnan(lon) & ~np.isnan(lat)
    with np.errstate(invalid="ignore"):
        turned = there & (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
        off = there & ~turned & ((np.abs(lon) > 180) | (np.abs(lat) > 90))
    nowhere = there & (lon == 0) & (lat == 0)
    usable = there & ~turned & ~off & ~nowhere
    east, north = _converted(lon, lat, crs, usable)
    faults = [
        Fault("missing_value", half, "经度和纬度只有一个。"),
        Fault("bad_coordinate", off | nowhere, "坐标不在地球上，或是 0,0 这样的占位值。"),
        Fault("coords_swapped", turned, "经度和纬度写反了。"),
    ]
    if region is not None:
        outside = usable & ~_inside(east, north, region)
        swapped = outside & _inside(*_converted(lat, lon, crs, outside), region)
        faults.append(Fault("coords_swapped", swapped, "经度和纬度写反了：对调后才落在辖区内。"))
        faults.append(
            Fault("coords_out_of_region", outside & ~swapped, "坐标不在辖区范围内，请核对坐标和坐标系。")
        )
    return Placed(east, north, tuple(faults))


def degrees_of(shapes: Sequence[BaseGeometry | None]) -> tuple[pd.Series, pd.Series]:
    """What points say, as text that is then read like any other; what is no point, or empty, says nothing."""
    whole = np.array([None if one is None or one.is_empty else one for one in shapes], dtype=object)
    lon, lat = (
        pd.Series([None if np.isnan(one) else repr(float(one)) for one in values], dtype="str")
        for values in (shapely.get_x(whole), shapely.get_y(whole))
    )
    return lon, lat


def _converted(lon: Floats, lat: Floats, crs: NDArray[np.object_], rows: Bools) -> tuple[Floats, Floats]:
    east, north = np.full(len(lon), np.nan), np.full(len(lon), np.nan)
    for system in Crs:
        chosen = rows & (crs == str(system))
        if chosen.any():
            east[chosen], north[chosen] = to_wgs84(lon[chosen], lat[chosen], system)
    return east, north


def _inside(lon: Floats, lat: Floats, region: Region) -> Bools:
    west, south, east, north = region
    answer: Bools = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return answer
