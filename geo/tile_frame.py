"""What every tile keeps to: its size on a screen, its buffer, its bytes, and where a place lies in it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.mercator import GRID_BITS
from geo.mvt import EXTENT

Places = NDArray[np.int64]
TILE_PX: Final = 512
UNITS_PER_PX: Final = EXTENT // TILE_PX
BUFFER_PX: Final = 32  # symbols are at most twice as wide
BUFFER: Final = BUFFER_PX * UNITS_PER_PX
MAX_TILE_BYTES: Final = 96 * 1024


class Frame:
    """A tile that is there, its cells and the ring of cells around it."""

    __slots__ = ("_x", "_y", "_z", "cells", "depth")

    def __init__(self, z: int, x: int, y: int, cells: int = TILE_PX // BUFFER_PX) -> None:
        """``cells``: how many lie along the tile, a power of two; 16 are as wide as the buffer."""
        self._z, self._x, self._y, self.cells = z, x, y, cells
        self.depth = z + cells.bit_length() - 1

    def found(self, keys: NDArray[np.uint64], bits: int) -> tuple[Places, Places]:
        """Return which of some sorted places lie in the tile's cells or in those around it.

        Args:
            keys: Morton keys of ``bits`` bits in x and in y.

        Returns:
            Their positions, those in the tile first, and for each how many worlds east of it the tile sees
            it: 0, or -1 or 1 across the antimeridian. Of a world that is one tile, a place can be seen twice.
        """
        low, high, turns = self._cells()
        shift = 2 * (bits - self.depth)
        begins = np.searchsorted(keys, low << np.uint64(shift))
        ends = np.searchsorted(keys, high << np.uint64(shift) | np.uint64((1 << shift) - 1), side="right")
        some = np.flatnonzero(ends > begins)
        begins, sizes = begins[some], ends[some] - begins[some]
        before = np.cumsum(sizes) - sizes
        positions = np.arange(int(sizes.sum())) + np.repeat(begins - before, sizes)
        return positions, np.repeat(turns[some], sizes)

    def local(self, gx: Places, gy: Places, turns: Places) -> tuple[Places, Places]:
        """Return tile coordinates of steps of the world's grid, each rounded down."""
        side = GRID_BITS - self._z
        east, south = gx + (turns << GRID_BITS) - (self._x << side), gy - (self._y << side)
        return (east * EXTENT) >> side, (south * EXTENT) >> side

    def _cells(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64], Places]:
        """First and last key of the tile and of each cell around it, and how many worlds away it lies."""
        count, side = self.cells, 1 << self.depth
        west, north = self._x * count - 1, self._y * count - 1
        x, y = (self._spread(first, side) for first in (west, north))
        across, down = _RINGS[count]
        if north < 0 or north + count + 1 >= side:  # beyond the poles there is nothing
            there = (down + north >= 0) & (down + north < side)
            across, down = across[there], down[there]
        low = (x[across] | y[down] << 1).view(np.uint64)
        high = low.copy()
        high[0] += np.uint64(count * count - 1)
        turns = np.zeros(len(across), dtype=np.int64)
        if west < 0 or west + count + 1 >= side:
            turns = (across + west) // side
        return low, high, turns

    def _spread(self, first: int, side: int) -> Places:
        """Numbers of a row of cells from just before the tile to just after it, their bits spread apart."""
        row = np.empty(self.cells + 2, dtype=np.int64)
        row[0], row[-1] = _spread(first % side), _spread((first + self.cells + 1) % side)
        row[1:-1] = _spread(first + 1) | _INSIDE[: self.cells]
        return row


def tiles_of_cells(cx: Places, cy: Places, side: int) -> tuple[Places, Places]:
    """Return the tiles that see each of some cells, which are a sixteenth of a tile, as wide as the buffer.

    Args:
        cx, cy: the cells' numbers.
        side: tiles along the world.

    Returns:
        Tiles, as x times ``side`` plus y, and the cell that each sees: one to four for a cell.
    """
    tiles, chosen = [], []
    steps = [(numbers % 16 == 15).astype(np.int64) - (numbers % 16 == 0) for numbers in (cx, cy)]
    for right in (0, 1):
        for down in (0, 1):
            row = cy // 16 + down * steps[1]
            beside = (np.abs(steps[0]) >= right) & (np.abs(steps[1]) >= down)
            here = np.flatnonzero(beside & (row >= 0) & (row < side))
            tiles.append((cx // 16 + right * steps[0])[here] % side * side + row[here])
            chosen.append(here)
    return np.concatenate(tiles), np.concatenate(chosen)


def _spread(number: int) -> int:
    """Put a zero between every two bits of a number below 2**32."""
    number = (number | number << 16) & 0x0000FFFF0000FFFF
    number = (number | number << 8) & 0x00FF00FF00FF00FF
    number = (number | number << 4) & 0x0F0F0F0F0F0F0F0F
    number = (number | number << 2) & 0x3333333333333333
    return (number | number << 1) & 0x5555555555555555


_INSIDE: Final = np.array([_spread(number) for number in range(TILE_PX // BUFFER_PX)], dtype=np.int64)


def _ring(count: int) -> tuple[Places, Places]:
    """Columns and rows of a tile's first cell and of the cells around it, from the north-west on."""
    places = np.arange(count + 2)
    across, down = (grid.ravel() for grid in np.meshgrid(places, places))
    outside = np.isin(across, (0, count + 1)) | np.isin(down, (0, count + 1))
    return np.append(1, across[outside]), np.append(1, down[outside])


_RINGS: Final = {count: _ring(count) for count in (1, 2, 4, 8, 16)}
