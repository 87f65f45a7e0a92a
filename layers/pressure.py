"""预警压力：open alerts per ten shops of each area, all departments together."""

from __future__ import annotations

import numpy as np

from layers.colours import NOTHING, RISK
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import area_features, few
from yaotong.codes import Level
from yaotong.reads.map import MapData

ABOUT = About("预警压力", ("right",), "ground", 20, shown=("right",), merges=True)


def features(data: MapData, category: str) -> Drawn:
    """`value`: open alerts per ten shops; unknown where no shop reported, for nothing can be found there."""
    leaves = data.leaves
    alerts = leaves[[str(level) for level in Level]].sum(axis=1).to_numpy(dtype=float)
    shops = leaves["shops"].to_numpy(dtype=float)
    known = leaves["shops_reporting"].to_numpy() > 0
    rates = np.where(known, 10.0 * alerts / np.where(known, shops, 1.0), np.nan)
    return area_features(data, {"value": rates, "few": few(shops)})


def draw() -> Paint:
    """Amber to red."""
    return Paint(
        "fill", "每十家药店未结预警", palette=RISK, nothing=NOTHING, unit="条/十家", zero_zh="0",
        unknown_zh="无数据（未知，不等于低）", few_zh="药店少于 20 家，比率不稳定",
        note_zh="各部门合计，不分药品类别",
    )  # fmt: skip
