"""Areas and lines as vector tiles that join without a seam."""

import copy
import hashlib
import threading
from collections.abc import Mapping, Sequence
from typing import Final, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import mvt
from geo.attributes import Attributes
from geo.mercator import GRID_BITS, MAX_LATITUDE, check_tile, to_world
from geo.paths import Paths, marks
from geo.shape_levels import Drawn, Kind, Level, Made, Room, kind_of, level_of
from geo.tile_frame import BUFFER, UNITS_PER_PX

Places = NDArray[np.int64]
MAX_SHAPE_TILE_BYTES: Final = 256 * 1024
_POLYGONS: Final = (3, 6)
_LINES: Final = (1, 2, 5)
_FEATURE_BYTES: Final = 22
_COARSER: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # units: from none to 64 px


class ShapeTiles:
    """n areas or lines and their properties, prepared for a zoom when it is first asked for.

    A tile stands for 512 CSS px (8 units of its extent of 4096 to a px) and has a buffer of 32 px on each
    side, across the antimeridian too. Each feature has its row number as id and its columns.

    Outlines are simplified for the whole zoom, never for a tile: what is smaller than half a px is left out,
    borders between areas stay one line (see :mod:`geo.simplify`), and each vertex comes to the nearest unit.
    No shape vanishes: an area below half a px is drawn as a square of one px, a line as a dash. Of a shape of
    many parts, parts that rounding leaves without an area are not drawn.

    No tile is longer than ``MAX_SHAPE_TILE_BYTES``. Where a zoom would have one, the zoom as a whole is made
    sparser, step by step: first outlines lose what is smaller than 1 and 2 px; then shapes smaller than 2, 4,
    8 … px are drawn together, those of one cell so wide as one square (or dash) as large as all of them, with
    ``n``, how many they are, and what :meth:`told` was asked to say of them. So none is left out without
    being counted. What a tile's own
    sides add is not foreseen: a tile that is still too long has its vertices put on a coarser grid,
    and a shape that this swallows is drawn as a square or a dash.
    """

    left_out: int  # shapes that are missing, empty or wholly beyond the map's latitudes (85.0511)

    def __init__(
        self,
        geometries: Sequence[object] | NDArray[np.object_],
        columns: Mapping[str, NDArray[np.generic]],
        *,
        layer: str = "shapes",
    ) -> None:
        """Project the shapes.

        Args:
            geometries: n valid shapely polygons or lines, Multi… among them, in WGS-84 degrees. What lies
                beyond the map's latitudes is cut off; a missing or empty one is left out, and counted.
            columns: properties, as those of :class:`geo.tiles.PointTiles`.
            layer: the name of the tiles' layer.

        Raises:
            ValueError: a geometry is of another type, invalid, or beyond 180 degrees; a column is called
                ``n``, has another length or values of another kind.
        """
        shapes = _checked(geometries)
        if "n" in columns:
            raise ValueError("a column called 'n' would hide how many shapes are drawn together: rename it")
        drawn = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        self.left_out, self._given = len(shapes) - len(drawn), len(shapes)
        self._layer, self._rows = layer, drawn
        self._kinds = _kinds(shapely.transform(shapes[drawn], _to_steps))
        self._rooms: dict[bytes, dict[int, Level]] = {}
        self._made: Made = {}
        self._lock = threading.Lock()
        self._say(columns)

    def told(
        self,
        columns: Mapping[str, NDArray[np.generic]],
        *,
        middle: str | None = None,
        spoken: Sequence[str] = (),
    ) -> Self:
        """Return the same shapes with other columns; what zooms show is shared where it has as much room.

        Args:
            columns: as those of the shapes.
            middle: a column of numbers. The shape whose number is the middle one of those that are known
                speaks for shapes drawn together, with its properties ``spoken``; where none is known, a shape
                of which it is not known.
            spoken: names of columns.

        Raises:
            ValueError: a column is called ``n``, has another length or values of another kind; ``middle`` or
                one of ``spoken`` is no column.
        """
        if "n" in columns:
            raise ValueError("a column called 'n' would hide how many shapes are drawn together: rename it")
        absent = sorted({*spoken, *([middle] if middle else [])} - set(columns))
        if absent:
            raise ValueError(f"there is no column {absent[0]!r} to speak for several shapes")
        other = copy.copy(self)
        other._say(columns, middle, spoken)
        return other

    def _say(
        self,
        columns: Mapping[str, NDArray[np.generic]],
        middle: str | None = None,
        spoken: Sequence[str] = (),
    ) -> None:
        self._attributes = Attributes(columns, self._given).taken(self._rows)
        said = {name: columns[name] for name in columns if name in spoken}
        self._spoken = Attributes(said, self._given).taken(self._rows)
        self._spoken_places = [list(columns).index(name) for name in said]
        values = np.zeros(self._given) if middle is None else np.asarray(columns[middle], dtype=np.float64)
        self._values = values[self._rows]
        self._speakers: dict[int, Places] = {}
        self._names = (*self._attributes.names, "n")
        costs, common = self._attributes.bytes_bound(4 * len(self._rows))
        common += sum(len(name.encode()) + 6 for name in (self._layer, *self._names)) + 40
        # Rounded up, so that values of another day most often ask for the same room.
        self._costs, self._common = _up(costs + _FEATURE_BYTES, 32), int(_up(np.array(common), 1024))
        key = hashlib.blake2b(self._costs.tobytes() + self._common.to_bytes(8, "big"), digest_size=16)
        self._levels = self._rooms.setdefault(key.digest(), {})

    def __len__(self) -> int:
        return len(self._rows)

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return a tile of one layer, ``b""`` where it would be empty.

        Raises:
            ValueError: there is no such tile, or so many large shapes lie over one another that no drawing of
                all of them is short enough.
        """
        check_tile(z, x, y)
        level = self._level(z)
        found = _found(level, z, x, y)
        for step in _COARSER:
            tile = self._drawn(level, [_coarser(part, step) for part in found])
            if len(tile) <= MAX_SHAPE_TILE_BYTES:
                return tile
        raise ValueError(
            f"tile {z}/{x}/{y} has no room for {sum(len(part.part) for part in found)} outlines that lie "
            "over one another: draw fewer shapes in one layer"
        )

    def _level(self, z: int) -> Level:
        with self._lock:  # a zoom of many shapes takes seconds: not twice
            if z not in self._levels:
                room = Room(self._costs, self._common, MAX_SHAPE_TILE_BYTES, self._length)
                self._levels[z] = level_of(self._kinds, z, room, self._of_zoom(z))
            return self._levels[z]

    def _speaking(self, level: Level) -> Places:
        """Of each feature of several, the shape that speaks for it; kept for levels that are kept."""
        kept = any(one is level for one in self._levels.values())
        if kept and id(level) in self._speakers:
            return self._speakers[id(level)]
        middles = level.middles(self._values)
        if kept:
            self._speakers[id(level)] = middles
        return middles

    def _of_zoom(self, z: int) -> Made:
        """What was made of a zoom; that of the zoom before it is let go."""
        if any(step[0] != z for step in self._made):
            self._made.clear()
        return self._made

    def _length(self, level: Level, z: int, x: int, y: int) -> int:
        """Bytes of a tile as it comes, however long."""
        return len(self._drawn(level, [part.tidy() for part in _found(level, z, x, y)]))

    def _drawn(self, level: Level, found: list[Paths]) -> bytes:
        told = [(paths.closed, *paths.commands()) for paths in found if len(paths.part)]
        if not told:
            return b""
        features = np.concatenate([of for *_, of in told])
        shapes = features < level.shapes
        tags = np.full((len(features), len(self._names)), -1)
        tags[shapes, :-1], values, count = self._attributes.table(features[shapes])
        several = features[~shapes] - level.shapes
        if len(several) and self._spoken_places:
            said, more, number = self._spoken.table(self._speaking(level)[several])
            rows = np.flatnonzero(~shapes)[:, None]
            tags[rows, np.array(self._spoken_places)] = np.where(said < 0, -1, said + count)
            values, count = values + more, count + number
        numbers, ranks = np.unique(level.together[several], return_inverse=True)
        tags[~shapes, -1] = ranks + count
        written, begin = [], 0
        for closed, geometry, ends, of in told:
            rows = tags[begin : begin + len(of)]
            begin += len(of)
            ids = np.where(of < level.shapes, self._rows[np.minimum(of, len(self._rows) - 1)], -1)
            written.append(mvt.shape_features(mvt.POLYGON if closed else mvt.LINE, geometry, ends, rows, ids))
        values += mvt.number_values(numbers)[0].tobytes()
        return mvt.layer(self._layer, self._names, values, b"".join(written))


def _up(numbers: Places, step: int) -> Places:
    return -(-numbers // step) * step


def _found(level: Level, z: int, x: int, y: int) -> list[Paths]:
    """What lies in a tile and its buffer, each kind and each turn of the world for itself."""
    turns = [0, *[-1] * (x == 0), *[1] * (x == (1 << z) - 1)]
    west, north = x * mvt.EXTENT, y * mvt.EXTENT
    return [_within(drawn, west - turn * (mvt.EXTENT << z), north) for drawn in level.kinds for turn in turns]


def _within(drawn: Drawn, west: int, north: int) -> Paths:
    """What lies in a tile and its buffer, in the tile's coordinates."""
    box = (-BUFFER, -BUFFER, mvt.EXTENT + BUFFER, mvt.EXTENT + BUFFER)
    low, high = np.array([west, north]) - BUFFER, np.array([west, north]) + mvt.EXTENT + BUFFER
    chosen = np.sort(drawn.tree.query(shapely.box(*low, *high)))
    bounds = drawn.bounds[chosen]
    inside = (bounds[:, :2] >= low).all(axis=1) & (bounds[:, 2:] <= high).all(axis=1)
    whole, cut = (drawn.paths.taken(chosen[some]).moved(-west, -north) for some in (inside, ~inside))
    if not len(cut.part):
        return whole
    return whole.joined(cut.clipped(box)) if len(whole.part) else cut.clipped(box)


def _coarser(paths: Paths, step: int) -> Paths:
    """Paths as drawn on a grid of some units; what a grid coarser than one unit swallows is marked."""
    tidy = paths.rounded(step).tidy()
    if step == 1:
        return tidy
    first = np.flatnonzero(np.diff(paths.feature, prepend=-1))
    lost = first[~np.isin(paths.feature[first], tidy.feature)]
    vertex = paths.starts[lost]
    middles = np.stack([paths.x[vertex], paths.y[vertex]], axis=1).astype(np.float64)
    sizes = np.full(len(lost), float(UNITS_PER_PX))
    next_part = int(paths.part.max(initial=-1)) + 1
    return tidy.joined(marks(middles, sizes, paths.feature[lost], next_part, closed=paths.closed))


def _kinds(shapes: NDArray[np.object_]) -> tuple[Kind, ...]:
    closed = np.isin(shapely.get_type_id(shapes), _POLYGONS)
    split = ((True, np.flatnonzero(closed)), (False, np.flatnonzero(~closed)))
    return tuple(kind_of(shapes[rows], rows, closed=areas) for areas, rows in split if len(rows))


def _to_steps(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack(to_world(*degrees.T), axis=1) * 2.0**GRID_BITS


def _checked(geometries: Sequence[object] | NDArray[np.object_]) -> NDArray[np.object_]:
    """The shapes, cut to the map's latitudes."""
    shapes = np.array(geometries, dtype=object)
    types = shapely.get_type_id(shapes)
    wrong = np.flatnonzero(~np.isin(types, (-1, *_POLYGONS, *_LINES)) & ~shapely.is_empty(shapes))
    if len(wrong):
        raise ValueError(f"shape {wrong[0]} is a {shapes[wrong[0]].geom_type}: give polygons or lines")
    broken = np.flatnonzero(np.isin(types, _POLYGONS) & ~shapely.is_valid(shapes))
    if len(broken):
        reason = shapely.is_valid_reason(shapes[broken[0]])
        raise ValueError(f"shape {broken[0]} is invalid ({reason}): mend it with geo.repair")
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    if not ((np.nan_to_num(west) >= -180) & (np.nan_to_num(east) <= 180)).all():
        raise ValueError("a shape reaches beyond 180 degrees: cut it at the antimeridian")
    beyond = np.flatnonzero((south < -MAX_LATITUDE) | (north > MAX_LATITUDE))
    world = shapely.box(-180.0, -MAX_LATITUDE, 180.0, MAX_LATITUDE)
    shapes[beyond] = shapely.intersection(shapes[beyond], world)
    return shapes
