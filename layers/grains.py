"""Which areas a zoom shows: those without parts, or, where they would be dots, what they are parts of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.mercator import to_world
from geo.tile_frame import TILE_PX
from yaotong.reads.map import MapDays
from yaotong.reads.map_grains import coarser

# Narrower areas are dots: no name fits in, no border stands apart, and a tile of them is full of outlines.
LEAST_PX = 12.0
_DEEPEST = 22


@dataclass(frozen=True, slots=True)
class Grain:
    """The days at one size of areas, and the first zoom of tiles that shows them."""

    days: MapDays
    from_zoom: int


def grains_of(days: MapDays) -> tuple[Grain, ...]:
    """The days themselves, then ever coarser ones, until no zoom asks for more or there are none."""
    grains: list[Grain] = []
    step: MapDays | None = days
    while step is not None:
        areas, deepest = step.seen.areas, grains[-1].from_zoom if grains else _DEEPEST
        own = from_zoom(np.asarray(areas.geometry[areas["is_leaf"]]))
        grains.append(Grain(step, min(own, deepest)))
        step = coarser(step) if grains[-1].from_zoom > 0 else None
    return tuple(grains)


def grain_at(grains: Sequence[Grain], z: int) -> int:
    """Which of the grains a zoom of tiles shows: the finest that can be seen, the coarsest where none can."""
    return next((place for place, one in enumerate(grains) if one.from_zoom <= z), len(grains) - 1)


def from_zoom(shapes: np.ndarray[Any, Any]) -> int:
    """The first zoom of tiles at which the middle one of some outlines is `LEAST_PX` wide; 0 for none."""
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    (left, bottom), (right, top) = to_world(west, south), to_world(east, north)
    sides = np.sqrt(np.abs((right - left) * (top - bottom))) * TILE_PX
    sides = sides[sides > 0]
    if not len(sides):
        return 0
    return min(_DEEPEST, max(0, math.ceil(math.log2(LEAST_PX / float(np.median(sides))))))
