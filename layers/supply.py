"""药店（按特药销量）：shops as discs, larger where more packs of the chosen special drugs were sold."""

from __future__ import annotations

from layers.colours import DISC
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import shop_features, shop_packs
from yaotong.reads.map import WINDOW_DAYS, MapData

ABOUT = About("药店 · 按特药销量", ("left",), "shops", 42)


def features(data: MapData, category: str) -> Drawn:
    """`value`: packs of the category within the window, net of returns; unknown for a shop that sent none."""
    return shop_features(data, {"value": shop_packs(data, category)}, category=category)


def draw() -> Paint:
    """Disc area in proportion to packs."""
    return Paint(
        "bubble", f"近 {WINDOW_DAYS} 天特药销量", palette=(DISC,), unit="盒", unknown_zh="从未上报",
        zero_zh="0 盒", by_category=True,
    )  # fmt: skip
