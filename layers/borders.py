"""区域边界与名称：the outline and name of every area, on both sides."""

from __future__ import annotations

from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import area_features
from yaotong.reads.map import MapData

ABOUT = About("区域边界与名称", ("left", "right"), "overlay", 10, shown=("left", "right"), merges=True)


def features(data: MapData, category: str) -> Drawn:
    """Every area, those with parts included; what the areas say about their outlines goes along."""
    return area_features(data, {"leaf": data.areas["is_leaf"]}, leaves=False, fine_zh=data.note)


def draw() -> Paint:
    """Fine lines; the line of an area with parts is stronger."""
    return Paint("outline", "区域边界")
