"""药店（按未结预警）：shops by the gravest open alert dispatched to the viewer's department."""

from __future__ import annotations

import numpy as np

from layers.colours import LEVEL_MARKS, Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import shop_features
from yaotong.reads.map import MapData

ABOUT = About("药店 · 最高未结预警", ("right",), "shops", 40, shown=("right",))
_MARKS = (
    *LEVEL_MARKS,
    Mark("none", "无上述预警", "#8b949e", "circle", 3.0),
    Mark("unknown", "从未上报（未知）", "#8b949e", "ring", 4.5),
)


def features(data: MapData, category: str) -> Drawn:
    """`class`: a level, none, or unknown for a shop that never reported and has no alert."""
    fine = "各部门合计，只示级别" if data.alerts.levels_only else "只含派发给本部门的预警"
    without = np.where(data.shops["reporting"] == "never", "unknown", "none")
    worst = data.shops["worst"]
    classes = np.where(worst.notna(), worst, without)
    return shop_features(data, {"class": classes}, category=category, fine_zh=fine)


def draw() -> Paint:
    """Graver is larger and has its own shape; without an alert a small grey dot, never green."""
    return Paint("class", "药店最高未结预警", classes=_MARKS)
