"""What a layer draws: one row per feature, in vectors, whatever their number.

Tiles, the page that stands alone, the legend and the table are all made from this one value, so that none
of them can say something else than the map.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely

from geo.crs import Crs, from_wgs84

Kind = Literal["points", "shapes"]
# Columns that the page's script knows how to draw; the rest is for the table.
DRAWN_COLUMNS = ("name", "class", "value", "few", "faded", "leaf", "weight")


@dataclass(frozen=True, slots=True)
class Drawn:
    """Features of one layer for one category and one day.

    `frame`: `id` ("shop:…", "area:…", unique) and `name`, and of `class` (a mark's key), `value` (float, NaN:
    unknown), `few` (bool), `faded` (bool) and others what the layer's `Paint` draws. Points have `lon` and
    `lat` (degrees, WGS-84) in it; shapes have their geometries in `shapes`, one per row. `fine_zh` is said
    in the legend; `own` holds further figures of the layer for the table, by column.
    """

    frame: pd.DataFrame
    shapes: np.ndarray[Any, Any] | None = None
    fine_zh: str = ""

    def __post_init__(self) -> None:
        lacking = {"id", "name"} - set(self.frame.columns)
        if self.shapes is None:
            lacking |= {"lon", "lat"} - set(self.frame.columns)
        elif len(self.shapes) != len(self.frame):
            raise ValueError(f"{len(self.frame)} features need as many shapes, not {len(self.shapes)}")
        if lacking:
            raise ValueError(f"features need the columns {sorted(lacking)}")
        if not self.frame["id"].is_unique:
            raise ValueError("two features have the same id")

    @property
    def kind(self) -> Kind:
        return "points" if self.shapes is None else "shapes"

    def geometries(self) -> np.ndarray[Any, Any]:
        """One shapely geometry per row."""
        if self.shapes is not None:
            return self.shapes
        return np.asarray(shapely.points(self.frame["lon"], self.frame["lat"]))

    def places_digest(self) -> bytes:
        """What stands for the geometries: equal places have equal digests, whatever is said of them."""
        if self.shapes is not None:
            parts = shapely.to_wkb(self.shapes).tolist()
            return hashlib.blake2b(b"".join(one or b"-" for one in parts), digest_size=16).digest()
        places = self.frame[["lon", "lat"]].to_numpy(dtype=float)
        return hashlib.blake2b(places.tobytes(), digest_size=16).digest()

    def in_crs(self, crs: Crs) -> Drawn:
        """The same features where they stand on a base map in `crs`; only for drawing, never for telling."""
        if crs in (Crs.WGS84, Crs.CGCS2000):
            return self
        if self.shapes is not None:
            moved = shapely.transform(
                self.shapes, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], crs))
            )
            return replace(self, shapes=moved)
        lon, lat = from_wgs84(self.frame["lon"].to_numpy(float), self.frame["lat"].to_numpy(float), crs)
        return replace(self, frame=self.frame.assign(lon=lon, lat=lat))

    def said(self) -> pd.DataFrame:
        """The columns that go with a feature onto the map, in a fixed order."""
        return self.frame[[one for one in ("id", *DRAWN_COLUMNS) if one in self.frame]]
