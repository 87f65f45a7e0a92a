"""Pinghu's nine towns and streets as a schematic: real names and codes, drawn boundaries.

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

COUNTY_CODE, COUNTY_NAME, CITY_CODE = "330482", "平湖市", "330400"
NOTE = "示意边界（非真实界线）"
GENERATION, VALID_FROM = "2025", "2025-01-01"
_M_PER_DEGREE = 111_320.0
_EDGE_M = 120.0  # shops keep this far from a boundary, so that rounding never moves one across


@dataclass(frozen=True, slots=True)
class Town:
    """One town or street: residents, schematic centre (WGS-84), land area and its share of shops."""

    area_code: str
    area_name: str
    population: int
    lon: float
    lat: float
    area_km2: float
    shops_of_240: int
    spread_m: float


# supervision.md §3.2 (names, codes, people, centres), §6.2 (240 shops by population). Areas in km² where
# §3.2 names none are rough. Two published lists disagree on 002 and 003: the statistical table of 2023
# has 002 钟埭 and 003 曹桥, another list has them the other way round; the statistical one is kept.
TOWNS: tuple[Town, ...] = (
    Town("330482001", "当湖街道", 204_000, 121.013, 30.677, 49.0, 72, 1500.0),
    Town("330482002", "钟埭街道", 85_000, 121.000, 30.730, 58.0, 28, 1100.0),
    Town("330482003", "曹桥街道", 40_000, 120.965, 30.665, 40.0, 14, 700.0),
    Town("330482101", "乍浦镇", 83_527, 121.0911, 30.6058, 64.2, 30, 1000.0),
    Town("330482102", "新埭镇", 55_000, 121.060, 30.800, 76.1, 19, 900.0),
    Town("330482103", "新仓镇", 60_000, 121.180, 30.705, 57.6, 21, 900.0),
    Town("330482106", "广陈镇", 27_000, 121.140, 30.755, 55.0, 10, 800.0),
    Town("330482107", "林埭镇", 38_000, 121.090, 30.655, 55.0, 13, 800.0),
    Town("330482108", "独山港镇", 104_309, 121.210, 30.645, 102.4, 33, 1300.0),
)
COUNTY_POPULATION = 671_326  # census of 2020

# Drawn by hand for this demo inside the county's box, coast in the south-east.
OUTLINE: tuple[tuple[float, float], ...] = (
    (120.972, 30.774), (120.958, 30.742), (120.964, 30.712), (120.953, 30.688), (120.951, 30.656),
    (120.962, 30.634), (120.990, 30.628), (121.016, 30.612), (121.040, 30.594), (121.066, 30.586),
    (121.096, 30.588), (121.122, 30.597), (121.150, 30.604), (121.182, 30.610), (121.214, 30.619),
    (121.243, 30.633), (121.262, 30.652), (121.258, 30.684), (121.240, 30.706), (121.222, 30.734),
    (121.200, 30.758), (121.178, 30.782), (121.146, 30.806), (121.112, 30.836), (121.076, 30.852),
    (121.040, 30.846), (121.014, 30.822), (120.994, 30.798),
)  # fmt: skip


@dataclass(frozen=True)
class Places:
    """County and town polygons in WGS-84; `towns[i]` is the polygon of TOWNS[i]."""

    county: BaseGeometry
    towns: tuple[BaseGeometry, ...]


def draw_places() -> Places:
    """Divide the schematic outline among the nine towns by target area."""
    county = Polygon(OUTLINE)
    seeds = np.array([(town.lon, town.lat) for town in TOWNS])
    weights = np.array([town.area_km2 for town in TOWNS])
    cells = power_cells(seeds, weights, county, 60)
    for town, cell in zip(TOWNS, cells, strict=True):
        if not cell.contains(shapely.Point(town.lon, town.lat)):
            raise ValueError(f"the schematic cell of {town.area_name} misses its own centre")
    return Places(shapely.coverage_union_all(cells), tuple(cells))


def areas_geojson(places: Places) -> dict[str, Any]:
    """The `areas` feed as a GeoJSON object, marked schematic in its root and in every feature."""
    county = _feature(COUNTY_CODE, COUNTY_NAME, CITY_CODE, "county", COUNTY_POPULATION, places.county)
    towns = [
        _feature(town.area_code, town.area_name, COUNTY_CODE, "town", town.population, cell)
        for town, cell in zip(TOWNS, places.towns, strict=True)
    ]
    return {
        "type": "FeatureCollection",
        "title": "平湖市镇街示意图（示意边界，非真实界线）",
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


def share_out(total: int) -> Ints:
    """How many of `total` shops each town has: §6.2 scaled by largest remainder, one each at least."""
    weights = np.array([town.shops_of_240 for town in TOWNS], dtype=np.float64)
    exact = weights / weights.sum() * (total - len(TOWNS))
    counts: Ints = np.floor(exact).astype(np.int64)
    left = total - len(TOWNS) - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:left]] += 1
    return counts + 1


def scatter(plan: Plan, places: Places, town: int, count: int) -> Floats:
    """`count` points inside a town, shape [count, 2]: six in ten about its centre, the rest in villages."""
    rng = plan.stream(f"places/{TOWNS[town].area_code}")
    inner = places.towns[town].buffer(-_EDGE_M / _M_PER_DEGREE * 1.2)
    villages = _inside(rng, inner, 9)
    found = np.empty((0, 2))
    while len(found) < count:
        found = np.vstack([found, _clustered(rng, inner, TOWNS[town], villages, count)])
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


def named_places() -> list[dict[str, str]]:
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
        for town in TOWNS
        for kind, name, east, north in _NAMED
    ]
