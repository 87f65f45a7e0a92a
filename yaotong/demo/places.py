"""A region's nine towns and streets as a schematic: real names and codes, drawn boundaries.

The outlines are not the real ones (those of the towns are not public): the county is a simple outline
drawn for this demo, divided around the towns' centres into parts of about the right size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geo.schematic import power_cells
from yaotong.demo.plan import Floats, Ints, Plan
from yaotong.demo.regions import PINGHU, Region, Town

NOTE = "示意边界（非真实界线）"
GENERATION, VALID_FROM = "2025", "2025-01-01"
_M_PER_DEGREE = 111_320.0
TOWNS, COUNTY_CODE = PINGHU.towns, PINGHU.code
_EDGE_M = 120.0  # shops keep this far from a boundary, so that rounding never moves one across


@dataclass(frozen=True)
class Places:
    """County and town polygons in WGS-84; `towns[i]` is the polygon of the region's town i."""

    county: BaseGeometry
    towns: tuple[BaseGeometry, ...]


def draw_places(region: Region = PINGHU) -> Places:
    """Divide the schematic outline among the towns by target area."""
    county = Polygon(region.outline)
    seeds = np.array([(town.lon, town.lat) for town in region.towns])
    weights = np.array([town.area_km2 for town in region.towns])
    cells = power_cells(seeds, weights, county, 60)
    for town, cell in zip(region.towns, cells, strict=True):
        if not cell.contains(shapely.Point(town.lon, town.lat)):
            raise ValueError(f"the schematic cell of {town.area_name} misses its own centre")
    return Places(shapely.coverage_union_all(cells), tuple(cells))


def areas_geojson(places: Places, region: Region = PINGHU) -> dict[str, Any]:
    """The `areas` feed as a GeoJSON object, marked schematic in its root and in every feature."""
    county = _feature(region.code, region.name, region.city_code, "county", region.population, places.county)
    towns = [
        _feature(town.area_code, town.area_name, region.code, "town", town.population, cell)
        for town, cell in zip(region.towns, places.towns, strict=True)
    ]
    return {
        "type": "FeatureCollection",
        "title": f"{region.name}镇街示意图（示意边界，非真实界线）",
        "schematic": True,
        "features": [county, *towns],
    }


def _feature(
    area_code: str, name: str, parent: str, level: str, population: int, shape: BaseGeometry
) -> dict[str, Any]:
    properties = {
        "area_code": area_code,
        "area_name": name,
        "parent_code": parent,
        "level": level,
        "population": population,
        "generation": GENERATION,
        "valid_from": VALID_FROM,
        "crs": "wgs84",
        "note": NOTE,
    }
    return {"type": "Feature", "properties": properties, "geometry": _rounded(shape)}


def _rounded(shape: BaseGeometry) -> dict[str, Any]:
    """GeoJSON geometry on the grid of `power_cells`, so that neighbours keep sharing their vertices."""
    moved = shapely.transform(shape, lambda points: np.round(points, 7))
    geometry: dict[str, Any] = shapely.geometry.mapping(moved)
    return geometry


def share_out(total: int, towns: tuple[Town, ...] = TOWNS) -> Ints:
    """How many of `total` shops each town has: §6.2 scaled by largest remainder, one each at least."""
    weights = np.array([town.shops_of_240 for town in towns], dtype=np.float64)
    exact = weights / weights.sum() * (total - len(towns))
    counts: Ints = np.floor(exact).astype(np.int64)
    left = total - len(towns) - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:left]] += 1
    return counts + 1


def scatter(plan: Plan, places: Places, town: int, count: int) -> Floats:
    """`count` points inside a town, shape [count, 2]: six in ten about its centre, the rest in villages."""
    rng = plan.stream(f"places/{plan.region.place(town)}")
    inner = places.towns[town].buffer(-_EDGE_M / _M_PER_DEGREE * 1.2)
    villages = _inside(rng, inner, 9)
    found = np.empty((0, 2))
    while len(found) < count:
        found = np.vstack([found, _clustered(rng, inner, plan.region.towns[town], villages, count)])
    return np.round(found[:count], 6)


def _clustered(
    rng: np.random.Generator, inner: BaseGeometry, town: Town, villages: Floats, count: int
) -> Floats:
    central = rng.random(count) < 0.6
    around = np.where(
        central[:, None], np.array([town.lon, town.lat]), villages[rng.integers(len(villages), size=count)]
    )
    spread_m = np.where(central, town.spread_m, 450.0)[:, None]
    scale = np.array([np.cos(np.radians(town.lat)), 1.0]) * _M_PER_DEGREE
    points = around + rng.normal(size=(count, 2)) * spread_m / scale
    return points[_contained(inner, points)]


def _inside(rng: np.random.Generator, shape: BaseGeometry, count: int) -> Floats:
    low, high = np.array(shape.bounds[:2]), np.array(shape.bounds[2:])
    points = rng.uniform(low, high, size=(count * 12, 2))
    return points[_contained(shape, points)][:count]


def _contained(shape: BaseGeometry, points: Floats) -> NDArray[np.bool_]:
    return np.asarray(shapely.contains_xy(shape, points[:, 0], points[:, 1]), dtype=np.bool_)


# Beside each town's centre, in degrees: places that exist nowhere else.
_NAMED = (
    ("village", "{town}示例村", 0.008, 0.006),
    ("bus_stop", "{town}演示公交站", -0.002, 0.002),
    ("landmark", "{town}演示广场", 0.001, -0.003),
)


def named_places(region: Region = PINGHU) -> list[dict[str, str]]:
    """The `places` feed: a village, a bus stop and a square of each town, all invented."""
    return [
        {
            "place_id": f"{town.area_code}-{kind}",
            "name": name.format(town=town.area_name.removesuffix("街道").removesuffix("镇")),
            "kind": kind,
            "other_names": "",
            "lon": f"{town.lon + east:.6f}",
            "lat": f"{town.lat + north:.6f}",
            "crs": "wgs84",
            "town_code": town.area_code,
        }
        for town in region.towns
        for kind, name, east, north in _NAMED
    ]
