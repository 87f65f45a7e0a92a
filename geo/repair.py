"""Repair invalid polygons, and say what was wrong and what the repair changed. Nothing is done silently."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

_ELLIPSOID: Final = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Repair:
    """One area that was invalid and is valid now. Areas are geodesic, on the WGS-84 ellipsoid."""

    area_code: str
    reason: str
    before_m2: float
    after_m2: float

    @property
    def change_m2(self) -> float:
        """Area gained (positive) or lost by the repair."""
        return self.after_m2 - self.before_m2


@dataclass(frozen=True, slots=True)
class Lost:
    """One area that has no polygon, before or after repair: the caller decides what it means."""

    area_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Repairs:
    """What :func:`repair` did, in the order of the areas."""

    fixed: tuple[Repair, ...] = ()
    lost: tuple[Lost, ...] = ()

    def __bool__(self) -> bool:
        """True when anything was wrong."""
        return bool(self.fixed or self.lost)

    def frame(self) -> pd.DataFrame:
        """Return all in one frame: area_code, outcome (fixed or lost), reason, before, after, change."""
        nothing = {"before_m2": np.nan, "after_m2": np.nan, "change_m2": np.nan}
        rows: list[dict[str, object]] = [
            {
                "area_code": item.area_code,
                "outcome": "fixed",
                "reason": item.reason,
                "before_m2": item.before_m2,
                "after_m2": item.after_m2,
                "change_m2": item.change_m2,
            }
            for item in self.fixed
        ]
        rows += [
            {"area_code": item.area_code, "outcome": "lost", "reason": item.reason, **nothing}
            for item in self.lost
        ]
        return pd.DataFrame(rows, columns=["area_code", "outcome", "reason", *nothing])


def repair(areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Repairs]:
    """Make every area a valid Polygon or MultiPolygon in degrees.

    GEOS's *structure* method is used: it makes each ring valid, merges the shells and subtracts the holes, so
    that parts which overlap stay covered (the *linework* method would cut the overlap out). Lines and points
    that a repair leaves over carry no area and are dropped.

    Args:
        areas: columns ``area_code`` and ``geometry`` in longitude and latitude (degrees).

    Returns:
        A copy with the same rows, order and columns. An area that is lost keeps its row with an empty
        polygon, so that its code stays known and covers nothing. The :class:`Repairs` name every change.

    Raises:
        ValueError: there is no ``area_code``, or the frame says it is projected.
    """
    if "area_code" not in areas.columns:
        raise ValueError("areas need a column area_code: rename the column that holds their codes")
    if areas.crs is not None and areas.crs.is_projected:
        raise ValueError("areas are projected: bring them to degrees with to_crs(4326) before repair")
    geometry, repairs = repair_each(areas["area_code"].tolist(), areas.geometry.to_numpy())
    mended = areas.copy()
    mended[areas.geometry.name] = gpd.GeoSeries(geometry, index=areas.index, crs=areas.crs)
    return mended, repairs


def repair_each(
    codes: Sequence[object], geometry: NDArray[np.object_]
) -> tuple[NDArray[np.object_], Repairs]:
    """Do as :func:`repair` for bare arrays: the codes of areas, and their geometry in degrees or ``None``."""
    answer = geometry.copy()
    outcomes: list[Repair | Lost] = []
    for row in np.flatnonzero(_needs_work(answer)).tolist():
        answer[row], outcome = _mend(str(codes[row]), answer[row])
        outcomes.append(outcome)
    fixed = tuple(outcome for outcome in outcomes if isinstance(outcome, Repair))
    lost = tuple(outcome for outcome in outcomes if isinstance(outcome, Lost))
    return answer, Repairs(fixed, lost)


def area_m2(geometry: BaseGeometry) -> float:
    """Return the geodesic area of a polygon or multipolygon in degrees, in square metres (WGS-84)."""
    oriented = shapely.orient_polygons(geometry)  # holes are subtracted only when wound the other way
    return abs(float(_ELLIPSOID.geometry_area_perimeter(oriented)[0]))


def _needs_work(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    polygonal = np.isin(shapely.get_type_id(geometry), (3, 6))  # Polygon, MultiPolygon
    sound: NDArray[np.bool_] = polygonal & ~shapely.is_empty(geometry) & shapely.is_valid(geometry)
    return ~sound


def _mend(code: str, geometry: BaseGeometry | None) -> tuple[BaseGeometry, Repair | Lost]:
    if geometry is None or geometry.is_empty:
        return Polygon(), Lost(code, "no geometry" if geometry is None else "empty geometry")
    reason = str(shapely.is_valid_reason(geometry))
    if reason == "Valid Geometry":
        reason = f"not a polygon: {geometry.geom_type}"
    valid = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if not valid.is_valid:
        # GEOS 3.14 leaves some folded rings invalid; the linework method always ends valid and here only
        # has the last touching parts to mend.
        valid = shapely.make_valid(valid, method="linework")
    mended = _polygons_only(valid, multi=geometry.geom_type == "MultiPolygon")
    if mended.is_empty:
        return Polygon(), Lost(code, reason)
    return mended, Repair(code, reason, _before_m2(geometry), area_m2(mended))


def _before_m2(geometry: BaseGeometry) -> float:
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return float(sum(area_m2(part) for part in parts))


def _polygons_only(geometry: BaseGeometry, *, multi: bool) -> BaseGeometry:
    """Keep the polygons of any geometry; a MultiPolygon stays one even with a single part."""
    parts = [geometry]
    while any(part.geom_type in ("MultiPolygon", "GeometryCollection") for part in parts):
        parts = list(shapely.get_parts(parts))
    polygons = [part for part in parts if isinstance(part, Polygon) and not part.is_empty]
    if not polygons:
        return Polygon()
    return polygons[0] if len(polygons) == 1 and not multi else MultiPolygon(polygons)
