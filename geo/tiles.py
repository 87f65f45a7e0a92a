"""Vector tiles of points, lines and areas, made as they are asked for: the door to what they are made of."""

from geo.point_tiles import PointTiles
from geo.shape_tiles import MAX_SHAPE_TILE_BYTES, ShapeTiles
from geo.tile_frame import BUFFER_PX, MAX_TILE_BYTES, TILE_PX, UNITS_PER_PX

__all__ = [
    "BUFFER_PX",
    "MAX_SHAPE_TILE_BYTES",
    "MAX_TILE_BYTES",
    "TILE_PX",
    "UNITS_PER_PX",
    "PointTiles",
    "ShapeTiles",
]
