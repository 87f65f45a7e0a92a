"""Vector tiles read back by two decoders that are not ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import pyogrio

DOWN = {"y_coord_down": True}


def layers(tile: bytes) -> dict[str, Any]:
    """The layers of a tile; coordinates are the tile's own, y down."""
    return mapbox_vector_tile.decode(tile, default_options=DOWN) if tile else {}


def features(tile: bytes) -> list[dict[str, Any]]:
    """Features of a tile of one layer: `geometry`, `properties`, `id` (0 where there is none)."""
    found = layers(tile)
    assert len(found) == bool(tile)
    return next(iter(found.values()))["features"] if found else []


def points(tile: bytes) -> list[tuple[int, int, dict[str, Any]]]:
    """x, y and the properties of each point, its id among them where it is a single one."""
    read = []
    for one in features(tile):
        assert one["geometry"]["type"] == "Point"
        told = dict(one["properties"])
        if "n" not in told:
            told["#"] = one["id"]
        read.append((*one["geometry"]["coordinates"], told))
    return read


def by_gdal(tile: bytes, z: int, x: int, y: int, folder: Path) -> gpd.GeoDataFrame:
    """The features of a tile in metres of Web Mercator, the buffer included."""
    path = folder / "tile.mvt"
    path.write_bytes(tile)
    return pyogrio.read_dataframe(path, X=str(x), Y=str(y), Z=str(z), CLIP="NO")
