"""每万人药店数：shops per 10,000 residents of each area."""

from __future__ import annotations

import pandas as pd

from layers.colours import NOTHING, TEAL
from layers.contract import About, Collection
from layers.elements import Paint
from layers.features import area_features, few, same_for_all
from layers.scales import breaks
from yaotong.reads.map import MapData

ABOUT = About("每万人药店数", ("left",), "ground", 20, shown=("left",))


def features(data: MapData) -> Collection:
    """`value`: shops per 10,000 residents, null where the population is not known."""
    rates = {
        code: None if pd.isna(people) or people <= 0 else 10_000.0 * shops / float(people)
        for code, shops, people in zip(
            data.leaves["area_code"], data.leaves["shops"], data.leaves["population"], strict=True
        )
    }
    shops = dict(zip(data.leaves["area_code"], data.leaves["shops"], strict=True))
    own = {
        code: {"value": same_for_all(data, rate), "few": same_for_all(data, few(shops[code]))}
        for code, rate in rates.items()
    }
    limits = breaks(rates.values(), len(TEAL))
    return area_features(data, own) | {"limits": dict.fromkeys(data.categories, limits)}


def draw() -> Paint:
    """Teal, darker where shops are denser."""
    return Paint(
        "fill", "每万人药店数", palette=TEAL, nothing=NOTHING, unit="家/万人", zero_zh="无药店",
        unknown_zh="人口不详", few_zh="药店少于 20 家，比率不稳定",
    )  # fmt: skip
