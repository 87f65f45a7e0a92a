"""Features as GeoJSON, for the page that stands alone and for those who want to go on working with them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely

from layers.drawn import Drawn

# About 1 m; outlines are drawn, not measured.
GRID_DEG = 1e-5


def collection(drawn: Drawn) -> dict[str, Any]:
    """A FeatureCollection: what is said of each feature as its properties, unknown figures as null."""
    told = values(drawn)
    places = [shapely.geometry.mapping(one) for one in _rounded(drawn)]
    features = [
        {"type": "Feature", "id": one, "geometry": place, "properties": dict(zip(told, own, strict=True))}
        for one, place, *own in zip(drawn.frame["id"], places, *told.values(), strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def values(drawn: Drawn) -> dict[str, list[Any]]:
    """What is said of the features, by column, in the order of the features."""
    said = drawn.said().drop(columns="id")
    return {str(name): [plain(one) for one in said[name].tolist()] for name in said.columns}


def plain(value: Any) -> Any:
    """A value as JSON has it: NaN, NaT and their kind become null."""
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _rounded(drawn: Drawn) -> Any:
    places = drawn.geometries()
    if drawn.kind == "points":
        return shapely.points(np.round(shapely.get_coordinates(places), 6))
    return shapely.set_precision(places, GRID_DEG)
