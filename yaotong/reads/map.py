"""What the dual map shows: areas with figures, pharmacies with facts and risk, and how fresh it all is.

A viewer sees the alerts dispatched to their department; those of other departments are counted by
level and area, never named. What nobody reported is None here, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import geopandas as gpd
import pandas as pd

from yaotong.codes import CATEGORIES, SPECIAL_CATEGORIES, Level
from yaotong.errors import NotFound
from yaotong.reads.map_alerts import OpenAlerts, read_open_alerts
from yaotong.reads.map_inspections import no_inspections, read_inspections
from yaotong.reads.map_sales import read_sales
from yaotong.reads.map_stock import no_stock, read_stock
from yaotong.store import Connection, open_alerts, registry
from yaotong.store.factbase import open_facts
from yaotong.store.loads import current_version
from yaotong.store.outlines import read_areas
from yaotong.store.schema import drug, pharmacy, placement
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

WINDOW_DAYS = 30
# A shop without any sale for this long is marked as silent; closing days of one week stay below it.
SILENT_DAYS = 7
# A rate of fewer events has a relative standard error above 22 %: shown, but flagged.
FEW = 20
SPECIAL = "SPECIAL"


@dataclass(frozen=True, slots=True)
class MapData:
    """One consistent picture of a region on a day.

    `areas`: one row per area with its outline (WGS-84), `is_leaf`, shops, shops_reporting (within the
    window) and open alerts by level, all departments together. `shops`: registry facts, last_sold_on,
    `reporting` (current, silent, never) and `worst`, the gravest open alert the viewer may read.
    `packs`: license_no, category (SPECIAL: all special drugs together), packs in the window.
    """

    as_of: date | None
    since: date | None
    data_version: int
    title: str
    synthetic: bool
    categories: Mapping[str, str]
    areas: gpd.GeoDataFrame
    shops: pd.DataFrame
    packs: pd.DataFrame
    alerts: OpenAlerts
    # What one layer alone asks for is read when it asks: as map_stock and map_inspections tell.
    stock: Callable[[], pd.DataFrame] = no_stock
    inspections: Callable[[], pd.DataFrame] = no_inspections

    @property
    def leaves(self) -> gpd.GeoDataFrame:
        """The areas that figures are given for: those without a part of their own."""
        return self.areas[self.areas["is_leaf"]]

    @property
    def note(self) -> str:
        """What the areas say about their outlines, such as that they are schematic; "" when nothing."""
        return "；".join(sorted({str(one) for one in self.areas["note"].dropna()}))


def map_stamp(ws: Workspace) -> str:
    """Changes whenever anything the map shows can have changed: cheap, for ETags and caches."""
    with ws.store.read() as connection:
        moves, sent = open_alerts.moves_made(connection)
        return f"{current_version(connection)}.{moves}.{sent}"


def read_map(
    ws: Workspace, viewer: Viewer, *, as_of: date | None = None, area_code: str | None = None
) -> MapData:
    """The map for a viewer on a day (the last day with sales by default), of one area or all they cover.

    NotFound when `area_code` is no area, or one the viewer does not cover.
    """
    with ws.store.read() as connection:
        version = current_version(connection)
        areas = _areas(read_areas(connection), viewer, area_code)
        shops = _shops(connection, areas, viewer, area_code)
        categories = _categories(connection)
    facts = open_facts(ws.store, version=version)
    sales = read_sales(facts, as_of, WINDOW_DAYS)
    with ws.store.read() as connection:
        alerts = read_open_alerts(connection, viewer.department, sales.as_of, shops, set(areas["area_code"]))
    shops = _with_state(shops, sales.last_sold, sales.as_of, alerts)
    return MapData(
        as_of=sales.as_of,
        since=sales.as_of - timedelta(days=WINDOW_DAYS - 1) if sales.as_of else None,
        data_version=version,
        title=ws.settings.title,
        synthetic=ws.settings.synthetic,
        categories=categories,
        areas=_with_figures(areas, shops, sales.as_of, alerts),
        shops=shops,
        packs=sales.packs[sales.packs["license_no"].isin(shops["license_no"])].reset_index(drop=True),
        alerts=alerts,
        stock=cache(lambda: read_stock(open_facts(ws.store, version=version), sales.as_of)),
        inspections=cache(lambda: read_inspections(open_facts(ws.store, version=version), sales.as_of)),
    )


def _areas(areas: gpd.GeoDataFrame, viewer: Viewer, area_code: str | None) -> gpd.GeoDataFrame:
    codes = areas["area_code"].astype(str)
    if area_code is not None and (area_code not in set(codes) or not viewer.covers(area_code)):
        raise NotFound(f"没有区域 {area_code}，或不在您的辖区内。请从区域列表中选择。")
    inside = codes.str.startswith(viewer.area_code) & codes.str.startswith(area_code or "")
    kept = areas[inside].copy()
    kept["is_leaf"] = ~kept["area_code"].isin(set(areas["parent_code"].dropna()))
    return kept.reset_index(drop=True)


def _shops(
    connection: Connection, areas: gpd.GeoDataFrame, viewer: Viewer, area_code: str | None
) -> pd.DataFrame:
    frame = registry.read(connection, pharmacy)
    placed = registry.read(connection, placement)[["license_no", "area_code"]]
    frame = frame.merge(placed, on="license_no", how="left")
    mine = frame["area_code"].isin(set(areas["area_code"]))
    if area_code is None and viewer.covers(None):
        mine |= frame["area_code"].isna()
    named = areas.set_index("area_code")["area_name"]
    kept = frame[mine & (frame["status"].fillna("active") != "closed")].copy()
    kept["area_name"] = kept["area_code"].map(named)
    return kept.reset_index(drop=True)


def _categories(connection: Connection) -> dict[str, str]:
    listed = registry.read(connection, drug)["categories"].dropna()
    known = {one for text in listed for one in str(text).strip("|").split("|")}
    found = {code: CATEGORIES[code] for code in SPECIAL_CATEGORIES if code in known}
    return {SPECIAL: "全部特药", **found}


def _with_state(
    shops: pd.DataFrame, last_sold: Mapping[str, date], as_of: date | None, alerts: OpenAlerts
) -> pd.DataFrame:
    shops = shops.copy()
    shops["last_sold_on"] = [last_sold.get(one) for one in shops["license_no"]]
    shops["reporting"] = [_reporting(one, as_of) for one in shops["last_sold_on"]]
    worst = alerts.worst_of_shop()
    shops["worst"] = [worst.get(one) for one in shops["license_no"]]
    return shops


def _reporting(last: date | None, as_of: date | None) -> str:
    if last is None or as_of is None:
        return "never"
    return "current" if (as_of - last).days < SILENT_DAYS else "silent"


def _with_figures(
    areas: gpd.GeoDataFrame, shops: pd.DataFrame, as_of: date | None, alerts: OpenAlerts
) -> gpd.GeoDataFrame:
    """Counts per area; a leaf where nobody reported within the window has shops_reporting 0."""
    areas = areas.copy()
    within = [
        last is not None and as_of is not None and (as_of - last).days < WINDOW_DAYS
        for last in shops["last_sold_on"]
    ]
    counted = shops.assign(within=within).groupby("area_code")["within"].agg(["size", "sum"])
    areas["shops"] = areas["area_code"].map(counted["size"]).fillna(0).astype(int)
    areas["shops_reporting"] = areas["area_code"].map(counted["sum"]).fillna(0).astype(int)
    by_level = alerts.by_area.groupby(["area_code", "level"])["alerts"].sum()
    for level in Level:
        areas[str(level)] = [int(by_level.get((one, str(level)), 0)) for one in areas["area_code"]]
    return areas
