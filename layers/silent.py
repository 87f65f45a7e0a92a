"""停报药店：shops whose sales stopped coming in. An absence of data is drawn, not left to look calm."""

from __future__ import annotations

from layers.colours import Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import shop_features
from yaotong.reads.map import SILENT_DAYS, MapData

ABOUT = About("停报药店", ("right",), "overlay", 50, shown=("right",))
_MARKS = (Mark("silent", f"停报：{SILENT_DAYS} 天以上无销售数据", "#1f2933", "cross", 8.0),)


def features(data: MapData, category: str) -> Drawn:
    """Only shops that reported once and have stopped."""
    silent = data.shops["reporting"] == "silent"
    return shop_features(data, {"class": ["silent"] * len(silent)}, only=silent)


def draw() -> Paint:
    """A cross over the shop's own mark."""
    return Paint("class", "停报", classes=_MARKS)
