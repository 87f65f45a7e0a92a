"""特药每千人盒数：packs of the chosen special drugs per 1,000 residents within the window."""

from __future__ import annotations

from layers.colours import NOTHING, RISK
from layers.contract import About, Collection
from layers.elements import Paint
from layers.features import area_features, few, packs_by_area, rates_per_1000
from layers.scales import breaks
from yaotong.reads.map import WINDOW_DAYS, MapData

ABOUT = About("特药每千人盒数", ("right",), "ground", 30)


def features(data: MapData) -> Collection:
    """`value` by category: packs per 1,000 residents; null where no shop reported."""
    rates, packs = rates_per_1000(data), packs_by_area(data)
    own = {
        code: {"value": rates[code], "few": {one: few(count) for one, count in packs[code].items()}}
        for code in rates
    }
    limits = {one: breaks([rates[code][one] for code in rates], len(RISK)) for one in data.categories}
    return area_features(data, own) | {"limits": limits}


def draw() -> Paint:
    """Amber to red."""
    return Paint(
        "fill", f"近 {WINDOW_DAYS} 天特药每千人盒数", palette=RISK, nothing=NOTHING, unit="盒/千人",
        zero_zh="0", unknown_zh="无数据（未知，不等于低）", few_zh="少于 20 盒，比率不稳定",
    )  # fmt: skip
