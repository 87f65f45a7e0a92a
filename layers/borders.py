"""区域边界与名称：the outline and name of every area, on both sides."""

from __future__ import annotations

from layers.contract import About, Collection
from layers.elements import Paint
from layers.features import area_features
from yaotong.reads.map import MapData

ABOUT = About("区域边界与名称", ("left", "right"), "overlay", 10, shown=("left", "right"))


def features(data: MapData) -> Collection:
    """Every area, those with parts included; what the areas say about their outlines goes along."""
    return area_features(data, {}, leaves=False) | {"note": data.note}


def draw() -> Paint:
    """Fine lines; the line of an area with parts is stronger."""
    return Paint("outline", "区域边界")
