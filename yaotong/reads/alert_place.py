"""Where an alert is: its town among the towns around it, and its shops, as lines and points to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from yaotong.store import Connection, registry
from yaotong.store.schema import area, pharmacy
from yaotong.workspace import Workspace

_SHOPS = 200
# Of the longer side of the picture: what is smaller cannot be seen.
_FINE = 1 / 400


@dataclass(frozen=True, slots=True)
class Outline:
    """An area: rings of (lon, lat), WGS 84, and whether the alert lies in it."""

    area_code: str
    name: str
    rings: tuple[tuple[tuple[float, float], ...], ...]
    here: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A shop of the alert."""

    license_no: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Place:
    """What is drawn, and the west, south, east and north of it in degrees."""

    outlines: tuple[Outline, ...]
    spots: tuple[Spot, ...]
    box: tuple[float, float, float, float]


def place_of(workspace: Workspace, area_code: str | None, shops: Sequence[str]) -> Place | None:
    """The town of an alert with its sisters and the shops that may be shown; None where nothing is known."""
    with workspace.store.read() as connection:
        towns = _towns(connection, area_code)
        found = registry.having(connection, pharmacy, "license_no", shops[:_SHOPS])
    spots = tuple(
        Spot(str(one["license_no"]), str(one["name"]), float(one["lon"]), float(one["lat"]))
        for one in found.to_dict("records")
    )
    box = _box([shape for _, _, shape in towns], spots)
    if box is None:
        return None
    fine = max(box[2] - box[0], box[3] - box[1]) * _FINE
    outlines = tuple(
        Outline(code, name, rings_of(shapely.simplify(shape, fine)), code == area_code)
        for code, name, shape in towns
    )
    return Place(outlines, spots, box)


def _towns(connection: Connection, area_code: str | None) -> list[tuple[str, str, Any]]:
    if not area_code:
        return []
    own = registry.having(connection, area, "area_code", [area_code])
    parents = own["parent_code"].dropna().tolist()
    sisters = registry.having(connection, area, "parent_code", parents) if parents else own
    return [
        (str(one["area_code"]), str(one["area_name"]), shape)
        for one in sisters.to_dict("records")
        if one["geometry"] is not None and not (shape := shapely.from_wkb(one["geometry"])).is_empty
    ]


def _box(shapes: Sequence[Any], spots: Sequence[Spot]) -> tuple[float, float, float, float] | None:
    points = [shapely.Point(one.lon, one.lat) for one in spots]
    if not (shapes or points):
        return None
    west, south, east, north = shapely.total_bounds([*shapes, *points]).tolist()
    # A single shop is shown with a kilometre around it.
    pad = max(0.04 * max(east - west, north - south), 0.01)
    return west - pad, south - pad, east + pad, north + pad


def rings_of(shape: Any) -> tuple[tuple[tuple[float, float], ...], ...]:
    """The rings of a shape's parts as (lon, lat)."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return tuple(tuple((float(x), float(y)) for x, y in shapely.get_coordinates(ring)) for ring in rings)
