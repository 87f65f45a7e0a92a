"""药店（按特药库存）：shops as discs, larger where more packs of special drugs should be on the shelf."""

from __future__ import annotations

import numpy as np

from layers.colours import DISC
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import shop_features
from yaotong.reads.map import MapData

ABOUT = About("药店 · 按特药库存", ("left",), "shops", 43)


def features(data: MapData, category: str) -> Drawn:
    """`value`: packs of the category by the last counts and what moved since; unknown where not counted."""
    stock = data.stock()
    told = stock[stock["category"] == category].set_index("license_no")["packs"]
    packs = data.shops["license_no"].map(told).to_numpy(dtype=float)
    fine = f"{int(np.isfinite(packs).sum())} 家有盘点可据"
    return shop_features(data, {"value": packs}, category=category, fine_zh=fine)


def draw() -> Paint:
    """Disc area in proportion to packs."""
    return Paint(
        "bubble", "特药账面库存", palette=(DISC,), unit="盒", zero_zh="0 盒", by_category=True,
        unknown_zh="从未盘点或账不平（未知）", note_zh="最近一次盘点，加此后购进、减此后售出",
    )  # fmt: skip
