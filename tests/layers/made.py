"""Map data made by hand, without a store: shops, areas and alerts as a test wants them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from layers.contract import layers
from yaotong.codes import Level
from yaotong.reads.map import MapData
from yaotong.reads.map_alerts import OpenAlerts

AS_OF = date(2026, 3, 31)
# About 19 km each way.
BOX = (121.0, 30.6, 121.2, 30.8)
SHOP: dict[str, Any] = {
    "lon": 121.1, "lat": 30.7, "area_code": "330482001", "area_name": "西镇", "kind": "single", "status": "active",
    "insurance_designated": True, "dual_channel": None, "opening_hours": None, "services": None, "reporting": "current",
    "last_sold_on": AS_OF, "worst": None,
}  # fmt: skip
ALERT: dict[str, Any] = {
    "alert_id": "a", "rule_id": "R-M01", "level": "yellow", "subject_kind": "pharmacy", "subject": "S0", "lead": "msa",
    "part": "lead", "shops": [], "areas": ["330482001"], "rule_zh": "规则甲", "last_day": AS_OF, "first_day": AS_OF,
}  # fmt: skip


def shops(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Shops S0, S1, … ; what a row leaves out is that of `SHOP`."""
    frame = pd.DataFrame(
        [{"license_no": f"S{i}", "name": f"药店{i}", **SHOP, **row} for i, row in enumerate(rows)]
    )
    return frame if rows else pd.DataFrame(columns=["license_no", "name", *SHOP])


def alerts(
    rows: Sequence[dict[str, Any]], by_area: Sequence[dict[str, Any]] = (), levels_only: bool = False
) -> OpenAlerts:
    """Own alerts a0, a1, … ; what a row leaves out is that of `ALERT`."""
    own = pd.DataFrame(
        [{**ALERT, "alert_id": f"a{i}", **row} for i, row in enumerate(rows)], columns=list(ALERT)
    )
    counted = pd.DataFrame(list(by_area), columns=["area_code", "level", "lead", "is_own", "alerts"])
    return OpenAlerts(own, counted, levels_only)


def city(
    rows: Sequence[dict[str, Any]],
    *,
    boxes: dict[str, tuple[float, float, float, float]] | None = None,
    packs: dict[str, float] | None = None,
    open_alerts: OpenAlerts | None = None,
    as_of: date | None = AS_OF,
    **more: Any,
) -> MapData:
    """A picture of areas (boxes by code), shops, and packs of EPH and of all special drugs by licence number."""
    boxes = {"330482001": BOX} if boxes is None else boxes
    areas = gpd.GeoDataFrame(
        {"area_code": list(boxes), "area_name": [f"镇{one}" for one in boxes], "parent_code": None, "is_leaf": True,
         "population": 10_000, "note": None, "shops": len(rows), "shops_reporting": len(rows), **dict.fromkeys(map(str, Level), 0)},
        geometry=[shapely.box(*one) for one in boxes.values()], crs="EPSG:4326",
    )  # fmt: skip
    sold = [
        {"license_no": one, "category": name, "packs": n}
        for one, n in (packs or {}).items()
        for name in ("EPH", "SPECIAL")
    ]
    return MapData(
        as_of, as_of and as_of - timedelta(days=29), 1, "测试", True, {"SPECIAL": "全部特药", "EPH": "含麻"}, areas, shops(rows),
        pd.DataFrame(sold, columns=["license_no", "category", "packs"]), open_alerts or alerts([]), **more,
    )  # fmt: skip


def said(data: MapData, layer_id: str, column: str = "class", category: str = "SPECIAL") -> dict[str, Any]:
    """What a layer says of each feature, by its id."""
    frame = layers()[layer_id].features(data, category).frame
    return dict(zip(frame["id"], frame[column], strict=True))
