"""特药每千人盒数：packs of the chosen special drugs per 1,000 residents within the window."""

from __future__ import annotations

from layers.colours import NOTHING, RISK
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import area_features, area_packs, few, per_residents
from yaotong.reads.map import WINDOW_DAYS, MapData

ABOUT = About("特药每千人盒数", ("right",), "ground", 30, merges=True)


def features(data: MapData, category: str) -> Drawn:
    """`value`: packs of the category per 1,000 residents; unknown where no shop reported."""
    packs = area_packs(data, category)
    return area_features(data, {"value": per_residents(data, packs, 1000.0), "few": few(packs)})


def draw() -> Paint:
    """Amber to red."""
    return Paint(
        "fill", f"近 {WINDOW_DAYS} 天特药每千人盒数", palette=RISK, nothing=NOTHING, unit="盒/千人",
        zero_zh="0", unknown_zh="无数据（未知，不等于低）", few_zh="少于 20 盒，比率不稳定", by_category=True,
    )  # fmt: skip
