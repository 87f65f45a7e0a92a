"""区域名称：the name of every area at a point inside it; as many as fit are written."""

from __future__ import annotations

import pandas as pd
import shapely

from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from yaotong.reads.map import MapData

ABOUT = About("区域名称", ("left", "right"), "overlay", 11, shown=("left", "right"), merges=True)


def features(data: MapData, category: str) -> Drawn:
    """`value`: the area's extent in square degrees, for the larger name is written first."""
    areas = data.leaves if len(data.leaves) else data.areas
    inner = shapely.get_coordinates(shapely.point_on_surface(areas.geometry.to_numpy()))
    frame = pd.DataFrame(
        {
            "id": "area:" + areas["area_code"].astype(str),
            "name": areas["area_name"].astype(str),
            "lon": inner[:, 0],
            "lat": inner[:, 1],
            "value": shapely.area(areas.geometry.to_numpy()),
        }
    )
    return Drawn(frame.reset_index(drop=True))


def draw() -> Paint:
    """Text only."""
    return Paint("label", "区域名称")
