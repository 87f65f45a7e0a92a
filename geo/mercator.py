"""Web Mercator (EPSG:3857) as tiles see it: one square world, cut in four again and again.

A *world* coordinate is a float64 from 0 (west, north) to 1 (east, south). The *grid* is the same square in
2**32 integer steps a side (9 mm at the equator): on it a place lies in one tile of each zoom, the same for
whoever asks. Tiles are numbered as web maps do: (z, x, y), y counted from the north.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_ZOOM: Final = 22
GRID_BITS: Final = 32
MAX_LATITUDE: Final = float(np.degrees(np.arctan(np.sinh(np.pi))))  # 85.051129: there the world is square


def to_world(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return world coordinates of WGS-84 degrees; NaN stays NaN.

    Latitudes beyond ``MAX_LATITUDE`` come to the edge of the world.
    """
    x = (np.asarray(lon, dtype=np.float64) + 180.0) / 360.0
    turn = np.radians(np.clip(np.asarray(lat, dtype=np.float64), -MAX_LATITUDE, MAX_LATITUDE))
    y = np.clip(0.5 - np.arcsinh(np.tan(turn)) / (2.0 * np.pi), 0.0, 1.0)
    return x, y


def to_lonlat(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Return WGS-84 degrees of world coordinates, the inverse of :func:`to_world`."""
    lon = np.asarray(x, dtype=np.float64) * 360.0 - 180.0
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * np.asarray(y, dtype=np.float64)))))
    return lon, lat


def to_grid(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the grid steps of WGS-84 degrees, none of them NaN.

    180 degrees east is the same meridian as 180 degrees west and gets its step; the southern edge of the
    world belongs to the last step.
    """
    steps = 2.0**GRID_BITS
    x, y = to_world(lon, lat)
    across, down = (np.minimum(np.floor(axis * steps), steps - 1.0) for axis in (x, y))
    across = np.where(np.asarray(lon, dtype=np.float64) == 180.0, 0.0, across)
    return across.astype(np.uint32), down.astype(np.uint32)


def check_tile(z: int, x: int, y: int) -> None:
    """Refuse a tile that is not there.

    Raises:
        ValueError: the zoom is not 0 to 22, or x or y are outside that zoom.
    """
    if not 0 <= z <= MAX_ZOOM:
        raise ValueError(f"zoom {z} is not drawn: ask for a zoom from 0 to {MAX_ZOOM}")
    last = (1 << z) - 1
    if not (0 <= x <= last and 0 <= y <= last):
        raise ValueError(f"zoom {z} has no tile {x}/{y}: x and y go from 0 to {last}")


def tile_bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) of a tile in degrees.

    Raises:
        ValueError: there is no such tile.
    """
    check_tile(z, x, y)
    side = 1 << z
    lon, lat = to_lonlat(np.array([x, x + 1]) / side, np.array([y + 1, y]) / side)
    return float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])


def tiles_covering(west: float, south: float, east: float, north: float, z: int) -> Integers:
    """Return the tiles of one zoom that hold a place of a box, as rows (x, y), from the north-west on.

    A box whose west lies east of its east crosses the antimeridian. An edge that runs along a tile's edge
    takes in the tile south or east of it.

    Raises:
        ValueError: the zoom is not drawn, the latitudes are in the wrong order, or a degree is none.
    """
    check_tile(z, 0, 0)
    if not (south <= north and south >= -90 and north <= 90 and abs(west) <= 180 and abs(east) <= 180):
        raise ValueError(
            f"({west}, {south}, {east}, {north}) is no box: give west, south, east, north in degrees, "
            "south not above north"
        )
    side, last = 1 << z, (1 << z) - 1
    x, y = to_world([west, east], [north, south])
    first_x, last_x = (min(int(value * side), last) for value in x)
    first_y, last_y = (min(int(value * side), last) for value in y)
    columns = np.arange(first_x, last_x + 1 if west <= east else last_x + 1 + side) % side
    rows, across = np.meshgrid(np.arange(first_y, last_y + 1), np.unique(columns), indexing="ij")
    return np.column_stack([across.ravel(), rows.ravel()]).astype(np.int64)


def morton(x: NDArray[np.uint32], y: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Interleave the bits of two grid steps, y's above x's.

    In this order a tile of any zoom is one contiguous run: the places that share its first 2 z bits.
    """
    return _spread(x) | (_spread(y) << np.uint64(1))


def _spread(values: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Put a zero between every two bits."""
    bits = values.astype(np.uint64)
    for shift, mask in _SPREAD:
        bits = (bits | (bits << shift)) & mask
    return bits


_SPREAD: Final = tuple(
    (np.uint64(shift), np.uint64(mask))
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    )
)
