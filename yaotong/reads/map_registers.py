"""What the registers say at a data version, as a map needs it: read once, kept until a load changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.codes import CATEGORIES, SPECIAL_CATEGORIES
from yaotong.errors import NotFound
from yaotong.store import Connection, loads, registry
from yaotong.store.outlines import read_areas
from yaotong.store.schema import drug, pharmacy, placement
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_Frame = TypeVar("_Frame", bound=pd.DataFrame)
SPECIAL = "SPECIAL"
_FEEDS = ("areas", "pharmacies", "drugs")
# A country's registers take a third of a gigabyte: the present ones, and past ones that are looked at.
_KEPT = 3


@dataclass(frozen=True, slots=True)
class Registers:
    """`areas` with `is_leaf`; `shops` not closed, with `area_code` and `area_name`; names of categories."""

    areas: gpd.GeoDataFrame
    shops: pd.DataFrame
    categories: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """The part of the registers on a map.

    `names` are the shops' licence numbers; `place` is the row in `areas` that each shop lies in, -1 for none.
    """

    areas: gpd.GeoDataFrame
    shops: pd.DataFrame
    categories: Mapping[str, str]
    names: pd.Index
    place: NDArray[np.intp]


def read_registers(
    ws: Workspace, connection: Connection, version: int, viewer: Viewer, area_code: str | None
) -> Seen:
    """The registers at a data version, of one area or of all that the viewer covers.

    NotFound when `area_code` is no area, or one the viewer does not cover; nothing is known, nor asked, at
    version 0.
    """
    made = loads.mark_of(connection, _FEEDS, version)
    return _seen(ws, made, version if made is None else made.version, viewer.area_code, area_code)


@lru_cache(maxsize=_KEPT)
def _registers(ws: Workspace, _made: loads.Mark | None, version: int) -> Registers:
    with ws.store.read() as connection:
        areas = read_areas(connection, version)
        shops = _shops(connection, version)
        categories = _categories(connection, version)
    areas["is_leaf"] = ~areas["area_code"].isin(areas["parent_code"].dropna())
    shops["area_name"] = shops["area_code"].map(areas.set_index("area_code")["area_name"])
    return Registers(areas, shops, categories)


def _shops(connection: Connection, version: int) -> pd.DataFrame:
    frame = registry.read(connection, pharmacy, version)
    placed = registry.read(connection, placement, version, ("license_no", "area_code"))
    frame = frame.merge(placed, on="license_no", how="left")
    return frame[frame["status"].fillna("active") != "closed"].reset_index(drop=True)


def _categories(connection: Connection, version: int) -> dict[str, str]:
    listed = registry.read(connection, drug, version, ("categories",))["categories"].dropna()
    known = {one for text in listed for one in str(text).strip("|").split("|")}
    found = {code: CATEGORIES[code] for code in SPECIAL_CATEGORIES if code in known}
    return {SPECIAL: "全部特药", **found}


@lru_cache(maxsize=2 * _KEPT)
def _seen(ws: Workspace, made: loads.Mark | None, version: int, covered: str, area_code: str | None) -> Seen:
    known = _registers(ws, made, version)
    viewer = Viewer("map", "", "", covered)
    areas = _rows(known.areas, _inside(known.areas, viewer, area_code, version))
    place = pd.Index(areas["area_code"]).get_indexer(pd.Index(known.shops["area_code"]))
    mine = place >= 0
    if area_code is None and viewer.covers(None):
        mine |= known.shops["area_code"].isna().to_numpy()
    shops = _rows(known.shops, mine)
    return Seen(
        areas, shops, known.categories, pd.Index(shops["license_no"].to_numpy(dtype=object)), place[mine]
    )


def _inside(
    areas: gpd.GeoDataFrame, viewer: Viewer, area_code: str | None, version: int
) -> NDArray[np.bool_]:
    codes = areas["area_code"].astype(str)
    strange = area_code is not None and (not codes.eq(area_code).any() or not viewer.covers(area_code))
    if strange and version:
        raise NotFound(f"没有区域 {area_code}，或不在您的辖区内。请从区域列表中选择。")
    inside = codes.str.startswith(viewer.area_code) & codes.str.startswith(area_code or "")
    return inside.to_numpy(dtype=bool)


def _rows(frame: _Frame, wanted: NDArray[np.bool_]) -> _Frame:
    """The rows wanted, numbered anew; the frame itself when it is all of them."""
    return frame if wanted.all() else frame[wanted].reset_index(drop=True)
