"""药店（按风险等级）：shops by the class of their risk score; without enough data a ring, never a class."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layers.colours import Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import shop_features
from yaotong.reads.map import MapData

ABOUT = About("药店 · 按风险等级", ("right",), "shops", 41)
_NONE = "insufficient"
# Graver is larger and darker; every class has a shape of its own.
_MARKS = (
    Mark("D", "D：每季查一次", "#7a1510", "diamond", 8.0),
    Mark("C", "C：每半年查一次", "#cf5f1f", "square", 6.5),
    Mark("B", "B：每年查一次", "#e0b12e", "triangle", 5.5),
    Mark("A", "A：每两年查一次", "#6f8fa8", "circle", 3.5),
    Mark(_NONE, "数据不足（未知）", "#8b949e", "ring", 4.5),
)


def features(data: MapData, category: str) -> Drawn:
    """`class`: the class in force, insufficient where there is none."""
    scores = data.scores()
    grades = pd.Series(dtype=object) if scores is None else scores.shops.set_index("license_no")["grade"]
    found = data.shops["license_no"].map(grades)
    classes = np.where(found.isin([mark.key for mark in _MARKS]), found, _NONE)
    fine = "按当时所知的地图不计分" if scores is None and data.known is not None else ""
    return shop_features(data, {"class": classes}, category=category, fine_zh=fine)


def draw() -> Paint:
    """By class; how it is reckoned stands on each shop's page."""
    note = "每家的组成、权重与依据见药店的风险页；不公开，不作处罚依据"
    return Paint("class", "药店风险等级与检查频次", classes=_MARKS, note_zh=note)
