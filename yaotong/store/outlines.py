"""Areas with their outlines."""

from __future__ import annotations

import geopandas as gpd
import shapely
from sqlalchemy import Connection

from yaotong.store import registry
from yaotong.store.schema import area


def read_areas(connection: Connection, version: int | None = None) -> gpd.GeoDataFrame:
    """The areas at a data version: the columns of the feed, outlines in WGS-84."""
    frame = registry.read(connection, area, version)
    shapes = shapely.from_wkb(frame["geometry"].to_numpy())
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes, crs="EPSG:4326")
