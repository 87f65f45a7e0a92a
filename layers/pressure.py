"""预警压力：open alerts per ten shops of each area, all departments together."""

from __future__ import annotations

from layers.colours import NOTHING, RISK
from layers.contract import About, Collection
from layers.elements import Paint
from layers.features import area_features, few, same_for_all
from layers.scales import breaks
from yaotong.codes import Level
from yaotong.reads.map import MapData

ABOUT = About("预警压力", ("right",), "ground", 20, shown=("right",))


def features(data: MapData) -> Collection:
    """`value`: open alerts per ten shops; null where no shop reported, for nothing can be found there."""
    leaves = data.leaves
    alerts = leaves[[str(level) for level in Level]].sum(axis=1)
    rates = {
        code: 10.0 * count / shops if reporting else None
        for code, count, shops, reporting in zip(
            leaves["area_code"], alerts, leaves["shops"], leaves["shops_reporting"], strict=True
        )
    }
    shops = dict(zip(leaves["area_code"], leaves["shops"], strict=True))
    own = {
        code: {"value": same_for_all(data, rate), "few": same_for_all(data, few(shops[code]))}
        for code, rate in rates.items()
    }
    limits = breaks(rates.values(), len(RISK))
    return area_features(data, own) | {"limits": dict.fromkeys(data.categories, limits)}


def draw() -> Paint:
    """Amber to red."""
    return Paint(
        "fill", "每十家药店未结预警", palette=RISK, nothing=NOTHING, unit="条/十家", zero_zh="0",
        unknown_zh="无数据（未知，不等于低）", few_zh="药店少于 20 家，比率不稳定",
        note_zh="各部门合计，不分药品类别",
    )  # fmt: skip
