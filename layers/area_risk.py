"""区域风险分：the mean risk score of each area's shops, shrunk towards that of all where shops are few."""

from __future__ import annotations

import numpy as np

from layers.colours import NOTHING, RISK
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import area_features
from yaotong.reads.map import MapData

ABOUT = About("区域风险分", ("right",), "ground", 15)


def features(data: MapData, category: str) -> Drawn:
    """`value`: the score of an area; unknown where no shop has one. `few`: too few for a rank."""
    scores = data.scores()
    codes = data.leaves["area_code"]
    if scores is None:
        nothing = np.full(len(codes), np.nan)
        return area_features(data, {"value": nothing, "few": np.zeros(len(codes), dtype=bool)})
    found = scores.areas.set_index("area_code")
    told = codes.map(found["score"]).to_numpy(dtype=float)
    unranked = codes.map(found["rank"]).isna().to_numpy() & ~np.isnan(told)
    fine = f"公式第 {scores.formula.version} 版"
    return area_features(data, {"value": told, "few": unranked}, fine_zh=fine)


def draw() -> Paint:
    """Amber to red, by limits that do not come from the day."""
    return Paint(
        "fill", "区域风险分", palette=RISK, nothing=NOTHING, unit="0–100", zero_zh="0",
        unknown_zh="数据不足（未知，不等于低）", few_zh="有分数的药店太少，不排名",
        fixed=(22.0, 26.0, 30.0, 40.0),
    )  # fmt: skip
