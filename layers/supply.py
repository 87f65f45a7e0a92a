"""药店（按特药销量）：shops as discs, larger where more packs of the chosen special drugs were sold."""

from __future__ import annotations

from layers.colours import DISC
from layers.contract import About, Collection
from layers.elements import Paint
from layers.features import shop_features
from yaotong.reads.map import WINDOW_DAYS, MapData

ABOUT = About("药店 · 按特药销量", ("left",), "shops", 42)


def features(data: MapData) -> Collection:
    """`value` by category: packs within the window, net of returns; null for a shop that did not report."""
    packs = data.packs.set_index(["license_no", "category"])["packs"]
    own = {
        shop: {
            "value": {
                one: None if reporting == "never" else float(packs.get((shop, one), 0.0))
                for one in data.categories
            }
        }
        for shop, reporting in zip(data.shops["license_no"], data.shops["reporting"], strict=True)
    }
    largest = {
        one: max((row["value"][one] or 0.0 for row in own.values()), default=0.0) for one in data.categories
    }
    return shop_features(data, own) | {"largest": largest}


def draw() -> Paint:
    """Disc area in proportion to packs."""
    return Paint(
        "bubble", f"近 {WINDOW_DAYS} 天特药销量", palette=(DISC,), unit="盒", unknown_zh="从未上报",
        zero_zh="0 盒",
    )  # fmt: skip
