"""Shops of an invented country, areas over it, and the tiles that people looking at it ask for."""

from __future__ import annotations

import numpy as np
import shapely

from bench.bench_assign import wavy_areas
from geo.mercator import to_world

WEST, SOUTH, EAST, NORTH = 98.0, 22.0, 122.0, 41.0
TOTALS = {"alerts": "sum", "worst": "max", "packs": "sum"}
ZOOMS = range(4, 17)
_CITIES = 1_500
_PER_KM2 = 40.0  # shops in the middle of a city
_SCREEN = (4, 3)  # tiles of 512 px that a window of about 1,500 by 1,000 px needs
Columns = dict[str, np.ndarray]
Tile = tuple[int, int, int]


def shops(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, Columns]:
    """Longitudes, latitudes and properties of shops in towns and cities of very different sizes."""
    rng = np.random.default_rng(seed)
    weight = rng.pareto(1.1, _CITIES) + 0.1
    city = rng.choice(_CITIES, count, p=weight / weight.sum())
    wide = np.sqrt(np.bincount(city, minlength=_CITIES) / (2 * np.pi * _PER_KM2)) / 111.0
    at = rng.uniform([WEST, SOUTH], [EAST, NORTH], (_CITIES, 2))[city]
    lon, lat = (at + rng.normal(size=(count, 2)) * wide[city, None] * [1.15, 1.0]).T
    number = np.arange(count)
    columns = {
        "license_no": np.array([f"浙DA{one:07d}" for one in number], dtype=object),
        "name": np.array([f"{one % 5000}大药房第{one // 5000}店" for one in number], dtype=object),
        "town_code": np.array([f"33{one:07d}" for one in city], dtype=object),
        "class": rng.choice(np.array(["none", "blue", "yellow", "red"], dtype=object), count),
        "alerts": rng.integers(0, 6, count),
        "worst": rng.integers(0, 5, count),
        "packs": rng.integers(0, 5000, count),
    }
    return lon, lat, columns


def areas(count: int) -> tuple[np.ndarray, Columns]:
    """About so many areas of 200 vertices over the country, and their properties."""
    wavy = wavy_areas(count).geometry.to_numpy()
    side = len(wavy) ** 0.5
    scale = np.array([EAST - WEST, NORTH - SOUTH]) / side
    laid = shapely.transform(wavy, lambda places: places * scale + [WEST, SOUTH])
    number = np.arange(len(wavy))
    columns = {
        "area_code": np.array([f"33{one:07d}" for one in number], dtype=object),
        "name": np.array([f"第{one}街道" for one in number], dtype=object),
        "alerts": number % 17,
    }
    return laid, columns


def asked(lon: np.ndarray, lat: np.ndarray, viewers: int, seed: int = 2) -> list[Tile]:
    """Tiles in the order in which viewers ask for them, repeated ones too.

    Each viewer seeks one shop, any shop being as likely as any other: from zoom 4 down to 16 the window is
    filled around it. So a zoom gets as many requests as another, and cities get most.
    """
    rng = np.random.default_rng(seed)
    found: list[Tile] = []
    for shop in rng.integers(0, len(lon), viewers).tolist():
        x, y = (float(one) for one in to_world(lon[shop], lat[shop]))
        for z in ZOOMS:
            west, north = (round(at * (1 << z) - wide / 2) for at, wide in zip((x, y), _SCREEN, strict=True))
            wide, tall = (
                range(first, first + count) for first, count in zip((west, north), _SCREEN, strict=True)
            )
            found += [(z, column, row) for row in tall for column in wide]
    return [(z, x, y) for z, x, y in found if 0 <= min(x, y) <= max(x, y) < 1 << z]
