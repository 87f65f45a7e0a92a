"""What is drawn as vector tiles: points are put together at low zoom by the sums their layer needs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from geo.tiles import PointTiles, ShapeTiles
from layers.drawn import Drawn
from layers.elements import Paint
from yaotong.kept import Kept

# What the middle one of areas drawn together says for all of them.
_SPOKEN = ("class", "value", "few")


class Tiles(Protocol):
    """Anything that makes the bytes of a tile; b"" for an empty one."""

    def tile(self, z: int, x: int, y: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class TileSet:
    """Tiles, and a digest of all that their bytes depend on: equal ones are the same tiles."""

    tiles: Tiles
    digest: bytes


def tiles_of(drawn: Drawn, paint: Paint) -> TileSet:
    """Tiles of a layer; what was cut or encoded before, for another layer, day or category, is not again.

    A group of points tells `n` and, for a layer of classes, how many of each (`k_<class>`); for discs the
    sum of the known values, unknown when none of them is known. Areas too small to be told apart tell `n` and
    what the one with the middle value says: its class and value.
    """
    places, said = drawn.places_digest(), drawn.said()
    rows = pd.util.hash_pandas_object(said, index=False).to_numpy()
    parts = (places, rows.tobytes(), repr((tuple(said.columns), paint.mark, paint.classes)).encode())
    digest = hashlib.blake2b(b"".join(parts), digest_size=16).digest()
    return TileSet(_TILES.get(digest, lambda: _tiles(drawn, paint, places)), digest)


def _tiles(drawn: Drawn, paint: Paint, places: bytes) -> Tiles:
    said = drawn.said()
    columns = {str(name): said[name].to_numpy() for name in said.columns}
    if drawn.shapes is not None:
        shapes = drawn.shapes
        made = _SHAPES.get(places, lambda: ShapeTiles(shapes, {}))
        spoken = [name for name in _SPOKEN if name in columns]
        return made.told(columns, middle="value" if "value" in columns else None, spoken=spoken)
    totals = {}
    if paint.mark == "class":
        for mark in paint.classes:
            columns[f"k_{mark.key}"] = (said["class"] == mark.key).to_numpy().astype(np.int64)
            totals[f"k_{mark.key}"] = "sum"
    if paint.mark == "bubble":
        totals["value"] = "sum"
    lon, lat = (drawn.frame[one].to_numpy(dtype=float) for one in ("lon", "lat"))
    return _PLACES.get(places, lambda: PointTiles(lon, lat, {}, {})).told(columns, totals)


_SHAPES: Kept[ShapeTiles] = Kept(200_000, lambda one: len(one) + 1)
_PLACES: Kept[PointTiles] = Kept(3_000_000, lambda one: len(one) + 1)
_TILES: Kept[Tiles] = Kept(120, lambda _: 1)
