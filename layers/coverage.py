"""步行可达：hexagons by how far the next pharmacy is on foot, and where there is none within reach.

No network of ways is at hand: walking is the great-circle distance times `DETOUR`, and the legend says so.
A cell wider than a kilometre is judged by places spread evenly over it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geo.assign import assign
from geo.distance import MEAN_EARTH_RADIUS_M
from geo.hexgrid import HexGrid
from geo.nearest import NearestIndex
from layers.cells import cell_features, grid_of, no_cells
from layers.colours import HATCH, REACH, Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from yaotong.reads.map import MapData

ABOUT = About("步行可达与缺口", ("left",), "ground", 24)
# Ways on foot in built-up places are about a third longer than the straight line.
DETOUR = 1.3
LIMITS_M = (500.0, 1000.0, 1500.0)
# A cell is within a limit when so much of it is.
_SHARE = 0.5
_SAMPLE_M = 1000.0
_MOST_RINGS = 3
_MARKS = (
    *(
        Mark(f"m{limit:.0f}", f"步行 {limit:.0f} 米内", colour, "zone", 0.0)
        for limit, colour in zip(LIMITS_M, REACH, strict=False)
    ),
    Mark("part", "不足半数在 1500 米内", REACH[3], "zone", 0.0),
    Mark("gap", "1500 米内无药店（缺口）", REACH[4], "zone", 0.0),
    Mark("unknown", "未知：辖区边缘，或尚无名录", HATCH, "hatch", 0.0),
)
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def features(data: MapData, category: str) -> Drawn:
    """`class`: the smallest limit within which half of a cell is, part, gap or unknown."""
    grid = grid_of(data)
    if grid is None or data.leaves.empty:
        return no_cells({"class": []})
    cells = grid.covering(data.areas.total_bounds)
    lon, lat = grid.samples(cells, _rings(grid))
    areas = _area_at(data, lon, lat)
    inside = areas >= 0
    kept = inside.any(axis=1)
    cells, lon, lat, inside = cells[kept], lon[kept], lat[kept], inside[kept]
    names = data.leaves["area_name"].astype(str).to_numpy()[areas[kept].max(axis=1)]
    classes = _classes(data, lon, lat, inside)
    return cell_features(grid, cells, names, {"class": classes}, fine_zh=_left_out(data))


def draw() -> Paint:
    """Teal where a pharmacy is near, amber where none is."""
    return Paint(
        "zone", "步行到最近的营业药店", classes=_MARKS,
        note_zh=f"按直线距离×{DETOUR} 估算；按面积计，不分有无人居住；辖区外的药店未计入",
    )  # fmt: skip


def _rings(grid: HexGrid) -> int:
    """Enough samples for one each kilometre, up to a limit."""
    return min(_MOST_RINGS, max(0, math.ceil((grid.width_m / _SAMPLE_M - 1.0) / 2.0)))


def _open_shops(data: MapData) -> Bools:
    return data.shops["status"].fillna("active").eq("active").to_numpy(dtype=bool)


def _left_out(data: MapData) -> str:
    nowhere = int((_open_shops(data) & data.shops["lon"].isna().to_numpy()).sum())
    return f"另有 {nowhere} 家没有坐标，未计入" if nowhere else ""


def _classes(data: MapData, lon: Floats, lat: Floats, inside: Bools) -> Any:
    shops = data.shops[_open_shops(data)]
    walk_m = DETOUR * NearestIndex(shops["lon"].astype(float), shops["lat"].astype(float)).distances_m(
        lon, lat
    )
    shares = [((walk_m <= limit) & inside).sum(axis=1) / inside.sum(axis=1) for limit in LIMITS_M]
    within = [share >= _SHARE for share in shares]
    rest = np.flatnonzero(shares[-1] == 0)
    known = np.zeros(len(lon), dtype=bool)
    if len(data.shops):
        known[rest] = _surrounded(data, lon[rest], lat[rest], inside[rest])
    keys = [mark.key for mark in _MARKS]
    return np.select([*within, shares[-1] > 0, known], keys[:-1], default=keys[-1])


def _surrounded(data: MapData, lon: Floats, lat: Floats, inside: Bools) -> Bools:
    """Cells with a place about which all within reach is covered: no pharmacy next door can be near."""
    turn = np.radians(45.0 * np.arange(8))
    reach = np.degrees(LIMITS_M[-1] / DETOUR / MEAN_EARTH_RADIUS_M)
    cell, place = np.nonzero(inside)
    x, y = lon[cell, place][:, None], lat[cell, place][:, None]
    around = _area_at(data, x + reach * np.cos(turn) / np.cos(np.radians(y)), y + reach * np.sin(turn))
    found = np.zeros(len(lon), dtype=bool)
    found[cell[(around >= 0).all(axis=1)]] = True
    return found


def _area_at(data: MapData, lon: Floats, lat: Floats) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The leaf area of each place, by its row; -1 outside all."""
    found = assign((lon.ravel(), lat.ravel()), data.leaves)["area_code"]
    rows = {str(code): row for row, code in enumerate(data.leaves["area_code"])}
    return np.asarray(found.map(rows).fillna(-1), dtype=np.int64).reshape(lon.shape)
