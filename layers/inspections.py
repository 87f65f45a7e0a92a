"""监督检查：shops inspected lately, and those whose ordered rectification nobody has checked yet."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layers.colours import Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import shop_features
from yaotong.reads.map import MapData

ABOUT = About("监督检查", ("right",), "overlay", 55)
RECENT_DAYS = 90
_MARKS = (
    Mark("ordered", "责令整改，尚未复查", "#8e1b14", "triangle", 8.0),
    Mark("filed", "立案", "#d9661f", "square", 7.0),
    Mark("corrected", "当场改正", "#dba106", "diamond", 7.0),
    Mark("passed", "合格", "#0f5f86", "circle", 6.0),
    Mark("not_met", "到店未能检查（未知）", "#6b7280", "ring", 6.5),
)


def features(data: MapData, category: str) -> Drawn:
    """`class`: what the last inspection found out, of the last days; an order stays until one looks again."""
    seen = data.inspections()
    told = _by_shop(data, seen)
    outcomes = data.shops["license_no"].map(told).to_numpy(dtype=object)
    drawn = ~pd.isna(outcomes)
    without = int((~drawn).sum())
    fine = f"其余 {without} 家近 {RECENT_DAYS} 天没有检查记录（不等于合格）"
    if seen.empty:
        fine = "尚无检查数据（未知，不等于没有检查）"
    return shop_features(data, {"class": np.where(drawn, outcomes, "")}, only=drawn, fine_zh=fine)


def draw() -> Paint:
    """Graver is larger; a ring where nothing is known."""
    return Paint(
        "class", "监督检查结果", classes=_MARKS,
        note_zh=f"近 {RECENT_DAYS} 天最后一次检查的结果；责令整改的一直显示到下一次查到结果",
    )  # fmt: skip


def _by_shop(data: MapData, seen: pd.DataFrame) -> pd.Series:
    """The outcome to draw by licence number, for shops that have one."""
    if data.as_of is None or seen.empty:
        return pd.Series([], dtype=object)
    age_days = (pd.Timestamp(data.as_of) - seen["inspected_on"]).dt.days
    kept = seen[(age_days < RECENT_DAYS) | (seen["outcome"] == "ordered")]
    found_out_first = kept.sort_values("outcome", key=lambda one: one == "not_met", kind="stable")
    return found_out_first.drop_duplicates("license_no").set_index("license_no")["outcome"]
