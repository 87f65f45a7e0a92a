"""药店（按营业时间）：shops as points, by whether they are open round the clock or late on the map's day."""

from __future__ import annotations

from datetime import date

from layers.colours import Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import each_once, shop_features
from yaotong.openings import Offsets, offsets
from yaotong.reads.map import MapData

ABOUT = About("药店 · 按营业时间", ("left",), "shops", 44)
NIGHT_HOUR = 21
_HOUR_S, _DAY_S = 3_600, 86_400
# A Monday that is no holiday: for a region without any sale, whose map has no day.
_PLAIN_DAY = date(2026, 1, 5)
_MARKS = (
    Mark("always", "24 小时营业", "#7a4b9a", "diamond", 6.5),
    Mark("night", f"{NIGHT_HOUR} 点后仍营业", "#0f5f86", "square", 5.0),
    Mark("other", f"{NIGHT_HOUR} 点前打烊，或当天不营业", "#8a6d3b", "circle", 4.0),
    Mark("unknown", "未登记，或读不懂", "#6b7280", "ring", 4.5),
)


def features(data: MapData, category: str) -> Drawn:
    """`class`: always, night, other or unknown, of the hours that begin on the map's day."""
    day = data.as_of or _PLAIN_DAY
    classes = each_once(data.shops["opening_hours"], lambda text: _class(offsets(text, day)), "unknown")
    return shop_features(data, {"class": classes}, category=category)


def draw() -> Paint:
    """Shape and colour by hours; longer hours are larger."""
    return Paint("class", "登记的营业时间", classes=_MARKS, note_zh="按地图当天，含法定节假日与调休")


def _class(spans: Offsets | None) -> str:
    if spans is None:
        return "unknown"
    if any(since == 0 and until >= _DAY_S for since, until in spans):
        return "always"
    return "night" if any(until > NIGHT_HOUR * _HOUR_S for _, until in spans) else "other"
