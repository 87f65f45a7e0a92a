"""药店（按类型）：shops as points, by chain store or single shop."""

from __future__ import annotations

from layers.colours import Mark
from layers.contract import About, Collection
from layers.elements import Paint
from layers.features import shop_features
from yaotong.reads.map import MapData

ABOUT = About("药店 · 按类型", ("left",), "shops", 40, shown=("left",))
_MARKS = (
    Mark("chain_store", "连锁门店", "#0f5f86", "circle", 4.5),
    Mark("single", "单体药店", "#7a4b9a", "triangle", 5.5),
    Mark("other", "其他或未登记", "#6b7280", "square", 4.5),
)


def features(data: MapData) -> Collection:
    """`class`: the registered kind of a shop."""
    known = {mark.key for mark in _MARKS}
    kinds = {
        shop: {"class": kind if kind in known else "other"}
        for shop, kind in zip(data.shops["license_no"], data.shops["kind"], strict=True)
    }
    return shop_features(data, kinds)


def draw() -> Paint:
    """Shape and colour by kind."""
    return Paint("class", "药店类型", classes=_MARKS)
