"""What one zoom shows of areas and lines: whole numbers, nothing too small to see, no tile too full."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.mercator import GRID_BITS
from geo.mvt import EXTENT
from geo.paths import Paths, ends_of, marks
from geo.simplify import FINE_PX, Shapes, Simplified
from geo.tile_frame import BUFFER, TILE_PX, UNITS_PER_PX, tiles_of_cells

Places = NDArray[np.int64]
Floats = NDArray[np.float64]
# How a zoom is made sparser until every tile has room: the size of what is left out of outlines, and the size
# below which shapes of one cell so wide are drawn together, in px.
STEPS: Final = (
    (FINE_PX, 0), (1.0, 0), (2.0, 0), (2.0, 2), (2.0, 4), (2.0, 8),
    (4.0, 16), (8.0, 32), (16.0, 64), (32.0, 128), (64.0, 256), (128.0, TILE_PX),
)  # fmt: skip
_LEAST_AREA: Final = 0.5 * UNITS_PER_PX**2  # half a px
_LEAST_LENGTH: Final = 0.5 * UNITS_PER_PX
_VERTEX_BYTES: Final = 4  # within a tile and its buffer
_PATH_BYTES: Final = 8
_LOOSEST: Final = 4  # times: no bound is further from the truth
_MOST_MEASURED: Final = 32
_MOST_PAIRS: Final = 2_000_000  # of shapes and tiles: beyond, a zoom is so deep that its tiles hold little


@dataclass(frozen=True, slots=True)
class Kind:
    """Areas or lines in steps of the world's grid."""

    shapes: Simplified
    closed: bool
    rows: Places  # the shapes' numbers
    bounds: Floats  # of each, shape (shapes, 4)
    anchors: Floats  # a place at the middle of the largest part of each, shape (shapes, 2)
    extents: Floats  # area or length of each


@dataclass(frozen=True, slots=True)
class Drawn:
    """Paths of one kind on a zoom's units, found by their bounds."""

    paths: Paths
    bounds: Places  # shape (paths, 4)
    tree: shapely.STRtree


@dataclass(frozen=True, slots=True)
class Level:
    """What a zoom shows. A feature is a shape, or (numbers from `shapes` on) several drawn together."""

    kinds: tuple[Drawn, ...]
    shapes: int
    together: Places  # how many shapes each feature of several stands for
    members: Places  # those shapes, feature by feature

    def middles(self, values: Floats) -> Places:
        """Of each feature of several the shape whose value is the middle one of those that are known (not
        NaN); the lower one of two, any shape where none is known.
        """
        of = np.repeat(np.arange(len(self.together)), self.together)
        order = self.members[np.lexsort((values[self.members], of))]  # NaN is sorted last
        known = np.bincount(of, ~np.isnan(values[self.members]), minlength=len(self.together)).astype(
            np.int64
        )
        places = ends_of(self.together)[:-1] + np.maximum(known - 1, 0) // 2
        middles: Places = order[places]
        return middles


def kind_of(shapes: Shapes, rows: Places, *, closed: bool) -> Kind:
    """Measure shapes of one kind, given in steps of the world's grid."""
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    boxes = shapely.bounds(parts)
    size = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = np.lexsort((size, part_of))
    largest = boxes[order[np.flatnonzero(np.diff(part_of[order], append=-1))]]
    extents = shapely.area(shapes) if closed else shapely.length(shapes)
    steps = 2.0**GRID_BITS / TILE_PX
    simplified = Simplified(shapes, areas=closed, px_steps=steps)
    anchors = (largest[:, :2] + largest[:, 2:]) / 2.0
    return Kind(simplified, closed, rows, shapely.bounds(shapes).reshape(-1, 4), anchors, extents)


@dataclass(frozen=True, slots=True)
class Room:
    """What a tile may hold, and what it takes."""

    costs: Places  # bytes that each shape adds besides its outline, at most
    common: int  # bytes that every tile has
    most: int  # bytes that a tile may have
    length: Callable[[Level, int, int, int], int]  # bytes of a tile (z, x, y) of a level

    def suffices(self, level: Level, z: int) -> bool:
        """Whether no tile of a level is too long, but for what its own sides may add."""
        tiles, weights = _bounds_of_tiles(level, z, self.costs)
        over = np.flatnonzero(weights + self.common > self.most)
        # A bound counts every number at its longest: those that it puts in doubt are measured.
        if not len(over) or weights.max() + self.common > _LOOSEST * self.most:
            return not len(over)
        fullest = tiles[over[np.argsort(-weights[over], kind="stable")][:_MOST_MEASURED]]
        return all(
            self.length(level, z, int(tile) >> z, int(tile) & (1 << z) - 1) <= self.most for tile in fullest
        )


Made = dict[tuple[int, float, int], Level]


def level_of(kinds: tuple[Kind, ...], z: int, room: Room, made: Made) -> Level:
    """Return a zoom made as sparse as it must be for its tiles to have room.

    ``made``: what was made for other rooms, as no step looks otherwise in another room; it is added to.
    """
    for tolerance, small in STEPS:
        step = (z, tolerance, small)
        if step not in made:
            made[step] = _level(kinds, z, tolerance, small, len(room.costs))
        level = made[step]
        if room.suffices(level, z):
            break
    return level


def _level(kinds: tuple[Kind, ...], z: int, tolerance_px: float, small_px: int, shapes: int) -> Level:
    none = np.empty(0, dtype=np.int64)
    drawn, together, members, number = [], [none], [none], shapes
    for kind in kinds:
        paths, group, counts = _paths(kind, z, tolerance_px, small_px, number)
        if len(paths.part):
            drawn.append(_indexed(paths))
        together.append(counts)
        inside = np.flatnonzero(group >= 0)
        members.append(kind.rows[inside[np.argsort(group[inside], kind="stable")]])
        number += len(counts)
    return Level(tuple(drawn), shapes, np.concatenate(together), np.concatenate(members))


def _paths(
    kind: Kind, z: int, tolerance_px: float, small_px: int, number: int
) -> tuple[Paths, Places, Places]:
    """The outlines of a kind, and marks for what is too small; several are numbered from `number` on.

    Beside them each shape's group (-1: none), and how many shapes each group is of.
    """
    units = float(EXTENT << z) / 2.0**GRID_BITS
    outlines = _outlines(kind.shapes.at(z, tolerance_px), units, closed=kind.closed).tidy()
    group, counts, centres, sizes = _grouped(kind, units, small_px)
    seen = np.bincount(outlines.feature, weights=_extents(outlines), minlength=len(kind.rows))
    tiny = (seen < (_LEAST_AREA if kind.closed else _LEAST_LENGTH)) & (group < 0)
    kept = outlines.taken(np.flatnonzero(~tiny[outlines.feature] & (group[outlines.feature] < 0)))
    middles = np.concatenate([kind.anchors[tiny] * units, centres])
    widths = np.concatenate([np.full(int(tiny.sum()), float(UNITS_PER_PX)), sizes])
    features = np.concatenate([kind.rows[tiny], number + np.arange(len(counts))])
    named = Paths(kept.x, kept.y, kept.starts, kept.part, kind.rows[kept.feature], kept.hole, kept.closed)
    first = int(outlines.part.max(initial=-1)) + 1
    return named.joined(marks(middles, widths, features, first, closed=kind.closed)), group, counts


def _outlines(shapes: Shapes, units: float, *, closed: bool) -> Paths:
    """Every ring or line of shapes in whole units; `feature` is the shape's place."""
    parts, part_shape = shapely.get_parts(shapes, return_index=True)
    if closed:
        rings, ring_part = shapely.get_rings(parts, return_index=True)
    else:
        rings, ring_part = parts, np.arange(len(parts))
    some = shapely.get_num_coordinates(rings) > 0
    rings, ring_part = rings[some], ring_part[some]
    places, of_ring = shapely.get_coordinates(rings, return_index=True)
    kept = np.ones(len(places), dtype=np.bool_)
    if closed:
        kept[np.flatnonzero(np.diff(of_ring, append=-1))] = False  # the first vertex said again
    whole = np.floor(places[kept] * units + 0.5).astype(np.int64)
    starts = ends_of(np.bincount(of_ring[kept], minlength=len(rings)))
    hole = np.diff(ring_part, prepend=-1) == 0
    x, y = np.ascontiguousarray(whole.T)
    return Paths(x, y, starts, ring_part, part_shape[ring_part], hole, closed)


def _extents(paths: Paths) -> Floats:
    """Area of each ring, less than nothing for a hole; or length of each line."""
    if paths.closed:
        return paths.areas() / 2.0 if len(paths.part) else np.empty(0)
    steps = np.hypot(np.diff(paths.x, append=0), np.diff(paths.y, append=0))
    steps[paths.starts[1:] - 1] = 0.0
    return np.add.reduceat(steps, paths.starts[:-1]) if len(paths.part) else np.empty(0)


def _grouped(kind: Kind, units: float, small_px: int) -> tuple[Places, Places, Floats, Floats]:
    """Put small shapes of one cell together.

    Each shape's group (-1: none); and of each group how many it is of, its middle and the side of a square as
    large as all of them.
    """
    none = np.full(len(kind.rows), -1)
    cell = small_px * UNITS_PER_PX
    sides = (kind.bounds[:, 2:] - kind.bounds[:, :2]).max(axis=1) * units
    small = np.flatnonzero(sides < cell)
    if not len(small):
        return none, np.empty(0, dtype=np.int64), np.empty((0, 2)), np.empty(0)
    cells = np.floor(kind.anchors[small] * units / cell).astype(np.int64)
    _, of, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    several = counts > 1
    numbers = np.where(several, np.cumsum(several) - 1, -1)
    none[small] = numbers[of]
    sums = np.stack([np.bincount(of, kind.anchors[small, axis]) for axis in (0, 1)], axis=1)
    extent = np.bincount(of, kind.extents[small])
    side = np.sqrt(extent) * units if kind.closed else extent * units
    middles: Floats = sums[several] * units / counts[several, None]
    return none, counts[several].astype(np.int64), middles, np.clip(side[several], UNITS_PER_PX, cell)


def _indexed(paths: Paths) -> Drawn:
    at = paths.starts[:-1]
    bounds = np.stack(
        [reduce.reduceat(axis, at) for reduce in (np.minimum, np.maximum) for axis in (paths.x, paths.y)],
        axis=1,
    )
    return Drawn(
        paths.packed(), bounds, shapely.STRtree(np.asarray(shapely.box(*bounds.T.astype(np.float64))))
    )


def _bounds_of_tiles(level: Level, z: int, costs: Places) -> tuple[Places, Floats]:
    """Tiles (x times the tiles along the world, plus y) and bounds of their bytes."""
    side = 1 << z
    # What is said of several is never more than what is said of the shape that says most.
    of_several = 2 * _PATH_BYTES + int(costs.max(initial=0))
    each = np.concatenate([costs, np.full(len(level.together), of_several, dtype=np.int64)])
    tiles, weights = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    for drawn in level.kinds:
        paths = drawn.paths
        pairs, of = _tiles_of_boxes(drawn.bounds, side)
        order = np.lexsort((paths.feature[of], pairs))
        pairs, feature = pairs[order], paths.feature[of[order]]
        fresh = (np.diff(pairs, prepend=-1) != 0) | (np.diff(feature, prepend=-1) != 0)
        x, y = (np.clip(axis >> 8, 0, side * 16 - 1).astype(np.int64) for axis in (paths.x, paths.y))
        near, chosen = tiles_of_cells(x, y, side)
        tiles += [pairs, near]
        weights += [_PATH_BYTES + each[feature] * fresh, np.full(len(chosen), float(_VERTEX_BYTES))]
    found, numbers = np.unique(np.concatenate(tiles), return_inverse=True)
    bounds = np.bincount(numbers, np.concatenate(weights), minlength=len(found))
    return found, bounds.astype(np.float64)


def _tiles_of_boxes(bounds: Places, side: int) -> tuple[Places, Places]:
    """Tiles (x times `side` plus y) whose buffers meet boxes, and which box each is of."""
    low = np.clip((bounds[:, :2] - BUFFER) // EXTENT, 0, side - 1)
    high = np.clip((bounds[:, 2:] + BUFFER) // EXTENT, 0, side - 1)
    wide, tall = (high - low + 1).T
    if int((wide * tall).sum()) > _MOST_PAIRS:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    of = np.repeat(np.arange(len(bounds)), wide * tall)
    within = np.arange(len(of)) - np.repeat(ends_of(wide * tall)[:-1], wide * tall)
    x, y = low[of, 0] + within // tall[of], low[of, 1] + within % tall[of]
    return x * side + y, of
