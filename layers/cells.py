"""Hexagons over what a viewer covers: the grid, the cell of each shop, and cells as features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo.hexgrid import MOST_CELLS, HexGrid, Ints, grid_for
from layers.drawn import Drawn
from yaotong.reads.map import MapData

Floats = np.ndarray[Any, np.dtype[np.float64]]
_NOWHERE = "辖区外"
_FEWEST_CELLS = 100


@dataclass(frozen=True, slots=True)
class ShopCells:
    """The cells that have a shop, and of each located shop its row in the frame and its place in `cells`."""

    grid: HexGrid
    cells: Ints
    rows: np.ndarray[Any, np.dtype[np.intp]]
    at: np.ndarray[Any, np.dtype[np.intp]]

    def of_rows(self, shops: int) -> np.ndarray[Any, np.dtype[np.intp]]:
        """The place in `cells` of each of so many shops; -1 for one without coordinates."""
        found = np.full(shops, -1, dtype=np.intp)
        found[self.rows] = self.at
        return found

    def sums(self, values: Any) -> Floats:
        """Per cell, the sum of what each shop of the frame has."""
        own = np.asarray(values, dtype=float)[self.rows]
        return np.bincount(self.at, weights=own, minlength=len(self.cells)).astype(float)

    def names(self, data: MapData) -> list[str]:
        """Each cell by the name of an area that has a shop in it."""
        first = np.unique(self.at, return_index=True)[1]
        return data.shops["area_name"].iloc[self.rows[first]].fillna(_NOWHERE).astype(str).tolist()


def grid_of(data: MapData) -> HexGrid | None:
    """The finest grid over all areas of a view, whatever its shops; None where no outline is known."""
    return _grid(data, MOST_CELLS)


def shop_cells(data: MapData) -> ShopCells | None:
    """The cells of the shops that have a place; None where there is no grid.

    Cells are wide enough to hold some shops together: no more of them in all than there are shops.
    """
    grid = _grid(data, min(MOST_CELLS, max(_FEWEST_CELLS, len(data.shops))))
    if grid is None:
        return None
    lon, lat = (data.shops[one].to_numpy(dtype=float) for one in ("lon", "lat"))
    rows = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    cells, at = np.unique(grid.cells_at(lon[rows], lat[rows]), return_inverse=True)
    return ShopCells(grid, cells, rows, at)


def _grid(data: MapData, most_cells: int) -> HexGrid | None:
    bounds = data.areas.total_bounds
    return grid_for(bounds, most_cells) if np.isfinite(bounds).all() else None


def cell_features(
    grid: HexGrid, cells: Ints, names: Any, columns: Mapping[str, Any], *, fine_zh: str = ""
) -> Drawn:
    """Cells as shapes, with `columns` aligned to them."""
    at = f"hex:{grid.parallel}:{grid.width_m:g}:"
    frame = pd.DataFrame({"id": [f"{at}{one}" for one in cells.tolist()], "name": names, **columns})
    return Drawn(frame, grid.outlines(cells), "；".join(one for one in (width_zh(grid), fine_zh) if one))


def no_cells(columns: Mapping[str, Any]) -> Drawn:
    """Nothing to draw, in the form that the map expects; `columns` gives an empty column of each kind."""
    return Drawn(pd.DataFrame({"id": [], "name": [], **columns}), np.empty(0, dtype=object))


def width_zh(grid: HexGrid) -> str:
    """How wide a cell is, in words."""
    far = f"{grid.width_m / 1000:g} 公里" if grid.width_m >= 1000 else f"{grid.width_m:g} 米"
    return f"六边形格，对边相距 {far}"
