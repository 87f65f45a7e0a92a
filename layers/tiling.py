"""What is drawn as vector tiles: points are put together at low zoom by the sums their layer needs."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from geo.tiles import PointTiles, ShapeTiles
from layers.drawn import Drawn
from layers.elements import Paint
from yaotong.kept import Kept


class Tiles(Protocol):
    """Anything that makes the bytes of a tile; b"" for an empty one."""

    def tile(self, z: int, x: int, y: int) -> bytes: ...


def tiles_of(drawn: Drawn, paint: Paint) -> Tiles:
    """Tiles of a layer; places that were cut before, for another layer, day or category, are not cut again.

    A group of points tells `n` and, for a layer of classes, how many of each (`k_<class>`); for discs the
    sum of the known values, unknown when none of them is known.
    """
    said = drawn.said()
    columns = {str(name): said[name].to_numpy() for name in said.columns}
    digest = drawn.places_digest()
    if drawn.shapes is not None:
        shapes = drawn.shapes
        return _SHAPES.get(digest, lambda: ShapeTiles(shapes, {})).told(columns)
    totals = {}
    if paint.mark == "class":
        for mark in paint.classes:
            columns[f"k_{mark.key}"] = (said["class"] == mark.key).to_numpy().astype(np.int64)
            totals[f"k_{mark.key}"] = "sum"
    if paint.mark == "bubble":
        totals["value"] = "sum"
    lon, lat = (drawn.frame[one].to_numpy(dtype=float) for one in ("lon", "lat"))
    return _PLACES.get(digest, lambda: PointTiles(lon, lat, {}, {})).told(columns, totals)


_SHAPES: Kept[ShapeTiles] = Kept(200_000, lambda one: len(one) + 1)
_PLACES: Kept[PointTiles] = Kept(3_000_000, lambda one: len(one) + 1)
