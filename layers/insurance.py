"""药店（按医保定点）：shops as points, by whether the insurance pays there."""

from __future__ import annotations

import pandas as pd

from layers.colours import Mark
from layers.contract import About, Collection
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


def features(data: MapData) -> Collection:
    """`class`: dual, yes, no or unknown."""
    shops = data.shops
    states = zip(shops["license_no"], shops["insurance_designated"], shops["dual_channel"], strict=True)
    return shop_features(data, {shop: {"class": _class(insured, dual)} for shop, insured, dual in states})


def _class(insured: bool | float | None, dual: bool | float | None) -> str:
    if not pd.isna(dual) and dual:
        return "dual"
    if pd.isna(insured):
        return "unknown"
    return "yes" if insured else "no"


def draw() -> Paint:
    """Shape and colour by designation."""
    return Paint("class", "医保定点", classes=_MARKS)
