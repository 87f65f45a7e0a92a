"""Points as vector tiles, drawn singly where there is room and together where there is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import mvt
from geo.attributes import Attributes
from geo.mercator import GRID_BITS, MAX_LATITUDE, MAX_ZOOM, check_tile, morton, to_grid
from geo.tile_frame import BUFFER, MAX_TILE_BYTES, Frame, tiles_of_cells
from geo.totals import VALUE_BYTES, Reduced, Totals

Places = NDArray[np.int64]
MAX_POINTS: Final = 1_500  # single points in a tile and its buffer
MAX_IN_CELL: Final = 90  # single points in 64 by 64 px: more cannot be told apart
_FEATURE_BYTES: Final = 22  # a point feature without its tags, at most
_LAYER_BYTES: Final = 40  # a layer without its name, keys, values and features, at most
_FEW_CELLS: Final = 8  # points to a cell, from where on totals are reckoned ahead
_CELLS: Final = (16, 8, 4, 2, 1)  # along a tile: from 32 px wide to as wide as the tile


@dataclass(frozen=True, slots=True)
class Sorted:
    """Places along the Morton curve: their keys, their steps of the world's grid, the rows they came in."""

    keys: NDArray[np.uint64]
    gx: NDArray[np.uint32]
    gy: NDArray[np.uint32]
    rows: Places

    def taken(self, kept: Places) -> Self:
        """Return some of them, in order."""
        return type(self)(self.keys[kept], self.gx[kept], self.gy[kept], self.rows[kept])


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of several points: the first point of each, the one after its last, and totals if known."""

    begins: Places
    ends: Places
    reduced: Reduced | None


@dataclass(frozen=True, slots=True)
class Level:
    """The cells of a zoom, in order: where their points begin (and the last one's end), and their keys.

    Totals that no running sum gives are reckoned ahead where cells hold many points: in a tile of a low zoom
    they would take long. Where cells hold few, there are many cells, and a tile has few points.
    """

    starts: Places
    keys: NDArray[np.uint64]
    reduced: Reduced | None

    def taken(self, chosen: Places) -> Cells:
        """Return some of the cells."""
        reduced = self.reduced and {name: column[chosen] for name, column in self.reduced.items()}
        return Cells(self.starts[chosen], self.starts[chosen + 1], reduced)


_NO_CELLS: Final = Cells(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), {})


class PointTiles:
    """n places and their properties, sorted once along a Morton curve: a tile is a few runs of them.

    A tile stands for 512 CSS px (8 units of its extent of 4096 to a px) and has a buffer of 32 px on each
    side, across the antimeridian too. What lies in a buffer is in both tiles, the same.

    Each zoom is drawn in one way, so that neighbouring tiles never differ: singly when no tile would hold
    more than ``MAX_POINTS`` points or ``MAX_TILE_BYTES`` bytes, and no 64 px cell more than ``MAX_IN_CELL``
    points; else together. A single point is a feature with its row number as id and its columns. Together,
    the points of one cell of a grid of 32 px over the world become one feature at their mean place, without
    id: ``n``, how many they are, and the totals. A cell of one stays that point. So at the highest zooms only
    places within half a metre stay together.

    No tile is longer than ``MAX_TILE_BYTES``. Where properties are so long that not even cells of 32 px keep
    to it, cells are 64, 128, 256 or 512 px wide.
    """

    left_out: int  # places that have no coordinates or lie beyond the map's latitudes (85.0511)

    def __init__(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        columns: Mapping[str, NDArray[np.generic]],
        totals: Mapping[str, str],
        *,
        layer: str = "points",
    ) -> None:
        """Sort the places.

        Args:
            lon, lat: WGS-84 degrees, arrays of length n; a place with NaN is left out, and counted.
            columns: properties, arrays of length n of integers, floats, booleans or texts; a missing value
                (None, NaN) is no property of that place.
            totals: how columns add up where points are drawn together: ``sum``, ``max`` or ``min``. A column
                without a total is not told of points drawn together. Unknown values are passed over.
            layer: the name of the tiles' layer.

        Raises:
            ValueError: lengths differ, degrees are beyond 180 and 90, a column is called ``n``, or a column
                or total is none as above.
        """
        places = _checked(lon, lat)
        drawn = np.flatnonzero(np.isfinite(places).all(axis=0) & (np.abs(places[1]) <= MAX_LATITUDE))
        if "n" in columns:
            raise ValueError("a column called 'n' would hide how many points are drawn together: rename it")
        gx, gy = to_grid(*places[:, drawn])
        keys = morton(gx, gy)
        order = np.argsort(keys, kind="stable")
        rows = drawn[order]
        self._layer, self._given = layer, places.shape[1]
        self._out = np.setdiff1d(np.arange(self._given), drawn)
        attributes, summed = Attributes(columns, self._given), Totals(columns, totals)
        self._keep(
            Sorted(keys[order], gx[order], gy[order], rows), attributes.taken(rows), summed.taken(rows)
        )

    def __len__(self) -> int:
        return len(self._sorted.rows)

    def narrowed(self, mask: ArrayLike) -> Self:
        """Return the tiles of those places only that ``mask`` keeps; nothing is sorted again.

        Args:
            mask: n booleans, in the order in which the places were given. Row numbers stay the same.

        Raises:
            ValueError: another length, or no booleans.
        """
        wanted = np.asarray(mask)
        if wanted.shape != (self._given,) or wanted.dtype != np.bool_:
            raise ValueError(f"a mask is {self._given} booleans, not {wanted.dtype} of shape {wanted.shape}")
        kept = np.flatnonzero(wanted[self._sorted.rows])
        other = object.__new__(type(self))
        other._layer, other._given, other._out = self._layer, self._given, self._out[wanted[self._out]]
        other._keep(self._sorted.taken(kept), self._attributes.taken(kept), self._totals.taken(kept))
        return other

    def told(self, columns: Mapping[str, NDArray[np.generic]], totals: Mapping[str, str]) -> Self:
        """Return the tiles of the same places with other columns and totals; nothing is sorted again.

        Raises:
            ValueError: a column is called ``n``, has another length, or a column or total is none.
        """
        if "n" in columns:
            raise ValueError("a column called 'n' would hide how many points are drawn together: rename it")
        rows = self._sorted.rows
        attributes, summed = Attributes(columns, self._given), Totals(columns, totals)
        other = object.__new__(type(self))
        other._layer, other._given, other._out = self._layer, self._given, self._out
        other._keep(self._sorted, attributes.taken(rows), summed.taken(rows))
        return other

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return a tile of one layer, ``b""`` where it would be empty.

        Raises:
            ValueError: there is no such tile.
        """
        check_tile(z, x, y)
        if not len(self):
            return b""
        if z >= self.single_from:
            frame = Frame(z, x, y)
            places, turns = frame.found(self._sorted.keys, GRID_BITS)
            return self._drawn(frame, places, turns, _NO_CELLS)
        frame, level = Frame(z, x, y, self._cells), self._level(z)
        cells, turns = frame.found(level.keys, frame.depth)
        begins, ends = level.starts[cells], level.starts[cells + 1]
        several = ends - begins > 1
        order = np.concatenate([np.flatnonzero(~several), np.flatnonzero(several)])
        return self._drawn(frame, begins[~several], turns[order], level.taken(cells[several]))

    @cached_property
    def single_from(self) -> int:
        """The first zoom that draws every point singly; ``MAX_ZOOM + 1`` where none does."""
        low, high = 0, MAX_ZOOM + 1
        while low < high:  # whatever fits a tile fits each of its quarters
            middle = (low + high) // 2
            low, high = (low, middle) if self._fits(middle) else (middle + 1, high)
        return low

    def _keep(self, places: Sorted, attributes: Attributes, totals: Totals) -> None:
        """Take over places that are in order."""
        self._sorted = places
        self._attributes, self._totals = attributes, totals
        self._levels: dict[int, Level] = {}
        self.left_out = len(self._out)
        self._mean_from = [
            np.concatenate([[0], np.cumsum(steps, dtype=np.int64)]) for steps in (places.gx, places.gy)
        ]
        self._names = (*attributes.names, *(name for name in totals.names if name not in attributes.names))
        self._total_keys = [self._names.index(name) for name in totals.names]

    def _drawn(self, frame: Frame, single: Places, turns: Places, cells: Cells) -> bytes:
        """The layer of single points and, after them, of cells of several; `turns` is of both."""
        begins, ends = cells.begins, cells.ends
        if not len(turns):
            return b""
        means = [(running[ends] - running[begins]) // (ends - begins) for running in self._mean_from]
        x, y = frame.local(
            np.concatenate([self._sorted.gx[single].astype(np.int64), means[0]]),
            np.concatenate([self._sorted.gy[single].astype(np.int64), means[1]]),
            turns,
        )
        count = len(single)
        tags, values, used = self._attributes.table(single)
        features = self._features(frame, x[:count], y[:count], tags, self._sorted.rows[single])
        if len(begins):
            reduced = self._totals.among(begins, ends) if cells.reduced is None else cells.reduced
            found, more = self._totals.table(begins, ends, reduced, used)
            tags = np.full((len(begins), len(self._names)), -1)
            tags[:, self._total_keys] = found
            features += self._features(frame, x[count:], y[count:], tags, None)
            values += more
        return mvt.layer(self._layer, self._names, values, features) if features else b""

    def _features(self, frame: Frame, x: Places, y: Places, tags: Places, ids: Places | None) -> bytes:
        if frame.cells != _CELLS[0]:  # cells wider than the buffer reach beyond it
            near = (np.minimum(x, y) >= -BUFFER) & (np.maximum(x, y) < mvt.EXTENT + BUFFER)
            x, y, tags, ids = x[near], y[near], tags[near], None if ids is None else ids[near]
        return mvt.point_features(x, y, tags, ids) if len(x) else b""

    def _level(self, z: int) -> Level:
        if z not in self._levels:
            starts, keys = self._grouped(z + self._cells.bit_length() - 1)
            ends = np.append(starts, len(self))
            few = len(starts) * _FEW_CELLS < len(self)
            self._levels[z] = Level(ends, keys, self._totals.over(ends) if few else None)
        return self._levels[z]

    def _grouped(self, depth: int) -> tuple[Places, NDArray[np.uint64]]:
        """Where the points of each square of 2**-depth of the world begin, and the squares' keys."""
        keys = self._sorted.keys >> np.uint64(2 * (GRID_BITS - depth))
        starts = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
        return starts, keys[starts]

    def _fits(self, z: int) -> bool:
        """Whether a zoom has room for every point of its own."""
        if not len(self):
            return True
        fine, coarse = (self._grouped(min(z + depth, GRID_BITS))[0] for depth in (4, 3))
        if np.diff(np.append(coarse, len(self))).max() > MAX_IN_CELL:
            return False
        costs, common = self._costs
        within = np.add.reduceat(np.stack([np.ones_like(costs), costs]), fine, axis=1)
        cell = GRID_BITS - z - 4
        points, taken = _heaviest(
            self._sorted.gx[fine] >> cell, self._sorted.gy[fine] >> cell, within, 1 << z
        )
        return points <= MAX_POINTS and common + taken <= MAX_TILE_BYTES

    @cached_property
    def _costs(self) -> tuple[Places, int]:
        """Bounds of the bytes that each point, drawn singly, and a tile as a whole take."""
        rows, common = self._attributes.bytes_bound(MAX_POINTS)
        names = sum(len(name.encode()) + 6 for name in (self._layer, *self._names))
        return rows + _FEATURE_BYTES, common + _LAYER_BYTES + names

    @cached_property
    def _cells(self) -> int:
        """How many cells lie along a tile where points are drawn together."""
        costs, common = self._costs
        together = _FEATURE_BYTES + len(self._totals.names) * (VALUE_BYTES + 5)
        for cells in _CELLS:
            most = (cells + 2) ** 2
            longest = np.full(most, together)
            some = np.sort(costs if most >= len(costs) else np.partition(costs, -most)[-most:])[::-1]
            longest[: len(some)] = np.maximum(some, together)
            # Of a world of one tile, cells at its western and eastern edges are drawn twice.
            if common + int(longest[: -2 * cells].sum() + longest[: 2 * cells].sum()) <= MAX_TILE_BYTES:
                return cells
        raise ValueError(f"a tile of {MAX_TILE_BYTES} bytes cannot hold such long properties: shorten them")


def _checked(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    x, y = (np.asarray(value, dtype=np.float64) for value in (lon, lat))
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"lon and lat must be arrays of one length, not {x.shape} and {y.shape}")
    if (np.abs(x) > 180.0).any() or (np.abs(y) > 90.0).any():
        raise ValueError("a longitude is beyond 180 or a latitude beyond 90: give WGS-84 degrees, lon first")
    return np.stack([x, y])


def _heaviest(
    cx: NDArray[np.integer], cy: NDArray[np.integer], within: NDArray[np.int64], side: int
) -> tuple[int, int]:
    """Points and bytes of the tiles that have most, buffers included; a cell is a sixteenth of a tile.

    Args:
        cx, cy: the cells' numbers.
        within: the points and bytes of each cell, shape (2, cells).
        side: tiles along the world.
    """
    tiles, chosen = tiles_of_cells(cx.astype(np.int64), cy.astype(np.int64), side)
    _, numbers = np.unique(tiles, return_inverse=True)
    sums = [np.bincount(numbers, weights=kind[chosen]).max() for kind in within]
    return int(sums[0]), int(sums[1])
