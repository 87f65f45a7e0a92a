"""Where the shops of an answer lie, as lines and points for a small drawing: outlines, shops, the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from yaotong.reads.alert_place import Outline, Place, Spot, rings_of
from yaotong.reads.register import Register

# Of the longer side of the picture: what is smaller cannot be seen.
_FINE = 1 / 200
_PAD, _LEAST_DEG, _ALONE_DEG = 0.08, 0.004, 0.02
_SHOPS = 30


def sketch(
    known: Register, features: Sequence[Mapping[str, Any]], here: tuple[float, float] | None
) -> Place | None:
    """The first shops of an answer by their numbers in it, and where distances were measured from.

    `here`: WGS-84 degrees; its spot has no licence number. None when no shop has a position.
    """
    spots = [
        Spot(str(number), one["properties"]["name"], *one["geometry"]["coordinates"])
        for number, one in enumerate(features[:_SHOPS], start=1)
        if one["geometry"] is not None
    ]
    if not spots:
        return None
    near = [*spots, *([Spot("", "", *here)] if here is not None and _close(here, spots) else [])]
    west, south, east, north = shapely.total_bounds(
        [shapely.Point(one.lon, one.lat) for one in near]
    ).tolist()
    # A single shop is shown with two kilometres around it.
    least = _LEAST_DEG if len(near) > 1 else _ALONE_DEG
    pad = max(_PAD * max(east - west, north - south), least)
    box = (west - pad, south - pad, east + pad, north + pad)
    return Place(tuple(_outlines(known, box)), tuple(near), box)


def _close(here: tuple[float, float], spots: Sequence[Spot]) -> bool:
    """A place far from all shops would make of them a single dot."""
    return min(abs(one.lon - here[0]) + abs(one.lat - here[1]) for one in spots) < 0.5


def _outlines(known: Register, box: tuple[float, float, float, float]) -> list[Outline]:
    west, south, east, north = box
    fine = max(east - west, north - south) * _FINE
    leaves, areas = {one.area_code for one in known.towns}, known.areas
    found = []
    for at in areas.sindex.query(shapely.box(*box)):
        code, name = str(areas["area_code"].iat[at]), str(areas["area_name"].iat[at])
        if code not in leaves:
            continue
        part = shapely.clip_by_rect(shapely.simplify(areas.geometry.iat[at], fine), *box)
        solid = [one for one in shapely.get_parts(part) if one.geom_type == "Polygon"]
        if solid:
            found.append(Outline(code, name, rings_of(shapely.multipolygons(solid)), False))
    return found
