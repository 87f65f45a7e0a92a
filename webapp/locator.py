"""The small map on an alert's page: drawn here as SVG, so that it is there without a script and on paper."""

from __future__ import annotations

import math
from dataclasses import dataclass

from yaotong.reads.alert_place import Place

_WIDTH = 320.0
_TALLEST = 300.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture's size in px; paths of outlines with their names and whether they are the alert's; points.

    `scale_px` px are `scale_m` metres.
    """

    width: float
    height: float
    paths: tuple[tuple[str, str, bool], ...]
    points: tuple[tuple[float, float, str, str], ...]
    scale_px: float
    scale_m: int


def drawn(place: Place) -> Drawn:
    """A place on a plane in which a metre is as long to the north as to the east at its middle."""
    west, south, east, north = place.box
    shrink = math.cos(math.radians((south + north) / 2))
    px = min(_WIDTH / ((east - west) * shrink), _TALLEST / (north - south))

    def at(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - west) * shrink * px, 1), round((north - lat) * px, 1)

    def path(ring: tuple[tuple[float, float], ...]) -> str:
        return "M" + "L".join(f"{x} {y}" for x, y in (at(*one) for one in ring)) + "Z"

    paths = tuple((" ".join(map(path, one.rings)), one.name, one.here) for one in place.outlines)
    points = tuple((*at(one.lon, one.lat), one.license_no, one.name) for one in place.spots)
    width, height = at(east, south)
    metre_px = px / 111_320
    metres = _round_length(width / metre_px / 3)
    return Drawn(width, height, paths, points, round(metres * metre_px, 1), metres)


def _round_length(metres: float) -> int:
    """1, 2 or 5 times a power of ten, not longer than given."""
    power = 10 ** math.floor(math.log10(metres))
    return int(next(power * one for one in (5, 2, 1) if power * one <= metres))
