"""Outlines of areas: built from WKT or GeoJSON, brought to WGS-84, repaired, and every repair said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import Crs, geometry_to_wgs84
from geo.repair import Repairs, repair_each
from yaotong.intake.core.masking import mask_id_like
from yaotong.intake.core.problems import Bools, Fault

Shapes = NDArray[np.object_]
_NOTED = 50
_QUOTED = 40


@dataclass(frozen=True, slots=True)
class Outlined:
    """Valid WGS-84 polygons per row (None where faulty), the faults, and sentences about repairs."""

    shapes: Shapes
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


@np.errstate(over="ignore", invalid="ignore")  # a number too great becomes infinite, which is off the globe
def read_outlines(values: list[Any], crs: NDArray[np.object_], area_codes: list[str]) -> Outlined:
    """Read outlines, given as shapely objects or WKT text, in the row's coordinate system."""
    shapes = _built(values)
    lost = ~(shapely.is_geometry(shapes) & ~shapely.is_empty(shapes))
    off = ~lost & ~_on_globe(shapes)
    shapes[off | lost] = None
    answer, repairs = repair_each(area_codes, _converted(shapes, crs))
    flat = ~lost & ~off & shapely.is_empty(answer)
    answer[shapely.is_empty(answer)] = None
    faults = (
        Fault("bad_geometry", lost, "没有边界，或边界无法读取。"),
        Fault("bad_geometry", off, "边界的坐标不是经纬度。"),
        Fault("bad_geometry", flat, "边界不是面，也无法修复成面。"),
    )
    return Outlined(answer, faults, _notes(repairs))


def _built(values: list[Any]) -> Shapes:
    """Shapely geometries; text is read as WKT, and what cannot be read is None."""
    shapes = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        readable = isinstance(value, str)
        shapes[place] = shapely.from_wkt(value, on_invalid="ignore") if readable else value
    shapes[~shapely.is_geometry(shapes)] = None
    return shapes


def _on_globe(shapes: Shapes) -> Bools:
    limits = np.array([-180.0, -90.0, 180.0, 90.0])
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        inside = np.hstack([bounds[:, :2] >= limits[:2], bounds[:, 2:] <= limits[2:]])
    answer: Bools = np.logical_and.reduce(inside, axis=1)
    places, rows = shapely.get_coordinates(shapes, return_index=True)
    answer[rows[~np.isfinite(places).all(axis=1)]] = False  # bounds pass over what is no number
    return answer


def _converted(shapes: Shapes, crs: NDArray[np.object_]) -> Shapes:
    answer = np.full(len(shapes), None, dtype=object)
    for system in Crs:
        chosen = (crs == str(system)) & shapely.is_geometry(shapes)
        if chosen.any():
            answer[chosen] = [geometry_to_wgs84(one, system) for one in shapes[chosen]]
    return answer


def _notes(repairs: Repairs) -> tuple[str, ...]:
    said = [
        f"区域 {mask_id_like(one.area_code)[:_QUOTED]} 的边界已修复（{one.reason}），"
        f"面积变化 {one.change_m2:+,.0f} 平方米。"
        for one in repairs.fixed
    ]
    more = len(said) - _NOTED
    return (*said[:_NOTED], *((f"另有 {more} 个区域的边界已修复。",) if more > 0 else ()))
