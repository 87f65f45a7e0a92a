"""From the frames of a read to GeoJSON: areas as polygons, shops as points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pandas as pd
import shapely

from yaotong.reads.map import FEW, MapData

Properties = Mapping[str, Any]
T = TypeVar("T")
# About 1 m; the outlines are drawn, not measured.
_GRID_DEG = 1e-5


def area_features(
    data: MapData, properties: Mapping[str, Properties], *, leaves: bool = True
) -> dict[str, Any]:
    """A collection of areas, the properties of each by area code (left out: none of its own)."""
    areas = data.leaves if leaves else data.areas
    features = []
    for code, name, level, shape in zip(
        areas["area_code"], areas["area_name"], areas["is_leaf"], areas.geometry, strict=True
    ):
        inner = shapely.point_on_surface(shape)
        own = {"name": str(name), "leaf": bool(level), "label": [round(inner.y, 5), round(inner.x, 5)]}
        rounded = shapely.set_precision(shape, _GRID_DEG)
        features.append(
            _feature(f"area:{code}", shapely.geometry.mapping(rounded), own | dict(properties.get(code, {})))
        )
    return {"type": "FeatureCollection", "features": features}


def shop_features(
    data: MapData, properties: Mapping[str, Properties], *, only: bool = False
) -> dict[str, Any]:
    """A collection of shops with a place, the properties of each by licence number.

    `only` leaves out shops that `properties` does not name. Every shop carries `sells`, the special
    categories it sold within the window, None when it never reported.
    """
    sold = data.packs[data.packs["packs"] > 0].groupby("license_no")["category"].agg(list)
    shops = data.shops.dropna(subset=["lon", "lat"])
    features = []
    columns = [shops[one] for one in ("license_no", "name", "area_code", "reporting", "lon", "lat")]
    for shop, name, area, reporting, lon, lat in zip(*columns, strict=True):
        if only and shop not in properties:
            continue
        place = {"type": "Point", "coordinates": [round(float(lon), 6), round(float(lat), 6)]}
        placed = None if pd.isna(area) else f"area:{area}"
        own: dict[str, Any] = {"name": str(name), "area": placed}
        # Nobody knows what a shop sells that never reported: no filter may fade it as if it sold nothing.
        own["sells"] = None if reporting == "never" else sorted(sold.get(shop, []))
        features.append(_feature(f"shop:{shop}", place, own | dict(properties.get(shop, {}))))
    return {"type": "FeatureCollection", "features": features}


def packs_by_area(data: MapData) -> dict[str, dict[str, float | None]]:
    """Packs per leaf area and category within the window; None where no shop reported."""
    place = data.shops.set_index("license_no")["area_code"]
    placed = data.packs.assign(area_code=data.packs["license_no"].map(place))
    summed = placed.groupby(["area_code", "category"])["packs"].sum()
    found: dict[str, dict[str, float | None]] = {}
    for code, reporting in zip(data.leaves["area_code"], data.leaves["shops_reporting"], strict=True):
        known = reporting > 0
        found[code] = {one: float(summed.get((code, one), 0.0)) if known else None for one in data.categories}
    return found


def rates_per_1000(data: MapData) -> dict[str, dict[str, float | None]]:
    """Packs per 1,000 residents by leaf area and category; None without data or without residents."""
    residents: dict[str, float] = dict(
        zip(data.leaves["area_code"], data.leaves["population"].astype(float), strict=True)
    )
    return {
        code: {category: _rate(packs, residents[code]) for category, packs in by_category.items()}
        for code, by_category in packs_by_area(data).items()
    }


def _rate(packs: float | None, residents: float) -> float | None:
    if packs is None or not residents > 0:  # a missing population is NaN, which is not above 0
        return None
    return 1000.0 * packs / residents


def few(count: float | None) -> bool:
    """Whether a figure rests on so few events that its rate is not stable."""
    return count is not None and count < FEW


def same_for_all(data: MapData, value: T) -> dict[str, T]:
    """A figure that the category filter does not change."""
    return dict.fromkeys(data.categories, value)


def _feature(feature_id: str, geometry: Any, properties: Properties) -> dict[str, Any]:
    return {"type": "Feature", "id": feature_id, "geometry": geometry, "properties": dict(properties)}
