"""The dual map of the example: where outlets are, beside how old their counts are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from layers.colours import NOTHING, RISK, TEAL, Mark
from layers.contract import About, Layer, layers
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import area_features, few, shop_features
from layers.standalone import standalone_page
from yaotong.reads.map import MapData, read_map
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace

_EQUAL_AREA = "EPSG:6933"
_FRESH_HOURS, _STALE_HOURS = 1.0, 24.0
_UNKNOWN = "没有点数（未知，不等于低）"
_KINDS = (
    Mark("pharmacy", "药局", "#0f5f86", "circle", 2.6),
    Mark("other", "卫生所等其他领取点", "#7a4b9a", "triangle", 3.6),
)
_AGES = (
    Mark("stale", "点数超过一天", "#8e1b14", "diamond", 5.0),
    Mark("old", "点数超过一小时", "#dba106", "triangle", 3.6),
    Mark("fresh", "一小时内点数", "#8b949e", "circle", 2.2),
    Mark("unknown", "没有点数（未知）", "#8b949e", "ring", 4.0),
)
Made = tuple[str, About, Callable[[MapData, str], Drawn], Paint]


def draw_map(workspace: Workspace, counted: Mapping[str, datetime], now: datetime, out: Path) -> None:
    """Write both sides to one file; `counted`: when, by licence number; ages are those at `now`."""
    data = read_map(workspace, SYSTEM)
    when = pd.to_datetime(data.shops["license_no"].map(counted))
    hours = ((now - when).dt.total_seconds() / 3600.0).to_numpy(dtype=float)
    out.write_text(standalone_page(data, _layers(hours)), "utf-8")


def _layers(hours: np.ndarray) -> dict[str, Layer]:
    made: list[Made] = [
        ("dense", About("每百平方公里领取点", ("left",), "ground", 12, ("left",)), _dense,
         Paint("fill", "每百平方公里领取点", palette=TEAL, nothing=NOTHING, unit="个/100 km²", zero_zh="无",
               unknown_zh=_UNKNOWN)),
        ("outlet", About("领取点 · 按类型", ("left",), "shops", 40, ("left",)), _kinds,
         Paint("class", "领取点类型", classes=_KINDS)),
        ("late", About("点数陈旧的所占", ("right",), "ground", 20, ("right",)),
         lambda data, _: _late(data, hours),
         Paint("fill", "每十个领取点中点数超过一小时的", palette=RISK, nothing=NOTHING, unit="个/十个",
               zero_zh="0", unknown_zh=_UNKNOWN, few_zh="领取点少于 20 个，比率不稳定")),
        ("age", About("领取点 · 点数有多旧", ("right",), "shops", 40, ("right",)),
         lambda data, _: shop_features(data, {"class": _ages(hours)}),
         Paint("class", "点数有多旧", classes=_AGES)),
    ]  # fmt: skip
    ours = {one: layers()[one] for one in ("borders", "names")}
    return ours | {
        name: Layer(name, about, features, lambda paint=paint: paint)  # type: ignore[misc]
        for name, about, features, paint in made
    }


def _dense(data: MapData, category: str) -> Drawn:
    square_km = data.leaves.to_crs(_EQUAL_AREA).area.to_numpy() / 1e6
    return area_features(data, {"value": 100.0 * data.leaves["shops"].to_numpy() / square_km})


def _kinds(data: MapData, category: str) -> Drawn:
    is_pharmacy = data.shops["license_no"].str.startswith("59")
    return shop_features(data, {"class": np.where(is_pharmacy, "pharmacy", "other")})


def _late(data: MapData, hours: np.ndarray) -> Drawn:
    """Of the outlets that were counted; a town without any is unknown."""
    known = pd.DataFrame({"area_code": data.shops["area_code"], "hours": hours}).dropna()
    late = known.assign(late=known["hours"] > _FRESH_HOURS)
    share = late.groupby("area_code")["late"].agg(["mean", "size"])
    codes = data.leaves["area_code"]
    told = 10.0 * codes.map(share["mean"]).to_numpy(dtype=float)
    return area_features(data, {"value": told, "few": few(codes.map(share["size"]).fillna(0))})


def _ages(hours: np.ndarray) -> np.ndarray:
    known = np.where(hours > _STALE_HOURS, "stale", np.where(hours > _FRESH_HOURS, "old", "fresh"))
    return np.where(np.isnan(hours), "unknown", known)
