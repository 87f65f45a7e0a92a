"""The map over a base map in GCJ-02 or BD-09: it is our points that move, the picture stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from geo.crs import Crs, from_wgs84, to_wgs84
from layers.panel import Panel
from yaotong.errors import UsageError
from yaotong.reads.map import MapData

Box = tuple[float, float, float, float]


def crs_of(text: str) -> Crs:
    """The system a map is drawn in; CGCS2000 is drawn as WGS-84. UsageError for one that is none."""
    if not text:
        return Crs.WGS84
    try:
        found = Crs.parse(text)
    except ValueError as error:
        raise UsageError(f"坐标系应为 {'、'.join(Crs)} 之一，不是 {text[:20]!r}。") from error
    return Crs.WGS84 if found == Crs.CGCS2000 else found


def data_in(data: MapData, crs: Crs) -> MapData:
    """The picture with its shops where they stand on a map in `crs`: a box drawn there holds exactly them."""
    if crs == Crs.WGS84:
        return data
    lon, lat = from_wgs84(data.shops["lon"].to_numpy(float), data.shops["lat"].to_numpy(float), crs)
    return replace(data, shops=data.shops.assign(lon=lon, lat=lat))


def panel_in(panel: Panel, crs: Crs) -> Panel:
    """A panel's place ([lat, lon]) and outline (GeoJSON) as they stand on a map in `crs`."""
    if crs == Crs.WGS84:
        return panel
    moved: dict[str, Any] = {}
    if panel.get("place"):
        lat, lon = panel["place"]
        moved["place"] = [float(one) for one in reversed(from_wgs84(lon, lat, crs))]
    if panel.get("shape"):
        shape = shapely.geometry.shape(panel["shape"])
        moved["shape"] = shapely.geometry.mapping(
            shapely.transform(shape, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], crs)))
        )
    return {**panel, **moved}


def box_between(box: Box, there: Crs, here: Crs) -> Box:
    """A box of one system in another: its south-west and north-east corners."""
    lon, lat = to_wgs84(np.array(box[0::2]), np.array(box[1::2]), there)
    (west, east), (south, north) = from_wgs84(lon, lat, here)
    return float(west), float(south), float(east), float(north)
