"""药店（按类型）：shops as points, by chain store or single shop."""

from __future__ import annotations

import numpy as np

from layers.colours import Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import shop_features
from yaotong.reads.map import MapData

ABOUT = About("药店 · 按类型", ("left",), "shops", 40, shown=("left",))
_MARKS = (
    Mark("chain_store", "连锁门店", "#0f5f86", "circle", 4.5),
    Mark("single", "单体药店", "#7a4b9a", "triangle", 5.5),
    Mark("other", "其他或未登记", "#6b7280", "square", 4.5),
)


def features(data: MapData, category: str) -> Drawn:
    """`class`: the registered kind of a shop."""
    known = data.shops["kind"].isin([mark.key for mark in _MARKS])
    kinds = np.where(known, data.shops["kind"], "other")
    return shop_features(data, {"class": kinds}, category=category)


def draw() -> Paint:
    """Shape and colour by kind."""
    return Paint("class", "药店类型", classes=_MARKS)
