"""药店（按医保定点）：shops as points, by whether the insurance pays there."""

from __future__ import annotations

import numpy as np

from layers.colours import Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import shop_features
from yaotong.reads.map import MapData

ABOUT = About("药店 · 按医保定点", ("left",), "shops", 41)
_MARKS = (
    Mark("dual", "双通道定点", "#7a4b9a", "diamond", 6.0),
    Mark("yes", "医保定点", "#0f5f86", "circle", 4.5),
    Mark("no", "非定点", "#8a6d3b", "triangle", 5.0),
    Mark("unknown", "未登记", "#6b7280", "ring", 4.5),
)


def features(data: MapData, category: str) -> Drawn:
    """`class`: dual, yes, no or unknown."""
    insured, dual = data.shops["insurance_designated"], data.shops["dual_channel"]
    classes = np.select(
        [dual.eq(True), insured.isna(), insured.eq(True)], ["dual", "unknown", "yes"], default="no"
    )
    return shop_features(data, {"class": classes}, category=category)


def draw() -> Paint:
    """Shape and colour by designation."""
    return Paint("class", "医保定点", classes=_MARKS)
