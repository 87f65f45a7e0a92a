"""每万人药店数：shops per 10,000 residents of each area."""

from __future__ import annotations

from layers.colours import NOTHING, TEAL
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import area_features, few, per_residents
from yaotong.reads.map import MapData

ABOUT = About("每万人药店数", ("left",), "ground", 20, shown=("left",), merges=True)


def features(data: MapData, category: str) -> Drawn:
    """`value`: shops per 10,000 residents, unknown where the population is."""
    shops = data.leaves["shops"].to_numpy()
    return area_features(data, {"value": per_residents(data, shops, 10_000.0), "few": few(shops)})


def draw() -> Paint:
    """Teal, darker where shops are denser."""
    return Paint(
        "fill", "每万人药店数", palette=TEAL, nothing=NOTHING, unit="家/万人", zero_zh="无药店",
        unknown_zh="人口不详", few_zh="药店少于 20 家，比率不稳定",
    )  # fmt: skip
