"""Hexagons of one size over a region: the same cell for the same place on every day and in every order.

The grid lies on Lambert's cylindrical equal-area projection with a whole degree as standard parallel, so
all cells are of one area and counts in them compare; their shape is true at that parallel and a little wide
or narrow away from it. Longitudes are taken as they are: a region over the antimeridian is cut there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.distance import MEAN_EARTH_RADIUS_M

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_CELLS: Final = 3_000
_NICE: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
_LEAST_WIDTH_M: Final = 50.0
_LAST_PARALLEL: Final = 75  # nearer the poles the projection has no true shape worth the name
_BITS: Final = 21
_HALF: Final = 1 << (_BITS - 1)
_AROUND: Final = np.array([(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class HexGrid:
    """Hexagons with a corner up; `width_m` is between opposite sides, and between centres of neighbours.

    A cell is one integer (its key). Coordinates are WGS-84 degrees.
    """

    width_m: float
    parallel: int

    @property
    def area_m2(self) -> float:
        return math.sqrt(3.0) / 2.0 * self.width_m**2

    def cells_at(self, lon: ArrayLike, lat: ArrayLike) -> Ints:
        """The cell of each place, all coordinates known."""
        x, y = self._plane(lon, lat)
        row = y / (math.sqrt(3.0) / 2.0 * self.width_m)
        column = x / self.width_m - row / 2.0
        return _keys(*_rounded(column, row))

    def centres(self, cells: Ints) -> tuple[Floats, Floats]:
        """Longitude and latitude of the middle of each cell."""
        return self._degrees(*self._middles(cells))

    def outlines(self, cells: Ints) -> NDArray[Any]:
        """One polygon per cell; neighbours share their corners."""
        turn = np.radians(30.0 + 60.0 * np.arange(6))
        x, y = self._middles(cells)
        radius = self.width_m / math.sqrt(3.0)
        lon, lat = self._degrees(x[:, None] + radius * np.cos(turn), y[:, None] + radius * np.sin(turn))
        return np.asarray(shapely.polygons(np.stack([lon, lat], axis=-1)), dtype=object)

    def covering(self, bounds: ArrayLike) -> Ints:
        """All cells whose middle lies in a box (west, south, east, north), southern ones first."""
        west, south, east, north = np.asarray(bounds, dtype=np.float64)
        x, y = self._plane([west, east], [south, north])
        height = math.sqrt(3.0) / 2.0 * self.width_m
        rows = np.arange(math.ceil(y[0] / height), math.floor(y[1] / height) + 1)
        first = np.ceil(x[0] / self.width_m - rows / 2.0)
        last = np.floor(x[1] / self.width_m - rows / 2.0)
        counts = np.maximum(last - first + 1, 0).astype(np.int64)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return _keys((np.repeat(first, counts) + within).astype(np.int64), np.repeat(rows, counts))

    def samples(self, cells: Ints, rings: int) -> tuple[Floats, Floats]:
        """Places evenly over each cell, 1 + 3·rings·(rings + 1) of them: two arrays (cells, places)."""
        steps = np.arange(-rings, rings + 1)
        column, row = (one.ravel() for one in np.meshgrid(steps, steps))
        kept = np.abs(column + row) <= rings
        x, y = _flat(column[kept], row[kept], self.width_m / (2 * rings + 1))
        own_x, own_y = self._middles(cells)
        return self._degrees(own_x[:, None] + x, own_y[:, None] + y)

    def _middles(self, cells: Ints) -> tuple[Floats, Floats]:
        return _flat(*_split(cells), self.width_m)

    def _plane(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        stretch = math.cos(math.radians(self.parallel))
        x = MEAN_EARTH_RADIUS_M * stretch * np.radians(np.asarray(lon, dtype=np.float64))
        y = MEAN_EARTH_RADIUS_M / stretch * np.sin(np.radians(np.asarray(lat, dtype=np.float64)))
        return x, y

    def _degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        stretch = math.cos(math.radians(self.parallel))
        sine = np.clip(y * stretch / MEAN_EARTH_RADIUS_M, -1.0, 1.0)
        return np.degrees(x / (MEAN_EARTH_RADIUS_M * stretch)), np.degrees(np.arcsin(sine))


def grid_for(bounds: ArrayLike, most_cells: int = MOST_CELLS) -> HexGrid:
    """The finest grid of a round width that fills a box (west, south, east, north) with so many cells.

    ValueError when the box has no finite extent.
    """
    west, south, east, north = (float(one) for one in np.asarray(bounds, dtype=np.float64))
    if not all(map(math.isfinite, (west, south, east, north))):
        raise ValueError("a grid needs a box with finite sides")
    parallel = max(-_LAST_PARALLEL, min(_LAST_PARALLEL, round((south + north) / 2.0)))
    span = math.sin(math.radians(north)) - math.sin(math.radians(south))
    area_m2 = MEAN_EARTH_RADIUS_M**2 * math.radians(east - west) * span
    least = math.sqrt(max(area_m2, 0.0) / most_cells * 2.0 / math.sqrt(3.0))
    width_m = _nice_above(max(least, _LEAST_WIDTH_M))
    across_m = MEAN_EARTH_RADIUS_M * math.cos(math.radians(parallel)) * math.radians(east - west)
    up_m = area_m2 / across_m if across_m > 0 else 0.0
    # The rows and columns at the edges come in whole: of a thin box they are most of it.
    while (across_m / width_m + 1.0) * (up_m / (width_m * math.sqrt(3.0) / 2.0) + 1.0) > 1.1 * most_cells:
        width_m = _nice_above(width_m * 1.01)
    return HexGrid(width_m, parallel)


def neighbours(cells: Ints) -> NDArray[np.intp]:
    """Places in `cells` (unique) of the six cells around each; -1 where one is not among them."""
    column, row = _split(cells)
    around = _keys(column[:, None] + _AROUND[:, 0], row[:, None] + _AROUND[:, 1])
    if not len(cells):
        return np.empty((0, 6), dtype=np.intp)
    order = np.argsort(cells)
    at = np.minimum(np.searchsorted(cells, around, sorter=order), len(cells) - 1)
    return np.where(cells[order[at]] == around, order[at], -1)


def _nice_above(metres: float) -> float:
    power = 10.0 ** math.floor(math.log10(metres))
    steps = [step * power for step in (*_NICE, 10.0)]
    return next(step for step in steps if step >= metres * (1.0 - 1e-9))


def _flat(column: Ints, row: Ints, width_m: float) -> tuple[Floats, Floats]:
    x, y = width_m * (column + row / 2.0), width_m * math.sqrt(3.0) / 2.0 * row
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def _rounded(column: Floats, row: Floats) -> tuple[Ints, Ints]:
    """The nearest cell: of the three axes, which sum to nothing, the one rounded most follows the others."""
    third = -column - row
    whole = [np.rint(one) for one in (column, row, third)]
    off = [np.abs(a - b) for a, b in zip(whole, (column, row, third), strict=True)]
    fix_column = (off[0] > off[1]) & (off[0] > off[2])
    fix_row = ~fix_column & (off[1] > off[2])
    found_column = np.where(fix_column, -whole[1] - whole[2], whole[0])
    found_row = np.where(fix_row, -whole[0] - whole[2], whole[1])
    return found_column.astype(np.int64), found_row.astype(np.int64)


def _keys(column: Ints, row: Ints) -> Ints:
    keys: Ints = ((column + _HALF) << _BITS) | (row + _HALF)
    return keys


def _split(cells: Ints) -> tuple[Ints, Ints]:
    return (cells >> _BITS) - _HALF, (cells & ((1 << _BITS) - 1)) - _HALF
