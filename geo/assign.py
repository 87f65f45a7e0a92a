"""Put every point in exactly one area, the same one on every run and in any order of the inputs.

A plain spatial join drops or doubles a pharmacy that stands on a shared boundary. Here a point gets the
smallest ``area_code`` (by code point, as text) among the areas that cover it, boundary included. The same
rule settles areas that overlap. It depends on nothing but the point and the set of areas.
"""

from collections.abc import Hashable, Iterable
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

Points = gpd.GeoDataFrame | gpd.GeoSeries | tuple[ArrayLike, ArrayLike]
PLACES: Final = ("inside", "edge", "corner", "outside", "unlocated")


def assign(points: Points, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find the one area of every point.

    Args:
        points: a frame of point geometries, or a pair ``(lon, lat)`` of arrays of length n, in the
            coordinate system of ``areas``.
        areas: columns ``area_code`` (text, unique) and ``geometry`` (valid Polygon or MultiPolygon; an empty
            or missing one covers nothing).

    Returns:
        A frame of n rows with the points' index and the columns
        ``area_code`` (string; ``<NA>`` when outside or unlocated),
        ``place`` (``inside`` the area found; on its ``edge``; on its boundary where three or more areas meet:
        ``corner``; ``outside`` every area; ``unlocated``: a coordinate is missing), and
        ``candidates`` (int64: how many areas cover the point, boundary included).

    Raises:
        ValueError: codes missing or repeated, invalid or non-polygonal areas, or two coordinate systems.
    """
    lon, lat, index = _coordinates(points)
    _refuse_bad_areas(points, areas)
    ordered = areas.sort_values("area_code", key=lambda codes: codes.astype(str))
    codes = np.array([*ordered["area_code"].astype(str), None], dtype=object)
    winner, interior, candidates = _resolve(lon, lat, ordered.geometry.to_numpy())
    located = np.isfinite(lon) & np.isfinite(lat)
    place = np.select(
        [~located, candidates == 0, interior, candidates < 3],
        ["unlocated", "outside", "inside", "edge"],
        default="corner",
    )
    columns = {"area_code": codes[winner], "place": place, "candidates": candidates}
    return pd.DataFrame(columns, index=index).astype({"area_code": "string", "place": "string"})


def area_mismatch(assigned: pd.Series, claimed: pd.Series) -> pd.Series:
    """Say which points lie in another area than the one they claim.

    Both codes must be known (not missing, not blank) and neither may begin with the other: a claim of the
    county 330482 is not contradicted by the town 330482001, nor the town by a map of counties only.

    Returns:
        Series of bool with the index of ``assigned``.

    Raises:
        ValueError: the two series have different indexes.
    """
    if not assigned.index.equals(claimed.index):
        raise ValueError("assigned and claimed codes must have the same index: align them first")
    found, said = _code_texts(assigned), _code_texts(claimed)
    related = np.strings.startswith(found, said) | np.strings.startswith(said, found)
    known = (found != "") & (said != "")
    return pd.Series(known & ~related, index=assigned.index, name="area_mismatch", dtype=bool)


def _code_texts(codes: pd.Series) -> NDArray[np.str_]:
    return codes.astype("string").fillna("").str.strip().to_numpy(dtype=np.str_)


def _resolve(
    lon: NDArray[np.float64], lat: NDArray[np.float64], polygons: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.int64]]:
    """Return per point: the first polygon that covers it (their number if none does), whether the point is
    in the interior of that one, and how many cover it.
    """
    winner = np.full(len(lon), len(polygons), dtype=np.intp)
    interior = np.zeros(len(lon), dtype=bool)
    at_point, at_polygon, within = _covering_pairs(lon, lat, polygons)
    np.minimum.at(winner, at_point, at_polygon)
    interior[at_point[within & (at_polygon == winner[at_point])]] = True
    return winner, interior, np.bincount(at_point, minlength=len(lon)).astype(np.int64)


def _covering_pairs(
    lon: NDArray[np.float64], lat: NDArray[np.float64], polygons: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Return every pair (point, polygon that covers it), and whether the point is in its interior."""
    located = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    pairs = shapely.STRtree(polygons).query(shapely.points(lon[located], lat[located]))
    by_polygon = np.argsort(pairs[1], kind="stable")  # a polygon stays in the cache: 3 times faster
    at_point, at_polygon = located[pairs[0, by_polygon]], pairs[1, by_polygon]
    shapely.prepare(polygons)  # each polygon answers many points: its edges are indexed once
    covers = shapely.contains_xy(polygons[at_polygon], lon[at_point], lat[at_point])
    rest = np.flatnonzero(~covers)
    within = covers.copy()
    covers[rest] = shapely.intersects_xy(polygons[at_polygon[rest]], lon[at_point[rest]], lat[at_point[rest]])
    return at_point[covers], at_polygon[covers], within[covers]


def _coordinates(points: Points) -> tuple[NDArray[np.float64], NDArray[np.float64], pd.Index]:
    if isinstance(points, tuple):
        lon, lat = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in points)
        if lon.shape != lat.shape or lon.ndim != 1:
            raise ValueError(f"lon and lat must be two arrays of one length, not {lon.shape} and {lat.shape}")
        owner = points[0]
        return lon, lat, owner.index if isinstance(owner, pd.Series) else pd.RangeIndex(len(lon))
    geometry = points.geometry.to_numpy()
    kinds = shapely.get_type_id(geometry)
    if not np.isin(kinds, (-1, 0)).all():  # -1 missing, 0 point
        raise ValueError("the points' geometry must be Point: take a representative_point() of anything else")
    return shapely.get_x(geometry), shapely.get_y(geometry), points.index


def _refuse_bad_areas(points: Points, areas: gpd.GeoDataFrame) -> None:
    if "area_code" not in areas.columns:
        raise ValueError("areas need a column area_code: rename the column that holds their codes")
    codes = areas["area_code"]
    if codes.isna().any() or (codes.astype(str).str.strip() == "").any():
        raise ValueError("every area needs an area_code: some are missing")
    text = codes.astype(str)
    if text.duplicated().any():
        repeated = _some(text[text.duplicated()])
        raise ValueError(f"area_code is repeated: {repeated}; choose one generation, or dissolve the parts")
    geometry = areas.geometry
    other = ~geometry.isna() & ~geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    invalid = ~geometry.isna() & ~geometry.is_valid
    if (other | invalid).any():
        raise ValueError(f"areas with invalid geometry: {_some(text[other | invalid])}; run geo.repair first")
    if not isinstance(points, tuple) and points.crs and areas.crs and points.crs != areas.crs:
        both = f"{points.crs.to_string()} and {areas.crs.to_string()}"
        raise ValueError(f"points and areas are in different systems ({both}): bring both to WGS-84")


def _some(values: Iterable[Hashable], limit: int = 5) -> str:
    listed = [str(value) for value in values]
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
